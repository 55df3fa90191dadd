"""Batches: runs of frames stacked into a dictionary of arrays and lists.

The arrays are NumPy arrays; a `DataLoader` converts them to tensors in its workers, without a copy.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from shards.errors import ShardError
from shards.format.members import decode_member
from shards.format.schema import Schema
from shards.stats.standardizer import Standardizer
from shards.stream.field_reader import FieldReader, MemberSpans
from shards.stream.items import FrameRuns
from shards.stream.numbers import whole_number
from shards.stream.open_files import ShardFiles

Batch = dict[str, Any]
"""Arrays and lists by name."""


Standardizers = Mapping[str, Standardizer]
"""What standardizes fields, by field."""


class ViewBatch(Batch):
    """A batch of a view, as a separate type that a `DataLoader` refuses to batch again.

    With a `batch_size` other than None, a `DataLoader` would make batches of batches.
    """


RESERVED = ("keys", "captions", "starts", "lengths", "mask", "frames")
"""Names that batches use in addition to the fields."""


def _form(schema: Schema, field: str) -> str:
    spec = schema.arrays.get(field)
    return field if spec is None else f"{spec.dtype} {spec.shape}"


def check_fields(fields: Sequence[str]) -> None:
    """Raise `ShardError` for an empty list, a duplicate field, and a name in `RESERVED`."""
    if isinstance(fields, str) or not fields or len(set(fields)) != len(fields):
        raise ShardError(f"the fields are {fields!r}; expected a list of names, each once")
    if taken := set(fields) & set(RESERVED):
        raise ShardError(
            f"the field {min(taken)!r} cannot be read: batches use this name for something else"
        )


def check_padding(pad_to: int | None, longest: int) -> None:
    """Raise `ShardError` if an item may be longer than the length to which it is padded."""
    if pad_to is not None and whole_number("pad_to", pad_to, least=1) < longest:
        raise ShardError(
            f"pad_to is {pad_to}, and the longest clip has {longest} frames; pass a lower "
            "max_frames, or a higher pad_to"
        )


def check_standardizers(standardize: Standardizers | None, fields: Sequence[str]) -> Standardizers:
    """Return what standardizes fields; raise `ShardError` for fields that the view lacks."""
    if unread := set(standardize or {}) - set(fields):
        raise ShardError(f"standardize names {min(unread)!r}, which is not a field of the view")
    return standardize or {}


class Stacker:
    """Stack runs of frames of the selected clips into batches."""

    def __init__(self, files: ShardFiles, rows: NDArray[np.int64], fields: Sequence[str]) -> None:
        check_fields(fields)
        arrays = files.dataset.schema.arrays
        self.keys: list[str] = files.dataset.manifest["key"].take(rows).to_pylist()
        self.frames: NDArray[np.int64] = files.dataset.manifest["frames"].to_numpy()[rows]
        """The number of frames of each clip, shaped (clips,)."""
        self.forms = {field: _form(files.dataset.schema, field) for field in fields}
        """The type and the shape of each field, in words."""
        self._files = files
        self._arrays = {
            field: FieldReader(files, rows, field) for field in fields if field in arrays
        }
        self._texts = {
            field: MemberSpans.of(files.dataset, rows, field)
            for field in fields
            if field not in arrays
        }
        spans = [*(each.spans for each in self._arrays.values()), *self._texts.values()]
        files.plan(
            np.concatenate([each.shards for each in spans]),
            np.concatenate([each.sizes for each in spans]),
        )

    @property
    def ahead(self) -> int:
        """The number of batches that are worth reading in advance."""
        return self._files.ahead

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
                    decode_member(member.suffix, data) for data in member.read(self._files, numbers)
                ]
                for field, member in self._texts.items()
            },
        }


@dataclass(frozen=True)
class PaddedBatches:
    """Batches padded with zeros to `length` or to their longest item, with lengths and mask."""

    stacker: Stacker
    length: int | None = None
    standardizers: Standardizers = field(default_factory=dict)
    """Applied to fields before the padding, by field."""

    @property
    def layout(self) -> dict[str, Any]:
        """The fields of a batch, and the length that it is always padded to, if there is one."""
        return {"fields": self.stacker.forms, "lengths": self.length}

    @property
    def ahead(self) -> int:
        """The number of batches that are worth reading in advance."""
        return self.stacker.ahead

    def batch(self, runs: FrameRuns, length: int | None = None) -> Batch:
        """Return fields shaped (items, frames, ...), `starts`, `lengths`, `mask`, and captions."""
        length = self.length or length or int(runs.counts.max(initial=0))
        captions = {} if runs.captions is None else {"captions": list(runs.captions)}
        mask = np.arange(length) < runs.counts[:, None]
        stacked = self.stacker.stack(runs, length)
        for name, standardizer in self.standardizers.items():
            stacked[name] = _standardize(stacked[name], standardizer, mask)
        return ViewBatch(**stacked, **captions, starts=runs.starts, lengths=runs.counts, mask=mask)


def _standardize(
    values: NDArray[Any], standardizer: Standardizer, mask: NDArray[np.bool_]
) -> NDArray[Any]:
    """Standardize the frames of items; the padding after them is zero again."""
    standardized: NDArray[Any] = standardizer.standardize(values)
    standardized[~mask] = 0
    return standardized


@dataclass(frozen=True)
class FrameBatches:
    """Batches of single frames."""

    stacker: Stacker

    @property
    def layout(self) -> dict[str, Any]:
        """The fields of a batch."""
        return {"fields": self.stacker.forms, "lengths": None}

    @property
    def ahead(self) -> int:
        """The number of batches that are worth reading in advance."""
        return self.stacker.ahead

    def batch(self, runs: FrameRuns, length: int | None = None) -> Batch:  # noqa: ARG002
        """Return fields shaped (items, ...), and `frames`, the frame numbers in their clips."""
        batch = self.stacker.stack(runs, 1)
        arrays = {
            field: value[:, 0] for field, value in batch.items() if isinstance(value, np.ndarray)
        }
        return ViewBatch({**batch, **arrays, "frames": runs.starts})
