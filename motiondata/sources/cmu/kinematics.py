"""Forward kinematics of Acclaim skeletons: the pose of each bone in the world per frame.

The rotation R of a bone is given in its local axes C, so in the world it is C R C^-1, composed with
the rotation of its parent. This module is independent of SMPL: conversions are checked against
its positions.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

from motiondata.sources.cmu.amc import AmcMotion
from motiondata.sources.cmu.asf import AsfSkeleton


@dataclass(frozen=True)
class WorldBones:
    """The bones of a skeleton in the world; y up, meters."""

    skeleton: AsfSkeleton
    rotations: tuple[Rotation, ...]
    """World rotation of each bone relative to its rest pose; each holds one rotation per frame."""
    tips: NDArray[np.float64]
    """Position of each bone's tip, shaped (frames, bones, 3); for the root, its position."""

    def rotation(self, name: str) -> Rotation:
        """Return the rotations of one bone, one per frame."""
        return self.rotations[self.skeleton.numbers[name]]

    def tip(self, name: str) -> NDArray[np.float64]:
        """Return the tip positions of one bone, shaped (frames, 3)."""
        return self.tips[:, self.skeleton.numbers[name]]


def pose_bones(skeleton: AsfSkeleton, motion: AmcMotion) -> WorldBones:
    """Pose every bone by a motion; each is rotated in its declared order (`turn_order`)."""
    rotations: list[Rotation] = []
    tips = np.empty_like(motion.angles)
    for number, bone in enumerate(skeleton.bones):
        axes = ["xyz".index(axis) for axis in bone.turn_order]
        turn = Rotation.from_euler(bone.turn_order, motion.angles[:, number, axes])
        rotation = bone.axes * turn * bone.axes.inv()
        if bone.parent < 0:
            tips[:, number] = motion.translation + bone.offset
        else:
            rotation = rotations[bone.parent] * rotation
            tips[:, number] = tips[:, bone.parent] + rotation.apply(bone.offset)
        rotations.append(rotation)
    return WorldBones(skeleton, tuple(rotations), tips)
