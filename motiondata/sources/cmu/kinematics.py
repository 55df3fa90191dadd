"""Where a skeleton's bones are in the world, frame by frame, as Acclaim's formats define it.

A bone's rotation is given about its own axes C, so in the world it turns by C R C^-1 on top of its
parent. Nothing here knows of SMPL: these positions are what a conversion is checked against.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

from motiondata.sources.cmu.amc import AmcMotion
from motiondata.sources.cmu.asf import AsfSkeleton


@dataclass(frozen=True)
class WorldBones:
    """The bones of a skeleton in the world; y up, metres."""

    skeleton: AsfSkeleton
    rotations: tuple[Rotation, ...]
    """Of each bone, one a frame: from how it rests to how it is."""
    tips: NDArray[np.float64]
    """Where each bone ends, shaped (frames, bones, 3); the root's is the root itself."""

    def rotation(self, name: str) -> Rotation:
        """Return the rotations of one bone, one a frame."""
        return self.rotations[self.skeleton.numbers[name]]

    def tip(self, name: str) -> NDArray[np.float64]:
        """Return where one bone ends, shaped (frames, 3)."""
        return self.tips[:, self.skeleton.numbers[name]]


def pose_bones(skeleton: AsfSkeleton, motion: AmcMotion) -> WorldBones:
    """Put every bone where the motion has it; each is turned in the sequence that it declares."""
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
