"""The clips that a view reads: their rows of the manifest, lengths, captions, and fields.

`shards.stream.streamed_dataset` makes views of them.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, Self

import numpy as np
from numpy.typing import NDArray

from shards.errors import ShardError
from shards.format.hashing import hash_values
from shards.stream.batching import Stacker
from shards.stream.captions import CaptionedClips, CaptionRun, RunReader, read_captions
from shards.stream.field_reader import row_spec
from shards.stream.items import ClipItems, WholeClips
from shards.stream.open_files import ShardFiles
from shards.stream.selection import ClipFilters, Selection, select_rows


class ViewOptions(ClipFilters, total=False):
    """Keyword arguments of every view: those of `ClipFilters`, and how clips are shared out."""

    drop_last: bool
    """Omit the items that do not fill a batch on every rank; by default, they are read."""
    rank: int | None
    """Which part of each global batch to read; None: the rank is determined."""
    world: int | None
    """The number of parts. Give both `rank` and `world`, or neither."""


Captions = bool | Literal["segment"]
"""Whether clips have captions, and whether a caption of a part of a clip is a separate item."""


@dataclass(frozen=True, eq=False)
class ChosenClips:
    """The clips of a view."""

    files: ShardFiles
    selection: Selection
    rows: NDArray[np.int64]
    """The clips' rows of the manifest, ascending."""
    frames: NDArray[np.int64]
    """The clips' lengths in frames."""

    @classmethod
    def of(cls, files: ShardFiles, selection: Selection) -> Self:
        """Choose the clips; raise `ShardError` if none meets the selection."""
        rows = select_rows(files.dataset, selection)
        frames = files.dataset.manifest["frames"].to_numpy()[rows]
        return cls(files, selection, rows, frames)

    @property
    def identity(self) -> dict[str, Any]:
        """The values that a state of the view must match."""
        return {
            "dataset": self.files.dataset.content_hash,
            "split": self.selection.split,
            "clips": hash_values(self.rows),
        }

    def items(self, captions: Captions, random: bool, read_runs: RunReader | None) -> ClipItems:
        """Return whole clips, or the parts of clips that their captions describe.

        `random` takes one random caption per clip. Raises `ShardError` if captions are wanted and
        `read_runs`, which reads them, is None.
        """
        if captions not in (True, False, "segment"):
            raise ShardError(f"captions is {captions!r}; choose True, False, or 'segment'")
        if not captions:
            return WholeClips(self.frames)
        by_segment = self.frames if captions == "segment" else None
        return CaptionedClips(self._captions(read_runs), random, by_segment)

    def stacker(self, fields: Sequence[str]) -> Stacker:
        """Return what stacks fields of the clips."""
        return Stacker(self.files, self.rows, fields)

    def frame_stacker(self, field: str) -> Stacker:
        """Return what stacks a field; raise `ShardError` unless it has a row per frame."""
        row_spec(self.files.dataset.schema, field)
        return self.stacker([field])

    def _captions(self, read_runs: RunReader | None) -> list[CaptionRun]:
        if read_runs is None:
            raise ShardError(
                "captions were requested of a dataset that was opened without a reader of "
                "captions; open it with shards.open_dataset"
            )
        return read_captions(self.files, self.rows, self.selection, read_runs)
