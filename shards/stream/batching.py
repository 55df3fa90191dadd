"""Batches: runs of frames stacked into a dictionary of arrays and lists.

The arrays are NumPy arrays; a `DataLoader` converts them to tensors in its workers, without a copy.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from shards.errors import ShardError
from shards.format.members import decode_member
from shards.stream.field_reader import FieldReader, MemberSpans
from shards.stream.items import FrameRuns
from shards.stream.open_files import ShardFiles

Batch = dict[str, Any]
"""Arrays and lists by name."""


class ViewBatch(Batch):
    """A batch of a view, as a separate type that a `DataLoader` refuses to batch again.

    With a `batch_size` other than None, a `DataLoader` would make batches of batches.
    """


RESERVED = ("keys", "captions", "starts", "lengths", "mask", "frames")
"""Names that batches use in addition to the fields."""


def check_fields(fields: Sequence[str]) -> None:
    """Raise `ShardError` for an empty list, a duplicate field, and a name in `RESERVED`."""
    if isinstance(fields, str) or not fields or len(set(fields)) != len(fields):
        raise ShardError(f"the fields are {fields!r}; expected a list of names, each once")
    if taken := set(fields) & set(RESERVED):
        raise ShardError(
            f"the field {min(taken)!r} cannot be read: batches use this name for something else"
        )


class Stacker:
    """Stack runs of frames of the selected clips into batches."""

    def __init__(self, files: ShardFiles, rows: NDArray[np.int64], fields: Sequence[str]) -> None:
        check_fields(fields)
        arrays = files.dataset.schema.arrays
        self.keys: list[str] = files.dataset.manifest["key"].take(rows).to_pylist()
        self._files = files
        self._arrays = {
            field: FieldReader(files, rows, field) for field in fields if field in arrays
        }
        self._texts = {
            field: MemberSpans.of(files.dataset, rows, field)
            for field in fields
            if field not in arrays
        }

    def stack(self, runs: FrameRuns, length: int) -> Batch:
        """Return keys, arrays shaped (items, length, *row), and texts or objects of whole clips."""
        self._files.check_unchanged()
        spans = runs.clips, runs.starts, runs.counts
        numbers = runs.clips.tolist()
        return {
            "keys": [self.keys[clip] for clip in numbers],
            **{field: reader.read(*spans, length) for field, reader in self._arrays.items()},
            **{
                field: [
                    decode_member(member.suffix, member.read(self._files, clip)) for clip in numbers
                ]
                for field, member in self._texts.items()
            },
        }


@dataclass(frozen=True)
class PaddedBatches:
    """Batches padded with zeros to `length` or to their longest item, with lengths and mask."""

    stacker: Stacker
    length: int | None = None

    def batch(self, runs: FrameRuns) -> Batch:
        """Return fields shaped (items, frames, ...), `starts`, `lengths`, `mask`, and captions."""
        length = self.length or int(runs.counts.max(initial=0))
        captions = {} if runs.captions is None else {"captions": list(runs.captions)}
        return ViewBatch(
            **self.stacker.stack(runs, length),
            **captions,
            starts=runs.starts,
            lengths=runs.counts,
            mask=np.arange(length) < runs.counts[:, None],
        )


@dataclass(frozen=True)
class FrameBatches:
    """Batches of single frames."""

    stacker: Stacker

    def batch(self, runs: FrameRuns) -> Batch:
        """Return fields shaped (items, ...), and `frames`, the frame numbers in their clips."""
        batch = self.stacker.stack(runs, 1)
        arrays = {
            field: value[:, 0] for field, value in batch.items() if isinstance(value, np.ndarray)
        }
        return ViewBatch({**batch, **arrays, "frames": runs.starts})
