"""Planned clips: the rows of an index whose recordings were found, as columns and as objects.

A million clips take a gigabyte as objects and 140 MB in columns. Only the clips of the shards in
use, about two hundred per shard, are created as objects.

A clip has one or two variants: the plain clip and the mirrored one. A product makes a fixed number
of samples of each variant.
"""

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from motiondata.files import Stamp
from motiondata.mirroring import MIRRORED_PREFIX
from motiondata.sources.humanml3d.index import Row
from pipelines.clips.frame_rates import frames_per_index_frame
from pipelines.clips.keys import sample_key

ROW_COLUMNS = pa.schema(
    [
        ("number", pa.int64()),
        ("source_path", pa.string()),
        ("start_frame", pa.int64()),
        ("end_frame", pa.int64()),
        ("name", pa.string()),
    ]
)
"""The fields of a `Row`."""
SPLIT_COLUMNS = pa.schema([("split", pa.string()), ("plain", pa.bool_()), ("mirrored", pa.bool_())])
"""The split of a row's samples, null if it has none; whether the samples include the unmirrored
clip; whether they include the mirrored clip."""
CAPTIONS = ".txt"
"""The suffix of caption files."""
RECORDING = pa.field("recording", pa.binary())
"""The path of the recording, in bytes, because file names are not always UTF-8."""


STAMPED = ("recording", "captions", "mirrored_captions")
"""The files of a row whose sizes and times can be stored in additional columns."""


class PlannedVariant(NamedTuple):
    """The plain or the mirrored version of a clip, and the samples that are made of it."""

    name: str
    """The name of the variant and of its caption file: `012314`, or `M012314` if mirrored."""
    mirrored: bool
    keys: tuple[str, ...]
    """The keys of its samples in the dataset, by number of the sample."""
    captions: Stamp | None = None
    """The stamp of its caption file; None if there is no file."""


class PlannedClip(NamedTuple):
    """A row whose recording was found, and the variants of its clip."""

    row: Row
    recording: str
    """The recording's path relative to the archive's root, with forward slashes."""
    split: str
    variants: tuple[PlannedVariant, ...]
    stamp: Stamp | None = None
    """The stamp of the recording; None if stamps were not read, as in a dry run."""
    rate: float | None = None
    """The frame rate of its samples, Hz; None for HumanML3D's stride rule."""

    @property
    def frames(self) -> int:
        """The approximate number of frames of all its samples."""
        frames = (self.row.end_frame - self.row.start_frame) * len(self.keys)
        return int(frames * frames_per_index_frame(self.rate))

    @property
    def keys(self) -> tuple[str, ...]:
        """The keys of its samples."""
        return tuple(key for variant in self.variants for key in variant.keys)

    @property
    def files(self) -> dict[str, set[str]]:
        """The names of its files, by kind: the recording and the caption files of its variants."""
        captions = {f"{variant.name}{CAPTIONS}" for variant in self.variants}
        return {"recordings": {self.recording}, "captions": captions}

    @property
    def identity(self) -> list[object]:
        """The values that a plan's hash covers."""
        row = self.row
        return [row.number, row.start_frame, row.end_frame, self.recording, list(self.keys)]


@dataclass(frozen=True)
class PlannedClips:
    """Planned clips in columns."""

    table: pa.Table
    """The columns `ROW_COLUMNS`, `SPLIT_COLUMNS` and `RECORDING`, and the stamps of files if the
    clips are to be built."""
    samples_per_variant: int = 1
    """The number of samples that the product makes of each variant of a clip."""
    rate: float | None = None
    """The frame rate of the samples, Hz; None for HumanML3D's stride rule."""

    def __len__(self) -> int:
        return len(self.table)

    @property
    def samples(self) -> NDArray[np.int64]:
        """The number of samples of each clip, shaped (clips,)."""
        plain, mirrored = (self._array(name).astype(np.int64) for name in ("plain", "mirrored"))
        return (plain + mirrored) * self.samples_per_variant

    @property
    def frames(self) -> NDArray[np.int64]:
        """The approximate number of frames of all samples of each clip, shaped (clips,)."""
        frames = (self._array("end_frame") - self._array("start_frame")) * self.samples
        at_rate: NDArray[np.int64] = (frames * frames_per_index_frame(self.rate)).astype(np.int64)
        return at_rate

    def take(self, places: NDArray[np.int64]) -> "PlannedClips":
        """Return the clips with the given indices, in that order."""
        return replace(self, table=self.table.take(places))

    def with_stamps(self, stamps: Mapping[str, pa.Table]) -> "PlannedClips":
        """Return the clips with the sizes and times of their files. `stamps` is by `STAMPED`."""
        table = self.table
        for file in STAMPED:
            for field, values in zip(Stamp._fields, stamps[file].columns, strict=True):
                table = table.append_column(f"{file}_{field}", values)
        return replace(self, table=table)

    def rows(self, start: int, stop: int) -> Iterator[PlannedClip]:
        """Create the clips from `start` up to, but not including, `stop`."""
        part = self.table.slice(start, stop - start)
        *fields, splits, plain, mirrored, recordings = (
            part[name].to_pylist()
            for name in (*ROW_COLUMNS.names, *SPLIT_COLUMNS.names, RECORDING.name)
        )
        stamps = (_stamps(part, file) for file in STAMPED)
        for row, split, recording, stamp, *listed in zip(
            map(Row, *fields), splits, recordings, *stamps, plain, mirrored, strict=True
        ):
            variants = tuple(self._variants(row.name, *listed))
            yield PlannedClip(row, os.fsdecode(recording), split, variants, stamp, self.rate)

    def _variants(
        self,
        name: str,
        captions: Stamp | None,
        mirrored_captions: Stamp | None,
        plain: bool,
        mirrored: bool,
    ) -> Iterator[PlannedVariant]:
        if plain:
            yield PlannedVariant(name, False, self._keys(name), captions)
        if mirrored:
            mirrored_name = MIRRORED_PREFIX + name
            keys = self._keys(mirrored_name)
            yield PlannedVariant(mirrored_name, True, keys, mirrored_captions)

    def _keys(self, name: str) -> tuple[str, ...]:
        return tuple(sample_key(name, number) for number in range(self.samples_per_variant))

    def _array(self, name: str) -> NDArray[np.int64]:
        array: NDArray[np.int64] = self.table[name].to_numpy()
        return array


def _stamps(part: pa.Table, file: str) -> list[Stamp | None]:
    """Return the stamps of one kind of file for each row; None if there is no file or no stamp."""
    columns = [f"{file}_{field}" for field in Stamp._fields]
    if columns[0] not in part.column_names:
        return [None] * len(part)
    stamps = zip(*(part[column].to_pylist() for column in columns), strict=True)
    return [None if size is None else Stamp(size, time) for size, time in stamps]
