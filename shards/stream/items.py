"""What the items of an epoch are: whole clips, single frames, or windows, as runs of frames.

An item has a number; which frames it stands for follows from that number and the epoch alone, so
that any process can make any batch.
"""

from dataclasses import dataclass
from typing import Any, Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from shards.errors import ShardError
from shards.numbers import whole_number
from shards.stream.shuffle import Epoch

Sampling = Literal["clip", "frame"]
SAMPLINGS = ("clip", "frame")


@dataclass(frozen=True)
class FrameRuns:
    """Runs of frames, one an item."""

    clips: NDArray[np.int64]
    """The clips' numbers in the selection, shaped (items,)."""
    starts: NDArray[np.int64]
    counts: NDArray[np.int64]
    """How many frames."""
    captions: tuple[str, ...] | None = None
    """What was said of each run, if that was asked for."""


class ItemSource(Protocol):
    """The items of an epoch."""

    def __len__(self) -> int:
        """Return how many items an epoch has."""

    def pieces(self, items: NDArray[np.int64], epoch: Epoch) -> FrameRuns:
        """Return the runs of frames that items are."""

    @property
    def identity(self) -> dict[str, Any]:
        """What a state must agree on, beside the selection of clips."""


@dataclass(frozen=True, eq=False)
class WholeClips:
    """Every clip, whole."""

    frames: NDArray[np.int64]
    """Of each clip, shaped (clips,)."""

    def __len__(self) -> int:
        return len(self.frames)

    def pieces(self, items: NDArray[np.int64], epoch: Epoch) -> FrameRuns:  # noqa: ARG002
        """Return whole clips."""
        return FrameRuns(items, np.zeros_like(items), self.frames[items])

    @property
    def identity(self) -> dict[str, Any]:
        """What a state must agree on."""
        return {"kind": "clips"}


class Windows:
    """Runs of at most `length` frames: a grid over every clip, or random ones.

    A grid's windows hold every frame once; the last of a clip is what is left. Random ones lie
    anywhere in their clip, as many as in its grid if sampled by frame, else one a clip. A clip that
    is shorter than a window is one whole.
    """

    def __init__(
        self, frames: NDArray[np.int64], length: int, sampling: Sampling, random: bool
    ) -> None:
        length = whole_number("length of a window", length, least=1)
        if sampling not in SAMPLINGS:
            raise ShardError(f"the sampling is {sampling!r}; choose one of {', '.join(SAMPLINGS)}")
        self.frames, self.length, self.sampling, self.random = frames, length, sampling, random
        one_each = random and sampling == "clip"
        windows = np.ones_like(frames) if one_each else -(-frames // length)
        self._ends = np.cumsum(windows)
        self._begins = self._ends - windows

    def __len__(self) -> int:
        return int(self._ends[-1])

    def pieces(self, items: NDArray[np.int64], epoch: Epoch) -> FrameRuns:
        """Return windows."""
        clips = np.searchsorted(self._ends, items, side="right")
        frames = self.frames[clips]
        if self.random:
            free = np.maximum(frames - self.length, 0)
            starts = epoch.choose("window", items, free + 1)
        else:
            starts = (items - self._begins[clips]) * self.length
        return FrameRuns(clips, starts, np.minimum(frames - starts, self.length))

    @property
    def identity(self) -> dict[str, Any]:
        """What a state must agree on."""
        return {
            "kind": "windows",
            "length": int(self.length),
            "sampling": self.sampling,
            "random": self.random,
        }
