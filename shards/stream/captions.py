"""Captions and the runs of frames that they describe, from a sample's `json`.

They are read once, when a view with captions is created, because their number and the lengths of
their runs must be known before the first batch. The meaning of the `json` belongs to the data and
not to this package: the caller passes a function that reads it.
"""

from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from shards.errors import DatasetError, MemberError, ShardError
from shards.format.hashing import hash_values
from shards.format.members import decode_member
from shards.stream.field_reader import MemberSpans
from shards.stream.items import FrameRuns
from shards.stream.open_files import ShardFiles
from shards.stream.selection import Selection
from shards.stream.shuffle import Epoch

MEMBER = "json"

RunReader = Callable[[Any, int], Iterable[tuple[range, str]]]
"""Returns the captions in a sample's decoded `json`, each as a nonempty range of frames and a text.
The second argument is the number of frames of the sample. Raises `ValueError` where the `json` does
not have captions."""


class CaptionRun(NamedTuple):
    """A caption of a run of a clip's frames."""

    clip: int
    start: int
    frames: int
    text: str


def read_captions(
    files: ShardFiles, rows: NDArray[np.int64], selection: Selection, read_runs: RunReader
) -> list[CaptionRun]:
    """Return the captions whose runs of frames have a length that the selection allows.

    Raises `ShardError` where no caption is left.
    """
    spans = MemberSpans.of(files.dataset, rows, MEMBER)
    frames = files.dataset.manifest["frames"].to_numpy()[rows]
    captions = [
        caption
        for clip, (length, data) in enumerate(
            zip(frames.tolist(), spans.read_all(files), strict=True)
        )
        for caption in _captions_of(data, spans.keys[clip], clip, length, read_runs)
        if selection.min_frames <= caption.frames <= (selection.max_frames or caption.frames)
    ]
    if not captions:
        raise ShardError(f"{files.dataset.place}: none of the selected clips has a caption")
    return captions


class CaptionedClips:
    """Clips cut to the frames that a caption describes: one random caption per item, or all.

    If random, an item is a group of captions, of which the epoch determines one. The captions of a
    clip are one group; by segment, those of the whole clip are one, and each caption of a part of
    the clip is another, as in HumanML3D. Otherwise each caption is an item. Clips without captions
    are omitted.
    """

    def __init__(
        self, captions: list[CaptionRun], random: bool, frames: NDArray[np.int64] | None = None
    ) -> None:
        """Make items of captions: by segment if the numbers of frames of all clips are given."""
        self.random, self.by_segment = random, frames is not None
        runs = np.array([caption[:3] for caption in captions], np.int64)
        self._hash = hash_values(runs)
        parts = np.zeros(len(runs), np.int64) if frames is None else _parts(runs, frames)
        order = np.lexsort((parts, runs[:, 0])) if random else np.arange(len(runs))
        self._texts = [captions[place].text for place in order.tolist()]
        self._clips, self._starts, self._counts = runs[order].T
        _, self._firsts, self._sizes = np.unique(
            np.stack([self._clips, parts[order]]), axis=1, return_index=True, return_counts=True
        )

    def __len__(self) -> int:
        return len(self._firsts) if self.random else len(self._texts)

    def runs(self, items: NDArray[np.int64], epoch: Epoch) -> FrameRuns:
        """Return the runs of frames that captions describe, with the captions."""
        if self.random:
            items = self._firsts[items] + epoch.choose("caption", items, self._sizes[items])
        texts = tuple(self._texts[item] for item in items.tolist())
        return FrameRuns(self._clips[items], self._starts[items], self._counts[items], texts)

    @property
    def longest(self) -> int:
        """The number of frames of the longest run."""
        return int(self._counts.max())

    @property
    def identity(self) -> dict[str, Any]:
        """The values that a state must match."""
        kind = "captioned segments" if self.by_segment else "captioned clips"
        return {"kind": kind, "captions": self._hash, "random": self.random}


def _parts(runs: NDArray[np.int64], frames: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return 0 for the runs of whole clips, and another number for each run of a part of one."""
    is_part = runs[:, 2] < frames[runs[:, 0]]
    return np.where(is_part, np.arange(1, len(runs) + 1), 0)


def _captions_of(
    data: bytes, key: str, clip: int, frames: int, read_runs: RunReader
) -> list[CaptionRun]:
    try:
        details = decode_member(MEMBER, data)
        runs = read_runs(details, frames)
    except (ValueError, MemberError) as error:
        raise DatasetError(f"{key}.{MEMBER}", str(error)) from error
    return [CaptionRun(clip, run.start, len(run), text) for run, text in runs]
