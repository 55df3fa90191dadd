"""The product made from PFNN's own files, in their own skeleton: BVH, phase, gait, footsteps."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, NamedTuple, Self

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from motiondata.devices import CPU
from motiondata.errors import InputError, RecordingError
from motiondata.files import Stamp, expect_as_planned, find_stamp, read_small_file
from motiondata.mirroring import MIRRORED_PREFIX
from motiondata.representations.pfnn.layout import FPS
from motiondata.representations.pfnn.take import Take, mirror_take, swap_cycles
from motiondata.sources.humanml3d.whole_recordings import make_keys
from motiondata.sources.pfnn.labels import MAX_BYTES, label_files
from motiondata.sources.pfnn.takes import EVERY, FILE_FPS, read_take
from pipelines.clips.clip_values import CLIP_COLUMNS, clip_columns
from pipelines.clips.members import DETAILS, TEXT
from pipelines.clips.options import ClipSelection, PackingOptions
from pipelines.clips.pack_shards import cut_evenly
from pipelines.engine.file_stats import stat_files
from pipelines.engine.fingerprint import KeptShard, fingerprint
from pipelines.engine.plan import Plan, PlannedShards
from pipelines.engine.product import FinishSamples, PlannedBuild, Values
from pipelines.products.pfnn.clips import GIVEN
from pipelines.products.pfnn.description import PFNN, PfnnDescription
from pipelines.products.pfnn.members import SCHEMA
from pipelines.products.pfnn.options import PfnnBuildOptions, PfnnOptions
from pipelines.products.pfnn.sample import row_details, row_values, sizes_of
from shards.format.paths import shard_name
from shards.format.schema import Schema

SPLIT = "all"
SUBSET = "PFNN"
SUFFIX = ".bvh"
SECONDS_PER_FRAME = 1 / 2_400
"""Per frame at 60 Hz of a published take, on a core that other programs used too."""
TAKEN = ("mirror", "limit")
"""The options of clips that also choose takes."""


def holds_takes(folder: Path) -> bool:
    """Return whether a path is a folder of PFNN's own files."""
    return folder.is_dir() and bool(_takes_in(folder))


def _takes_in(folder: Path) -> list[Path]:
    """Return the files that have a phase, by name: rest poses and mirrored files have none."""
    return [path for path in sorted(folder.glob(f"*{SUFFIX}")) if label_files(path)[0].is_file()]


class TakeRow(NamedTuple):
    """The description of a take that a drop would record."""

    number: int
    name: str
    source_path: str
    subset: str = SUBSET


class PlannedTake(NamedTuple):
    """A take of a folder."""

    row: TakeRow
    frames: int
    """The number of frames of all its samples at 60 Hz."""
    keys: tuple[str, ...]
    stamps: tuple[tuple[str, Stamp | None], ...]
    """The names of its files, and their stamps."""

    @property
    def recording(self) -> str:
        """The name of its BVH file."""
        return self.row.source_path

    @property
    def files(self) -> dict[str, set[str]]:
        """The names of its files."""
        return {"takes": {name for name, _ in self.stamps}}

    @property
    def identity(self) -> list[object]:
        """The values that a plan's hash covers."""
        return [*self.row, list(self.keys)]


@dataclass(frozen=True)
class PlannedTakes:
    """The takes of a build."""

    takes: tuple[PlannedTake, ...]

    @property
    def frames(self) -> NDArray[np.int64]:
        """The number of frames of each take's samples, shaped (takes,)."""
        return np.array([take.frames for take in self.takes], np.int64)

    @property
    def samples(self) -> NDArray[np.int64]:
        """The number of samples of each take, shaped (takes,)."""
        return np.array([len(take.keys) for take in self.takes], np.int64)

    def rows(self, start: int, stop: int) -> Iterator[PlannedTake]:
        """Return the takes from `start` up to, but not including, `stop`."""
        return iter(self.takes[start:stop])


@dataclass(frozen=True)
class PfnnTakeMaker:
    """Makes the rows of planned takes."""

    folder: Path
    options: PfnnOptions

    lookahead_frames: ClassVar[int] = 0

    def prefetch(self, planned: PlannedTake) -> None:
        """Do nothing: the files are small."""

    def begin(self, planned: PlannedTake) -> FinishSamples:
        """Read a take; raises `RecordingError` if its files are unusable."""
        for name, stamp in planned.stamps:
            expect_as_planned(stamp, self.folder / name)
        take = read_take(self.folder / planned.recording)
        return lambda: [self._sample(take, planned, key) for key in planned.keys]

    def _sample(self, plain: Take, planned: PlannedTake, key: str) -> tuple[str, Values]:
        mirrored = key != planned.row.name
        take = swap_cycles(mirror_take(plain)) if mirrored else plain
        try:
            arrays = row_values(take, self.options.unit)
        except RecordingError as error:
            raise RecordingError(error.reason, f"{planned.recording}: {error}") from error
        details = {
            "source": planned.recording,
            "subset": SUBSET,
            "fps_in": FILE_FPS,
            "fps_out": FPS,
            "first_frame": 0,
            "last_frame": EVERY * (take.frames - 1),
            "mirrored": mirrored,
            **row_details(take, self.options.unit, GIVEN),
            "flags": {},
            "captions": [],
        }
        return key, {**arrays, DETAILS: details, TEXT: ""}


@dataclass(frozen=True)
class PfnnTakes:
    """Rows of the takes of a folder."""

    folder: Path
    selection: ClipSelection
    options: PfnnOptions
    packing: PackingOptions

    is_tried: ClassVar[bool] = False
    device: ClassVar[str] = CPU
    seconds_per_frame: ClassVar[float | None] = SECONDS_PER_FRAME
    schema: ClassVar[Schema] = SCHEMA
    columns: ClassVar[pa.Schema] = CLIP_COLUMNS
    description: ClassVar[PfnnDescription] = PFNN
    warnings: ClassVar[tuple[str, ...]] = ()

    @classmethod
    def of(cls, options: PfnnBuildOptions) -> Self:
        """Check the options; raises `InputError` for one that takes do not have."""
        selection = options.clips
        plain = ClipSelection.of_recordings(selection.index)
        for name in vars(plain):
            if name not in TAKEN and getattr(selection, name) != getattr(plain, name):
                raise InputError(
                    f"--{name.replace('_', '-')} has no effect on PFNN's own files; leave it out"
                )
        if options.rows.terrain is not None:
            raise InputError("--terrain has no effect on PFNN's own files; leave it out")
        return cls(selection.index.absolute(), selection, options.rows, options.packing)

    def open(self) -> PfnnTakeMaker:
        """Return what makes samples."""
        return PfnnTakeMaker(self.folder, self.options)

    def expect_use(self, samples: Sequence[Values]) -> None:
        """All samples are useful."""

    def manifest_values(self, values: Values) -> dict[str, Any]:
        """Return a sample's values for the manifest columns."""
        return clip_columns(values[DETAILS])

    def clip_bytes(self, takes: PlannedTakes) -> NDArray[np.int64]:
        """Estimate the size of each take's samples in a shard, in bytes, shaped (takes,)."""
        return sizes_of(takes.frames, takes.samples)

    def plan_around(self, kept: dict[str, KeptShard]) -> PlannedBuild:
        """Plan the build.

        Raises `InputError` if shards of another plan are to be kept, or two takes have one key.
        """
        if kept:
            raise InputError("takes are planned as a whole: no shard can be kept; use --restart")
        chosen = _takes_in(self.folder)[: self.selection.limit]
        keys = make_keys([path.name for path in chosen], self.selection.mirror)
        takes = PlannedTakes(tuple(map(self._planned, range(len(keys)), chosen, keys)))
        sizes = [len(part) for part in cut_evenly(self.clip_bytes(takes), self.packing)]
        names = [shard_name(SPLIT, number) for number in range(len(sizes))]
        plan = Plan(PlannedShards(names, sizes, takes), (), len(chosen))
        listed = [name.encode() for take in takes.takes for name, _ in take.stamps]
        files = stat_files("takes", self.folder, pa.array(listed, pa.binary()))
        chosen_by = {"mirror": self.selection.mirror, "limit": self.selection.limit}
        parameters = {**self.options.parameters, **chosen_by, **vars(self.packing)}
        return PlannedBuild(plan, fingerprint(plan, parameters, {}, files, kept))

    def _planned(self, number: int, path: Path, key: str) -> PlannedTake:
        mirrored = (MIRRORED_PREFIX + key,) if self.selection.mirror else ()
        keys = (key, *mirrored)
        phase = label_files(path)[0]
        frames = read_small_file(phase, MAX_BYTES).count(b"\n") // EVERY * len(keys)
        stamps = tuple((each.name, find_stamp(each)) for each in (path, *label_files(path)))
        return PlannedTake(TakeRow(number, key, path.name), frames, keys, stamps)

    def provenance(self) -> dict[str, Any]:
        """Return nothing: no body is posed."""
        return {"bodies": []}
