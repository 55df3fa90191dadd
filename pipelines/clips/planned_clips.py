"""Planned clips: the rows of an index whose recordings were found, as columns and as objects.

A million clips take a gigabyte as objects and 140 MB in columns. Only the clips of the shards in
use, about two hundred per shard, are created as objects.
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
from pipelines.clips.keys import view_key

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
SPLIT_COLUMNS = pa.schema([("split", pa.string()), ("plain", pa.bool_()), ("twin", pa.bool_())])
"""The split of a row's samples, null if it has none; whether the samples include the unmirrored
clip; whether they include the mirrored clip."""
CAPTIONS = ".txt"
"""The suffix of caption files."""
RECORDING = pa.field("recording", pa.binary())
"""The path of the recording, in bytes, because file names are not always UTF-8."""


STAMPED = ("recording", "captions", "twin_captions")
"""The files of a row whose sizes and times can be stored in additional columns."""


class PlannedSample(NamedTuple):
    """One planned sample: an unmirrored or mirrored clip, seen by one sensor."""

    name: str
    """The name of the clip and of its caption file: `012314`, or `M012314` if mirrored."""
    mirrored: bool
    view: int
    """The number of the sensor around the subject; 0 is the one in front."""
    captions: Stamp | None = None
    """The stamp of its caption file; None if there is no file."""

    @property
    def key(self) -> str:
        """The sample's key in the dataset."""
        return view_key(self.name, self.view)


class PlannedClip(NamedTuple):
    """A row whose recording was found, and its samples."""

    row: Row
    recording: str
    """The recording's path relative to the archive's root, with forward slashes."""
    split: str
    samples: tuple[PlannedSample, ...]
    stamp: Stamp | None = None
    """The stamp of the recording; None if stamps were not read, as in a dry run."""

    @property
    def frames(self) -> int:
        """The total number of frames of its samples."""
        return (self.row.end_frame - self.row.start_frame) * len(self.samples)

    @property
    def keys(self) -> tuple[str, ...]:
        """The keys of its samples."""
        return tuple(sample.key for sample in self.samples)

    @property
    def files(self) -> dict[str, set[str]]:
        """The names of its files, by kind: the recording and the caption files of its samples."""
        captions = {f"{sample.name}{CAPTIONS}" for sample in self.samples}
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
    views: int

    def __len__(self) -> int:
        return len(self.table)

    @property
    def samples(self) -> NDArray[np.int64]:
        """The number of samples of each clip, shaped (clips,)."""
        unmirrored, twin = (self._array(name).astype(np.int64) for name in ("plain", "twin"))
        return (unmirrored + twin) * self.views

    @property
    def frames(self) -> NDArray[np.int64]:
        """The total number of frames of each clip's samples, shaped (clips,)."""
        return (self._array("end_frame") - self._array("start_frame")) * self.samples

    def take(self, places: NDArray[np.int64]) -> "PlannedClips":
        """Return the clips with the given indices, in that order."""
        return PlannedClips(self.table.take(places), self.views)

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
        *fields, splits, unmirrored, twin, recordings = (
            part[name].to_pylist()
            for name in (*ROW_COLUMNS.names, *SPLIT_COLUMNS.names, RECORDING.name)
        )
        stamps = (_stamps(part, file) for file in STAMPED)
        for row, split, recording, stamp, *listed in zip(
            map(Row, *fields), splits, recordings, *stamps, unmirrored, twin, strict=True
        ):
            samples = self._samples(row.name, *listed)
            yield PlannedClip(row, os.fsdecode(recording), split, samples, stamp)

    def _samples(
        self,
        name: str,
        captions: Stamp | None,
        twin_captions: Stamp | None,
        unmirrored: bool,
        twin: bool,
    ) -> tuple[PlannedSample, ...]:
        views, mirrored = range(self.views), MIRRORED_PREFIX + name
        samples = (
            [PlannedSample(name, False, view, captions) for view in views] if unmirrored else []
        )
        if twin:
            samples += [PlannedSample(mirrored, True, view, twin_captions) for view in views]
        return tuple(samples)

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
