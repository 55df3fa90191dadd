"""Judge a clip: the measures of its motion quality, and its flags, the same for all products.

A flag is for a person to look at. It drops a clip only if the user excludes it by name.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from motiondata.bodies.posing import ShapedBody, pose_joints
from motiondata.clip import Clip
from motiondata.errors import DropReason, InputError, RecordingError
from motiondata.guards import POSTURE_FLAGS, posture_flags
from motiondata.motion_quality.feet import SoleHeights, sole_heights
from motiondata.motion_quality.flags import measure_quality, quality_flags
from motiondata.motion_quality.limits import LIMITS
from shards.format.unknown_names import unknown_name

CLIP_FLAGS = (*POSTURE_FLAGS, *LIMITS)
"""The flags of a clip, whatever is made of it, in the order in which they are stored."""


@dataclass(frozen=True)
class Appraisal:
    """What is measured of a clip."""

    quality: Mapping[str, float]
    """The measures by name, in the units of `LIMITS`."""
    flags: Mapping[str, bool]
    """Whether each of `CLIP_FLAGS` is raised."""


def judge(clip: Clip, shaped: ShapedBody) -> Appraisal:
    """Measure a clip, before it is mirrored or held in place."""
    return judge_joints(pose_joints(shaped, clip.pose, clip.trans), clip.fps, shaped)


def judge_joints(joints: NDArray[np.float64], fps: float, shaped: ShapedBody) -> Appraisal:
    """Measure a clip by its joints in AMASS's world, (frames, 22, 3), meters, at `fps` Hz."""
    measures = measure_quality(joints, fps, _soles(shaped))
    raised = {*posture_flags(joints), *quality_flags(measures)}
    return Appraisal(measures, {flag: flag in raised for flag in CLIP_FLAGS})


@lru_cache(maxsize=64)  # an archive has many clips of each of its subjects
def _soles(shaped: ShapedBody) -> SoleHeights:
    return sole_heights(shaped)


def check_flags(names: Collection[str], known: Collection[str]) -> None:
    """Raise `InputError` for an excluded flag that no clip can have."""
    for name in names:
        if name not in known:
            raise InputError(f"exclude: {unknown_name('flag', name, [*known])}")


def drop_flagged(where: str, flags: Mapping[str, bool], excluded: Collection[str]) -> None:
    """Raise `RecordingError` (FLAGGED) if a clip, named `where`, has an excluded flag."""
    found = [flag for flag, raised in flags.items() if raised and flag in excluded]
    if found:
        raise RecordingError(
            DropReason.FLAGGED, f"{where} has the excluded flag {', '.join(found)}"
        )
