"""The LiDAR product: the members of its samples, how they are built, and from which inputs."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Self

import pyarrow as pa

from motiondata.counting import counted
from motiondata.errors import DropReason, InputError
from motiondata.lidar.sensor import Sensor
from motiondata.sources.humanml3d.index import iter_index
from motiondata.sources.humanml3d.splits import SPLITS
from pipelines.clips.clip_files import stamp_clips
from pipelines.clips.inputs import InputFolders, absolute_inputs, find_input_folders, parameters_of
from pipelines.clips.options import BuildOptions
from pipelines.clips.planned_clips import CAPTIONS, PlannedClip, PlannedClips
from pipelines.clips.read_clip import read_clip
from pipelines.clips.unresolved_recordings import describe_nearby
from pipelines.engine.description import ProductDescription
from pipelines.engine.digests import digest_files, digest_json
from pipelines.engine.fingerprint import KeptShard, fingerprint
from pipelines.engine.plan import Plan
from pipelines.engine.product import FinishSamples, PlannedBuild, Values
from pipelines.products.lidar.assets import LidarAssets, load_assets, reload_assets, warm_up_kernels
from pipelines.products.lidar.description import LIDAR
from pipelines.products.lidar.members import HITS
from pipelines.products.lidar.plan_lidar import plan_lidar
from pipelines.products.lidar.remarks import caption_warnings
from pipelines.products.lidar.sample import MANIFEST_COLUMNS, lidar_schema, manifest_values
from pipelines.products.lidar.scene import begin_samples, finish_sample
from shards.format.prefetching import prefetch_file
from shards.format.schema import Schema


@dataclass(frozen=True)
class LidarProduct:
    """Simulated LiDAR scans of the clips of an archive."""

    options: BuildOptions
    paths: InputFolders
    assets: str
    """Hash of the bodies and the sensor. A worker that loads different ones stops."""

    description: ClassVar[ProductDescription] = LIDAR
    columns: ClassVar[pa.Schema] = MANIFEST_COLUMNS
    is_tried: ClassVar[bool] = True

    @classmethod
    def of(cls, options: BuildOptions) -> Self:
        """Find the inputs and load the assets; raises `InputError` if one of them is invalid."""
        options = absolute_inputs(options)
        return cls(options, find_input_folders(options), reload_assets(options).id)

    @property
    def schema(self) -> Schema:
        """The members of a sample."""
        return lidar_schema(self.options.points)

    @property
    def warnings(self) -> list[str]:
        """Return warnings about missing captions or split lists."""
        return self.paths.warnings

    @property
    def device(self) -> str:
        """The device that poses bodies, casts rays and samples points."""
        return self.options.device

    @property
    def lookahead_frames(self) -> int:
        """The number of frames that the observer wants in progress at once."""
        return load_assets(self.options).observer.lookahead_frames

    def warm_up(self) -> None:
        """Load the bodies, the sensor and the kernels; report if kernels must be compiled.

        Raises `InputError` if the body or the sensor was replaced during the build.
        """
        if load_assets(self.options).id != self.assets:
            raise InputError(
                f"the body or the sensor ({self.options.body or 'bundled'}, "
                f"{self.options.sensor}) was replaced while it was used; start again"
            )
        warm_up_kernels()

    def prefetch(self, planned: PlannedClip) -> None:
        """Prefetch a clip's recording and captions."""
        prefetch_file(self.options.amass / planned.recording)
        if self.paths.texts is not None:
            for sample in planned.samples:
                prefetch_file(self.paths.texts / f"{sample.name}{CAPTIONS}")

    def begin(self, planned: PlannedClip) -> FinishSamples:
        """Begin the scans of a clip; raises `RecordingError` if its recording is unusable."""
        assets = load_assets(self.options)
        clip, shaped = read_clip(planned, self.options, assets.bodies)
        pending = list(begin_samples(clip, shaped, planned, self.options, assets))
        return lambda: [
            finish_sample(sample, self.options, self.paths, assets) for sample in pending
        ]

    def manifest_values(self, values: Values) -> dict[str, Any]:
        """Return a sample's values for `MANIFEST_COLUMNS`."""
        sensor = load_assets(self.options).sensor
        return manifest_values(values, sensor.beams * sensor.columns)

    def expect_use(self, samples: Sequence[Values]) -> None:
        """Raise `InputError` if no frame of the given samples has a hit."""
        if samples and not any(values[HITS].any() for values in samples):
            frames = counted(sum(len(values[HITS]) for values in samples), "frame")
            options = self.options
            raise InputError(
                f"no ray hits anybody in the {frames} of the first clips: expected the sensor "
                f"{options.sensor} to see people at --distance {options.distance:g} and --height "
                f"{options.height:g} meters{_limits(load_assets(options).sensor)}. "
                "Choose other values, or another --sensor; --allow-empty builds empty "
                "scans all the same"
            )

    def plan_around(self, kept: dict[str, KeptShard]) -> PlannedBuild:
        """Plan the build and compute the plan's fingerprint.

        Raises `InputError` for invalid input, and `OSError` if a file's size and timestamp cannot
        be read.
        """
        plan = plan_lidar(
            self.options, self.paths, {name: shard.keys for name, shard in kept.items()}
        )
        self._expect_clips(plan)
        return stamp_plan(self.options, self.paths, plan, load_assets(self.options), kept)

    def _expect_clips(self, plan: Plan[PlannedClips]) -> None:
        if not plan.shards:
            reasons = Counter(drop.reason for drop in plan.drops)
            said = ", ".join(f"{reason}: {number:,}" for reason, number in reasons.items())
            nearby = ""
            if DropReason.MISSING in reasons and self.options.has_index:
                nearby = describe_nearby(self.options.amass, iter_index(self.options.index))
            raise InputError(
                f"{self.options.index}: none of its rows can be built from {self.options.amass} "
                f"({said}); {nearby or plan.drops[-1].message}"
            )

    def provenance(self) -> dict[str, Any]:
        """Return the ids and names of the bodies, and the name and source of the sensor."""
        assets = load_assets(self.options)
        bodies = {body.id: body for body in assets.bodies.values()}.values()
        return {
            "bodies": [
                {"id": body.id, "name": body.name, "shape_space": body.shape_space}
                for body in bodies
            ],
            "sensor": {"name": assets.sensor.name, "source": assets.sensor.source},
        }


def _limits(sensor: Sensor) -> str:
    """Describe the limits of the sensor that may hide a person; empty if there are none."""
    limits = [f"sees nothing within {sensor.min_range:g} meters"] if sensor.min_range else []
    if sensor.window is not None:
        first, count = sensor.window
        limits.append(
            f"fires {count} of {sensor.columns} columns, counter-clockwise from column {first} "
            "(column 0 is in front)"
        )
    return f"; this sensor {' and '.join(limits)}" if limits else ""


def stamp_plan(
    options: BuildOptions,
    paths: InputFolders,
    plan: Plan[PlannedClips],
    assets: LidarAssets,
    kept: dict[str, KeptShard] | None = None,
) -> PlannedBuild:
    """Add the stamps of the clips' files to a plan, and compute its fingerprint.

    The fingerprint covers the contents of the bodies and the sensor. `kept` holds the shards of
    earlier plans that this plan keeps unchanged.
    """
    lists = {name: paths.splits / f"{name}.txt" for name in SPLITS} if paths.splits else {}
    contents = {
        **_hash_of_rows(options, plan),
        **{f"list {name}": digest_files([path]) for name, path in lists.items()},
        "body": assets.bodies_id,
        "sensor": assets.sensor_id,
    }
    stamped, files = stamp_clips(plan, options.amass, paths.texts)
    warnings = caption_warnings(stamped.shards.columns, paths.texts)
    stamped = replace(stamped, warnings=(*stamped.warnings, *warnings))
    parameters = parameters_of(options, assets.sensor.name)
    return PlannedBuild(stamped, fingerprint(stamped, parameters, contents, files, kept or {}))


def _hash_of_rows(options: BuildOptions, plan: Plan[PlannedClips]) -> dict[str, str]:
    """Return the hash of the index, or without an index the hash of the recordings' paths.

    The paths of whole recordings name the subsets.
    """
    if options.has_index:
        return {"index": digest_files([options.index])}
    planned = plan.shards.columns.table["source_path"].to_pylist()
    dropped = [drop.source for drop in plan.drops]
    return {"paths of recordings": digest_json(sorted([*planned, *dropped]))}
