"""The LiDAR product: the members of its samples, how they are built, and from which inputs."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, Self

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from motiondata.counting import counted
from motiondata.devices import CPU
from motiondata.errors import InputError
from motiondata.lidar.cpu.precompile import precompile_kernels, precompile_pattern
from motiondata.lidar.realism.precompile import precompile_realism
from pipelines.clips.bodies import BodyFacts
from pipelines.clips.clip_source import ClipSource
from pipelines.clips.members import DETAILS
from pipelines.clips.planned_clips import PlannedClips
from pipelines.engine.description import ProductDescription
from pipelines.engine.fingerprint import KeptShard
from pipelines.engine.opened import Loaded
from pipelines.engine.plan import Plan
from pipelines.engine.product import PlannedBuild, Values
from pipelines.engine.streams import say
from pipelines.products.lidar.assets import LidarAssets, load_assets, resolved
from pipelines.products.lidar.description import LIDAR
from pipelines.products.lidar.estimate import seconds_per_frame
from pipelines.products.lidar.members import HITS
from pipelines.products.lidar.options import LidarBuildOptions, LidarOptions
from pipelines.products.lidar.sample import (
    MANIFEST_COLUMNS,
    clip_bytes,
    lidar_schema,
    manifest_values,
)
from pipelines.products.lidar.scanner import LidarScanner
from pipelines.products.lidar.spans import shown
from pipelines.products.lidar.views import ViewFacts
from shards.format.schema import Schema


@dataclass(frozen=True)
class LidarProduct:
    """Simulated LiDAR scans of the clips of an archive."""

    source: ClipSource
    options: LidarOptions
    bodies: BodyFacts
    """The bodies. A worker that loads different ones stops."""
    views: ViewFacts
    """The sensors. A worker that loads different ones stops."""
    scene: str = ""
    """The hash of the scene; empty if there is none. A worker that loads a different one stops."""
    loaded: Loaded[LidarAssets] = field(default_factory=Loaded, compare=False, repr=False)
    """The bodies, the sensors and the observers, in the process that has loaded them."""

    description: ClassVar[ProductDescription] = LIDAR
    columns: ClassVar[pa.Schema] = MANIFEST_COLUMNS
    is_tried: ClassVar[bool] = True

    @classmethod
    def of(cls, options: LidarBuildOptions) -> Self:
        """Find the inputs and load the assets; raises `InputError` if one of them is invalid."""
        source = ClipSource.find(options.clips, options.packing)
        scan = resolved(options.scan)
        assets = load_assets(source.selection.body, scan)
        facts = (assets.body_facts, assets.view_facts, assets.scene_hash)
        return cls(source, scan, *facts, Loaded(assets))

    @property
    def schema(self) -> Schema:
        """The members of a sample."""
        return lidar_schema(self.options.points, self.options.further, self.options.store)

    @property
    def warnings(self) -> list[str]:
        """Return warnings about missing captions or split lists."""
        return self.source.folders.warnings

    @property
    def device(self) -> str:
        """The device that poses bodies, casts rays and samples points."""
        return self.options.device

    @property
    def seconds_per_frame(self) -> float | None:
        """The time of a whole build per frame, which was measured for the CPU only."""
        assets = self.loaded.value
        if self.options.device != CPU or assets is None:
            return None
        return seconds_per_frame(assets)

    def open(self) -> LidarScanner:
        """Load the kernels, and the assets unless this process has; report if kernels are compiled.

        Raises `InputError` if a body or a sensor was replaced during the build.
        """
        body = self.source.selection.body
        assets = self.loaded.value or load_assets(body, self.options)
        loaded = (assets.body_facts.hash, assets.view_facts.hash, assets.scene_hash)
        if loaded != (self.bodies.hash, self.views.hash, self.scene):
            sensors = self.options.sensors or self.options.sensor
            names = ", ".join([str(body or "bundled"), sensors, *self.options.scene])
            raise InputError(
                f"the body, the sensors or the scene ({names}) was replaced while it was used; "
                "start again"
            )
        precompile_kernels(say)
        for sensor in {view.sensor for view in assets.views}:
            if sensor.pattern is not None:
                precompile_pattern(sensor, say)
        if not assets.is_exact:
            precompile_realism(say)
        return LidarScanner(self.source, self.options, assets)

    def manifest_values(self, values: Values) -> dict[str, Any]:
        """Return a sample's values for `MANIFEST_COLUMNS`."""
        return manifest_values(values, self.views.of(values[DETAILS]["view"]).rays)

    def expect_use(self, samples: Sequence[Values]) -> None:
        """Raise `InputError` if no frame of the given samples has a hit."""
        if samples and not any(values[HITS].any() for values in samples):
            frames = counted(sum(len(values[HITS]) for values in samples), "frame")
            raise InputError(
                f"no ray hits anybody in the {frames} of the first clips: expected "
                f"{self._expected_sight}; --allow-empty builds empty scans anyway"
            )

    @property
    def _expected_sight(self) -> str:
        options = self.options
        if options.sensors:
            return (
                f"the sensors of {options.sensors} to see people; check their places and angles "
                "(docs/sensors.md)"
            )
        return (
            f"the sensor {options.sensor} to see people at --distance {shown(options.distance)} "
            f"and --height {shown(options.height)} meters{self.views.of(0).limits}. Choose other "
            "values, or another --sensor"
        )

    def plan_around(self, kept: dict[str, KeptShard]) -> PlannedBuild:
        """Plan the build and compute the plan's fingerprint.

        Raises `InputError` for invalid input, and `OSError` if a file's size and timestamp cannot
        be read.
        """
        return self.stamp(self.plan(kept), kept)

    def plan(self, kept: Mapping[str, KeptShard] | None = None) -> Plan[PlannedClips]:
        """Plan the samples of all clips; raises `InputError` as `ClipSource.plan` does."""
        return self.source.plan(len(self.views.sensors), self.clip_bytes, kept, self.options.rate)

    def clip_bytes(self, clips: PlannedClips) -> NDArray[np.int64]:
        """Estimate the size of each clip's samples in a shard, in bytes, shaped (clips,)."""
        return clip_bytes(clips, self.options)

    def stamp(
        self, plan: Plan[PlannedClips], kept: dict[str, KeptShard] | None = None
    ) -> PlannedBuild:
        """Add the stamps of the clips' files to a plan, and compute its fingerprint.

        `kept` holds the shards of earlier plans that this plan keeps unchanged.
        """
        build = LidarBuildOptions(self.source.selection, self.options, self.source.packing)
        scene = {"scene": self.scene} if self.scene else {}
        kind = "sensors" if self.options.sensors else "sensor"
        contents = {"body": self.bodies.hash, kind: self.views.hash, **scene}
        return self.source.stamp(plan, build.parameters(self.views.of(0).name), contents, kept)

    def provenance(self) -> dict[str, Any]:
        """Return the ids and names of the bodies, and the names and sources of the sensors."""
        sensor, entries = self.views.of(0), self.views.entries
        bodies = {"bodies": [*self.bodies.provenance]}
        if entries:
            return {**bodies, "sensors": [*entries]}
        return {**bodies, "sensor": {"name": sensor.name, "source": sensor.source}}
