"""The open product of motion features: it makes the samples of clips with the bodies it holds."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from motiondata.bodies.body import Body
from motiondata.bodies.posing import ShapedBody, pose_joints
from motiondata.clip import Clip, hold_in_place
from motiondata.errors import RecordingError
from pipelines.clips.appraisal import Appraisal, judge_joints
from pipelines.clips.clip_source import ClipSource
from pipelines.clips.clip_values import clip_values
from pipelines.clips.planned_clips import PlannedClip, PlannedVariant
from pipelines.engine.product import FinishSamples, Values
from pipelines.products.motion_features.members import JOINTS
from pipelines.products.motion_features.options import JOINTS_ONLY, MotionFeatureOptions
from pipelines.products.motion_features.sample import Made, PosedClip, make_arrays
from pipelines.products.motion_features.target import Target


@dataclass(frozen=True)
class MotionFeatureMaker:
    """Makes samples of motion features of planned clips."""

    source: ClipSource
    options: MotionFeatureOptions
    bodies: Mapping[str, Body]
    target: Target | None

    lookahead_frames: ClassVar[int] = 0

    def prefetch(self, planned: PlannedClip) -> None:
        """Prefetch a clip's recording and captions."""
        self.source.prefetch(planned)

    def begin(self, planned: PlannedClip) -> FinishSamples:
        """Read a clip; raises `RecordingError` if its recording is unusable."""
        clip, shaped = self.source.read(planned, self.bodies, self.options.rate)
        return lambda: self._samples(clip, shaped, planned)

    def _samples(
        self, clip: Clip, shaped: ShapedBody, planned: PlannedClip
    ) -> list[tuple[str, Values]]:
        world = pose_joints(shaped, clip.pose, clip.trans)
        judged = judge_joints(world, clip.fps, shaped)
        if self.source.selection.in_place:
            clip = hold_in_place(clip)
            world = pose_joints(shaped, clip.pose, clip.trans)
        posed = PosedClip(clip, shaped, world)
        return [self._sample(posed, variant, judged) for variant in planned.variants]

    def _sample(
        self, posed: PosedClip, variant: PlannedVariant, judged: Appraisal
    ) -> tuple[str, Values]:
        clip = posed.clip
        try:
            made = make_arrays(posed, variant.mirrored, self.options, self.target)
        except RecordingError as error:
            where = f"{clip.recording.source}: {clip.name}"
            raise RecordingError(error.reason, f"{where}: {error}") from error
        details = self._details(clip, posed.body, variant.mirrored, made, judged)
        self.source.drop_flagged(clip, details["flags"])
        captions = self.source.read_captions(variant)
        return variant.keys[0], {**made.arrays, **clip_values(clip, details, captions)}

    def _details(
        self, clip: Clip, shaped: ShapedBody, mirrored: bool, made: Made, judged: Appraisal
    ) -> dict[str, Any]:
        """Return the fields of a sample's JSON, in addition to those of its clip."""
        options, rows = self.options, len(made.arrays[JOINTS])
        is_joints = options.representation == JOINTS_ONLY
        faults = {name: count > 0 and not options.corrected for name, count in made.faults.items()}
        return {
            "mirrored": mirrored,
            "in_place": self.source.selection.in_place,
            "body": shaped.body.id,
            "betas": shaped.betas.tolist(),
            "representation": options.representation,
            **({"joint_set": options.joint_set} if is_joints else {}),
            **({"joint_frame": options.joint_frame} if is_joints else {}),
            **({"target_skeleton": self.target.id} if self.target else {}),
            **({"corrected": options.corrected} if self.target else {}),
            "clip_frames": clip.frames,
            "row_frames": [0, rows - 1],
            **({"faults": dict(made.faults)} if self.target else {}),
            "quality": judged.quality,
            "flags": {**judged.flags, **faults},
        }
