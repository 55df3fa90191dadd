"""Read runs of frames of an array field from many shards directly into a batch.

An uncompressed `.npy` in a tar file is an array at a known offset. The schema and the number of
frames determine its header, so the offset of every row is computed from the manifest.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import prod
from typing import Any

import numpy as np
import pyarrow.compute as pc
from numpy.typing import NDArray

from shards.errors import DatasetError, SampleError, ShardError
from shards.format.array_spec import FRAMES, ArraySpec
from shards.format.dataset import Dataset
from shards.format.npy import DTYPES, npy_header
from shards.format.paths import MANIFEST
from shards.format.schema import Schema
from shards.format.unknown_names import near
from shards.format.ustar import BLOCK, member_header
from shards.stream.open_files import Part, ShardFiles

READ_AT_ONCE = 256
"""Members of clips that are in memory together while all of them are read."""


@dataclass(frozen=True)
class MemberSpans:
    """The location of one member of each selected clip."""

    suffix: str
    keys: Sequence[str]
    shards: NDArray[np.int64]
    offsets: NDArray[np.int64]
    sizes: NDArray[np.int64]

    @staticmethod
    def of(dataset: Dataset, rows: NDArray[np.int64], field: str) -> "MemberSpans":
        """Return the locations of a field's members, for the clips in these manifest rows."""
        if field not in dataset.schema.suffixes:
            known = [*dataset.schema.suffixes]
            raise ShardError(
                f"there is no field {field!r}{near(field, known)}; choose one of {', '.join(known)}"
            )
        columns = ["key", "shard", f"{field}_offset", f"{field}_size"]
        table = dataset.manifest.select(columns).take(rows)
        numbers = {shard.name: number for number, shard in enumerate(dataset.description.shards)}
        names = pc.dictionary_encode(table["shard"]).combine_chunks()
        shards = np.array([numbers[name] for name in names.dictionary.to_pylist()], np.int64)
        return MemberSpans(
            dataset.schema.suffixes[field],
            table["key"].to_pylist(),
            shards[names.indices.to_numpy()],
            table[f"{field}_offset"].to_numpy(),
            table[f"{field}_size"].to_numpy(),
        )

    def read(self, files: ShardFiles, clips: Sequence[int]) -> list[bytes]:
        """Return the whole members of clips, after a check of their headers."""
        found = files.parts([self._from_header(clip, int(self.sizes[clip])) for clip in clips])
        for clip, data in zip(clips, found, strict=True):
            self._expect(files, clip, self._header(clip), data[:BLOCK])
        return [data[BLOCK:] for data in found]

    def read_all(self, files: ShardFiles) -> Iterator[bytes]:
        """Yield the whole members of all clips, after a check of their headers."""
        for first in range(0, len(self.keys), READ_AT_ONCE):
            yield from self.read(files, range(len(self.keys))[first : first + READ_AT_ONCE])

    def check(self, files: ShardFiles, clips: Sequence[int], starts: Sequence[bytes]) -> None:
        """Check members' tar headers and with which bytes they begin, or raise `DatasetError`."""
        pairs = zip(clips, starts, strict=True)
        expected = [self._header(clip) + start for clip, start in pairs]
        found = files.parts(
            [self._from_header(clip, len(start)) for clip, start in zip(clips, starts, strict=True)]
        )
        for clip, ours, theirs in zip(clips, expected, found, strict=True):
            self._expect(files, clip, ours, theirs)

    def _from_header(self, clip: int, size: int) -> Part:
        """Return the part of a shard with a member's header and `size` bytes of the member."""
        return Part(int(self.shards[clip]), int(self.offsets[clip]) - BLOCK, BLOCK + size)

    def _header(self, clip: int) -> bytes:
        try:
            return member_header(f"{self.keys[clip]}.{self.suffix}", int(self.sizes[clip]))
        except SampleError as error:  # no shard can contain this name or size
            raise DatasetError(MANIFEST, str(error)) from error

    def _expect(self, files: ShardFiles, clip: int, expected: bytes, found: bytes) -> None:
        if found != expected:
            name, place = f"{self.keys[clip]}.{self.suffix}", int(self.offsets[clip]) - BLOCK
            raise DatasetError(
                files.shards[self.shards[clip]].name,
                f"the headers of {name} are not at byte {place}",
            )


def row_spec(schema: Schema, field: str) -> ArraySpec:
    """Return the spec of an array with one fixed-shape row per frame; raise with such fields."""
    usable = {
        name: spec
        for name, spec in schema.arrays.items()
        if spec.shape[0] == FRAMES and all(isinstance(axis, int) for axis in spec.shape[1:])
    }
    if field not in usable:
        raise ShardError(
            f"{field!r}{near(field, [*usable])} is not an array with one row of fixed shape per "
            f"frame; choose one of {', '.join(usable)}"
        )
    return usable[field]


class FieldReader:
    """Read runs of frames of an array field of the selected clips."""

    def __init__(self, files: ShardFiles, rows: NDArray[np.int64], field: str) -> None:
        self._spec = row_spec(files.dataset.schema, field)
        self.shape = _row_shape(self._spec)
        """The shape of one frame's row."""
        self._dtype = DTYPES[self._spec.as_stored.dtype]
        self._stored_shape = _row_shape(self._spec.as_stored)
        self.row_bytes = self._dtype.itemsize * prod(self._stored_shape)
        self._files = files
        self.spans = MemberSpans.of(files.dataset, rows, field)
        self._frames = files.dataset.manifest["frames"].to_numpy()[rows]
        self._starts = self.spans.offsets + self._header_sizes()
        self._checked = np.zeros(len(rows), np.bool_)

    def read(
        self,
        clips: NDArray[np.int64],
        starts: NDArray[np.int64],
        counts: NDArray[np.int64],
        length: int,
    ) -> NDArray[Any]:
        """Return runs of frames, shaped (runs, length, *row); pad shorter runs with zeros."""
        make = np.empty if counts.size and counts.min() == length else np.zeros
        runs = make((len(clips), length, *self._stored_shape), self._dtype)
        offsets = self._starts[clips] + starts * self.row_bytes
        self._copy(runs, self.spans.shards[clips], offsets, counts * self.row_bytes)
        unchecked = clips[~self._checked[clips]]
        if len(unchecked):
            self._check(np.unique(unchecked))
        return self._spec.unpack(runs)

    def _copy(
        self,
        runs: NDArray[Any],
        shards: NDArray[np.int64],
        offsets: NDArray[np.int64],
        sizes: NDArray[np.int64],
    ) -> None:
        """Copy the frames of each run from its shard, shard by shard."""
        target = runs.reshape(-1).view(np.uint8).data
        order = np.argsort(shards, kind="stable")
        places = order * runs[:1].nbytes
        columns = (shards[order], offsets[order], sizes[order], places)
        self._files.copy(target, zip(*(column.tolist() for column in columns), strict=True))

    def _check(self, clips: NDArray[np.int64]) -> None:
        lengths = self._frames[clips].tolist()
        headers = [self._npy_header(frames) for frames in lengths]
        self.spans.check(self._files, clips.tolist(), headers)
        self._checked[clips] = True

    def _header_sizes(self) -> NDArray[np.int64]:
        """Return the size of each clip's `.npy` header; raise if a recorded size contradicts it."""
        lengths, places = np.unique(self._frames, return_inverse=True)
        headers = [len(self._npy_header(frames)) for frames in lengths.tolist()]
        sizes = np.array(headers, np.int64)[places]
        wrong = np.flatnonzero(sizes + self._frames * self.row_bytes != self.spans.sizes)
        if len(wrong):
            name = f"{self.spans.keys[wrong[0]]}.{self.spans.suffix}"
            raise DatasetError(MANIFEST, f"the size of {name} does not match its number of frames")
        return sizes

    def _npy_header(self, frames: int) -> bytes:
        return npy_header(self._dtype.name, (frames, *self._stored_shape))


def _row_shape(spec: ArraySpec) -> tuple[int, ...]:
    return tuple(axis for axis in spec.shape[1:] if isinstance(axis, int))
