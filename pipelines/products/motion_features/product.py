"""The product of motion features: its members, how they are made, and from which inputs."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, Self

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from motiondata.bodies.body import Body
from motiondata.devices import CPU
from pipelines.clips.bodies import BodyFacts, facts_of, load_bodies_by_gender, reload_bodies
from pipelines.clips.clip_source import ClipSource
from pipelines.clips.members import DETAILS
from pipelines.clips.planned_clips import PlannedClips
from pipelines.engine.description import ProductDescription
from pipelines.engine.fingerprint import KeptShard
from pipelines.engine.opened import Loaded
from pipelines.engine.product import PlannedBuild, Values
from pipelines.products.motion_features.description import MOTION_FEATURES
from pipelines.products.motion_features.maker import MotionFeatureMaker
from pipelines.products.motion_features.options import (
    MotionFeatureBuildOptions,
    MotionFeatureOptions,
)
from pipelines.products.motion_features.sample import (
    clip_bytes,
    columns_of_manifest,
    flags_of,
    manifest_values,
    schema_of,
)
from pipelines.products.motion_features.target import Target
from shards.format.schema import Schema

SECONDS_PER_FRAME = 1 / 15_000
"""The whole build of humanml3d-263 with mirrored clips in one process, by the clock, on a core that
other programs used too: `python -m benchmarks.representations.measure`, the last line. On a free
core it takes half of the time."""


@dataclass(frozen=True)
class MotionFeatureProduct:
    """Motion features of the clips of an archive."""

    source: ClipSource
    options: MotionFeatureOptions
    bodies: BodyFacts
    """The bodies. A worker that loads different ones stops."""
    target: Target | None
    loaded: Loaded[Mapping[str, Body]] = field(default_factory=Loaded, compare=False, repr=False)
    """The bodies by gender, in the process that has loaded them."""

    is_tried: ClassVar[bool] = False
    device: ClassVar[str] = CPU
    seconds_per_frame: ClassVar[float | None] = SECONDS_PER_FRAME

    @classmethod
    def of(cls, options: MotionFeatureBuildOptions) -> Self:
        """Find the inputs; raises `InputError` if one of them is invalid."""
        source = ClipSource.find(options.clips, options.packing, flags_of(options.features))
        bodies = load_bodies_by_gender(source.selection.body)
        # The target is read once and travels with the product, so its path is not needed again.
        target = Target.of(options.features)
        return cls(source, options.features, facts_of(bodies), target, Loaded(bodies))

    @property
    def description(self) -> ProductDescription:
        """The description of the representation."""
        return MOTION_FEATURES[self.options.representation]

    @property
    def schema(self) -> Schema:
        """The members of a sample."""
        return schema_of(self.options)

    @property
    def columns(self) -> pa.Schema:
        """The manifest columns of the representation."""
        return columns_of_manifest(self.options)

    @property
    def warnings(self) -> list[str]:
        """Return warnings about missing captions or split lists."""
        return self.source.folders.warnings

    def open(self) -> MotionFeatureMaker:
        """Load the bodies unless this process has.

        Raises `InputError` if they were replaced during the build.
        """
        bodies = reload_bodies(self.source.selection.body, self.loaded, self.bodies)
        return MotionFeatureMaker(self.source, self.options, bodies, self.target)

    def expect_use(self, samples: Sequence[Values]) -> None:
        """All samples are useful."""

    def manifest_values(self, values: Values) -> dict[str, Any]:
        """Return a sample's values for the manifest columns."""
        return manifest_values(values[DETAILS])

    def clip_bytes(self, clips: PlannedClips) -> NDArray[np.int64]:
        """Estimate the size of each clip's samples in a shard, in bytes, shaped (clips,)."""
        return clip_bytes(clips, self.options)

    def plan_around(self, kept: dict[str, KeptShard]) -> PlannedBuild:
        """Plan the build and compute the plan's fingerprint.

        Raises `InputError` for invalid input, and `OSError` if a file's size and timestamp cannot
        be read.
        """
        plan = self.source.plan(1, self.clip_bytes, kept, self.options.rate)
        return self.source.stamp(plan, self.options.parameters, self._contents(), kept)

    def _contents(self) -> Mapping[str, str]:
        target = {} if self.target is None else {"target skeleton": self.target.id}
        return {"body": self.bodies.hash, **target}

    def provenance(self) -> dict[str, Any]:
        """Return the ids and names of the bodies, and the target skeleton."""
        target = {} if self.target is None else {"target_skeleton": self.target.to_json()}
        return {"bodies": [*self.bodies.provenance], **target}
