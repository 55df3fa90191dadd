"""The product made from clips: any motion of SMPL's joints, posed on a body."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar, Self

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from motiondata.bodies.body import Body
from motiondata.bodies.posing import ShapedBody
from motiondata.clip import Clip
from motiondata.devices import CPU
from motiondata.errors import RecordingError
from motiondata.mirroring import mirror_clip
from motiondata.representations.pfnn.gaits import merge_gaits
from motiondata.representations.pfnn.layout import FPS
from motiondata.representations.pfnn.smpl_takes import pose_take, with_labels
from motiondata.representations.pfnn.take import Take, swap_cycles
from motiondata.representations.pfnn.terrain import HeightGrid
from motiondata.sources.pfnn.labels import clip_labels
from pipelines.clips.appraisal import Appraisal, judge
from pipelines.clips.bodies import BodyFacts, facts_of, load_bodies_by_gender, reload_bodies
from pipelines.clips.clip_source import ClipSource
from pipelines.clips.clip_values import CLIP_COLUMNS, clip_columns, clip_values
from pipelines.clips.members import DETAILS
from pipelines.clips.planned_clips import PlannedClip, PlannedClips, PlannedVariant
from pipelines.engine.fingerprint import KeptShard, digest_files
from pipelines.engine.opened import Loaded
from pipelines.engine.product import FinishSamples, PlannedBuild, Values
from pipelines.products.pfnn.description import PFNN, PfnnDescription
from pipelines.products.pfnn.members import SCHEMA
from pipelines.products.pfnn.options import PfnnBuildOptions, PfnnOptions
from pipelines.products.pfnn.sample import row_details, row_values, sizes_of
from shards.format.schema import Schema

SECONDS_PER_FRAME = 1 / 15_000
"""Per frame at 60 Hz, of 198 whole synthetic recordings in one process, on a core that other
programs used too."""
GIVEN, FOUND = "given", "found"
"""Where phase and gaits are from: the recording's labels, or its motion."""


@dataclass(frozen=True)
class PfnnClipMaker:
    """Makes the rows of planned clips."""

    source: ClipSource
    options: PfnnOptions
    bodies: Mapping[str, Body]
    ground: HeightGrid | None

    lookahead_frames: ClassVar[int] = 0

    def prefetch(self, planned: PlannedClip) -> None:
        """Prefetch a clip's recording and captions."""
        self.source.prefetch(planned)

    def begin(self, planned: PlannedClip) -> FinishSamples:
        """Read a clip; raises `RecordingError` if its recording is unusable."""
        clip, shaped = self.source.read(planned, self.bodies, FPS)
        return lambda: self._samples(clip, shaped, planned)

    def _samples(
        self, clip: Clip, shaped: ShapedBody, planned: PlannedClip
    ) -> list[tuple[str, Values]]:
        judged = judge(clip, shaped)
        self.source.drop_flagged(clip, judged.flags)
        return [self._sample(clip, shaped, variant, judged) for variant in planned.variants]

    def _sample(
        self, clip: Clip, shaped: ShapedBody, variant: PlannedVariant, judged: Appraisal
    ) -> tuple[str, Values]:
        take, labels = self._take(clip, shaped, variant.mirrored)
        try:
            arrays = row_values(take, self.options.unit)
        except RecordingError as error:
            where = f"{clip.recording.source}: {variant.name}"
            raise RecordingError(error.reason, f"{where}: {error}") from error
        details = {
            "mirrored": variant.mirrored,
            "body": shaped.body.id,
            "betas": shaped.betas.tolist(),
            **row_details(take, self.options.unit, labels),
            "quality": judged.quality,
            "flags": judged.flags,
        }
        captions = self.source.read_captions(variant)
        return variant.keys[0], {**arrays, **clip_values(clip, details, captions)}

    def _take(self, clip: Clip, shaped: ShapedBody, mirrored: bool) -> tuple[Take, str]:
        """Return the take of a clip, with the labels of its recording where it has some."""
        varied = mirror_clip(clip) if mirrored else clip
        terrain = None if self.ground is None else self.ground.on_path(mirrored)
        take = pose_take(shaped, varied.pose, varied.trans, terrain)
        if not {"phase", "gait"} <= {*clip.recording.labels}:
            return take, FOUND
        labels = clip_labels(dict(clip.recording.labels), clip)
        take = with_labels(take, labels["phase"], merge_gaits(labels["gait"]))
        if mirrored:
            take = swap_cycles(replace(take, phase=(take.phase + 0.5) % 1.0))
        return take, GIVEN


@dataclass(frozen=True)
class PfnnClips:
    """Rows of the clips of an archive."""

    source: ClipSource
    options: PfnnOptions
    bodies: BodyFacts
    loaded: Loaded[Mapping[str, Body]] = field(default_factory=Loaded, compare=False, repr=False)
    """The bodies by gender, in the process that has loaded them."""

    is_tried: ClassVar[bool] = False
    device: ClassVar[str] = CPU
    seconds_per_frame: ClassVar[float | None] = SECONDS_PER_FRAME
    schema: ClassVar[Schema] = SCHEMA
    columns: ClassVar[pa.Schema] = CLIP_COLUMNS
    description: ClassVar[PfnnDescription] = PFNN

    @classmethod
    def of(cls, options: PfnnBuildOptions) -> Self:
        """Find the inputs; raises `InputError` if one of them is invalid."""
        source = ClipSource.find(options.clips, options.packing)
        bodies = load_bodies_by_gender(source.selection.body)
        _read_ground(options.rows)
        return cls(source, options.rows, facts_of(bodies), Loaded(bodies))

    @property
    def warnings(self) -> list[str]:
        """Return warnings about missing captions or split lists."""
        return self.source.folders.warnings

    def open(self) -> PfnnClipMaker:
        """Load the bodies unless this process has, and the ground.

        Raises `InputError` if they were replaced during the build.
        """
        bodies = reload_bodies(self.source.selection.body, self.loaded, self.bodies)
        return PfnnClipMaker(self.source, self.options, bodies, _read_ground(self.options))

    def expect_use(self, samples: Sequence[Values]) -> None:
        """All samples are useful."""

    def manifest_values(self, values: Values) -> dict[str, Any]:
        """Return a sample's values for the manifest columns."""
        return clip_columns(values[DETAILS])

    def clip_bytes(self, clips: PlannedClips) -> NDArray[np.int64]:
        """Estimate the size of each clip's samples in a shard, in bytes, shaped (clips,)."""
        return sizes_of(clips.frames, clips.samples)

    def plan_around(self, kept: dict[str, KeptShard]) -> PlannedBuild:
        """Plan the build and compute the plan's fingerprint.

        Raises `InputError` for invalid input, and `OSError` if a file's size and timestamp cannot
        be read.
        """
        plan = self.source.plan(1, self.clip_bytes, kept, FPS)
        terrain = self.options.terrain
        ground = {} if terrain is None else {"terrain": digest_files([terrain])}
        contents = {"body": self.bodies.hash, **ground}
        return self.source.stamp(plan, self.options.parameters, contents, kept)

    def provenance(self) -> dict[str, Any]:
        """Return the ids and names of the bodies."""
        return {"bodies": [*self.bodies.provenance]}


def _read_ground(options: PfnnOptions) -> HeightGrid | None:
    return None if options.terrain is None else HeightGrid.read(options.terrain)
