"""The items of an epoch: whole clips, single frames, or windows, as runs of frames.

An item has a number. The number and the epoch alone determine its frames, so any process can make
any batch.
"""

from dataclasses import dataclass
from typing import Any, Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from shards.errors import ShardError
from shards.format.unknown_names import near
from shards.stream.numbers import whole_number
from shards.stream.shuffle import Epoch

Sampling = Literal["clip", "frame"]
SAMPLINGS = ("clip", "frame")


@dataclass(frozen=True)
class FrameRuns:
    """Runs of frames, one per item; arrays are shaped (items,)."""

    clips: NDArray[np.int64]
    """The index of each run's clip in the selection."""
    starts: NDArray[np.int64]
    """The first frame of each run in its clip."""
    counts: NDArray[np.int64]
    """The number of frames of each run."""
    captions: tuple[str, ...] | None = None
    """The caption of each run; None if captions were not requested."""
    parts: NDArray[np.int64] | None = None
    """The number of the view that each run is of, whose clips `clips` counts; None for one view."""

    def take(self, places: NDArray[np.int64]) -> "FrameRuns":
        """Return some of the runs, in the given order."""
        captions = None if self.captions is None else tuple(self.captions[at] for at in places)
        parts = None if self.parts is None else self.parts[places]
        return FrameRuns(
            self.clips[places], self.starts[places], self.counts[places], captions, parts
        )


class ItemSource(Protocol):
    """The items of an epoch."""

    def __len__(self) -> int:
        """Return the number of items per epoch."""

    def runs(self, items: NDArray[np.int64], epoch: Epoch) -> FrameRuns:
        """Return the runs of frames of items, given by their numbers."""

    @property
    def identity(self) -> dict[str, Any]:
        """The values that a state must match, in addition to the selection of clips."""


@dataclass(frozen=True, eq=False)
class WholeClips:
    """Every clip as one item."""

    frames: NDArray[np.int64]
    """The number of frames of each clip, shaped (clips,)."""

    def __len__(self) -> int:
        return len(self.frames)

    def runs(self, items: NDArray[np.int64], epoch: Epoch) -> FrameRuns:  # noqa: ARG002
        """Return whole clips."""
        return FrameRuns(items, np.zeros_like(items), self.frames[items])

    @property
    def longest(self) -> int:
        """The number of frames of the longest clip."""
        return int(self.frames.max())

    @property
    def identity(self) -> dict[str, Any]:
        """The values that a state must match."""
        return {"kind": "clips"}


class ClipItems(ItemSource, Protocol):
    """Items of which each is one run of a clip: a whole clip, or what a caption describes."""

    @property
    def longest(self) -> int:
        """The number of frames of the longest item."""


class Windows:
    """Runs of at most `length` frames: a grid over every clip, or random windows.

    The windows of a grid contain every frame once; the last one of a clip may be shorter. Random
    windows start anywhere in their clip: as many as in its grid with sampling by frame, else one
    per clip. A clip shorter than a window is one item.
    """

    def __init__(
        self, frames: NDArray[np.int64], length: int, sampling: Sampling, random: bool
    ) -> None:
        length = whole_number("length of a window", length, least=1)
        if sampling not in SAMPLINGS:
            raise ShardError(
                f"the sampling is {sampling!r}{near(str(sampling), SAMPLINGS)}; choose one of "
                f"{', '.join(SAMPLINGS)}"
            )
        self.frames, self.length, self.sampling, self.random = frames, length, sampling, random
        one_each = random and sampling == "clip"
        windows = np.ones_like(frames) if one_each else -(-frames // length)
        self._ends = np.cumsum(windows)
        self._begins = self._ends - windows

    def __len__(self) -> int:
        return int(self._ends[-1])

    def runs(self, items: NDArray[np.int64], epoch: Epoch) -> FrameRuns:
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
        """The values that a state must match."""
        return {
            "kind": "windows",
            "length": int(self.length),
            "sampling": self.sampling,
            "random": self.random,
        }
