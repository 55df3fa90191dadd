"""Turn the motion of a CMU skeleton into poses of SMPL's 22 joints.

Each joint takes the rotation that its bone has in the world, swung by the least angle that gives
the joint's own bone the direction of CMU's: the two rest poses differ (CMU's legs stand apart) and
so do the places of the joints. Where nothing corresponds (the curve of the spine, the collars),
nothing is swung: both rest poses are then the same posture, standing straight with the arms out.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

from motiondata.cmu.asf import AsfSkeleton
from motiondata.cmu.kinematics import WorldBones
from motiondata.errors import DropReason, RecordingError
from motiondata.skeleton import JOINT, JOINT_NAMES, PARENTS

Y_UP_TO_Z_UP = Rotation.from_euler("x", np.pi / 2)
"""Who faces +z, y up, faces -y, z up: the turn that AMASS's recordings contain."""


@dataclass(frozen=True)
class Aim:
    """A direction that a body's bone and a skeleton's share."""

    joint: str
    """The joint that the body's bone leads to."""
    start: str
    end: str
    """The bones of the skeleton between whose tips the direction is taken."""


@dataclass(frozen=True)
class Drive:
    """What moves a joint."""

    bones: tuple[str, ...]
    """The bone whose rotation the joint takes; of two, the rotation halfway between them."""
    aim: Aim | None = None


def _limbs(side: str, s: str) -> dict[str, Drive]:
    """Return what moves the limbs of one side, whose bones' names start with a letter."""
    hip, knee, ankle, foot = (f"{side}_{joint}" for joint in ("hip", "knee", "ankle", "foot"))
    collar, shoulder, elbow, wrist = (
        f"{side}_{joint}" for joint in ("collar", "shoulder", "elbow", "wrist")
    )
    return {
        hip: Drive((f"{s}femur",), aim=Aim(knee, f"{s}hipjoint", f"{s}femur")),
        knee: Drive((f"{s}tibia",), aim=Aim(ankle, f"{s}femur", f"{s}tibia")),
        ankle: Drive((f"{s}foot",), aim=Aim(foot, f"{s}tibia", f"{s}foot")),
        foot: Drive((f"{s}toes",)),
        collar: Drive((f"{s}clavicle",)),
        shoulder: Drive((f"{s}humerus",), aim=Aim(elbow, f"{s}clavicle", f"{s}humerus")),
        # The forearm twists along its length, which CMU's skeleton does at its far end alone.
        elbow: Drive((f"{s}radius", f"{s}wrist"), aim=Aim(wrist, f"{s}humerus", f"{s}wrist")),
        wrist: Drive((f"{s}hand",)),
    }


DRIVES = {
    "pelvis": Drive(("root",)),
    "spine1": Drive(("lowerback",)),
    "spine2": Drive(("upperback",)),
    "spine3": Drive(("thorax",)),
    "neck": Drive(("lowerneck", "upperneck"), aim=Aim("head", "thorax", "upperneck")),
    "head": Drive(("head",)),
    **_limbs("left", "l"),
    **_limbs("right", "r"),
}
"""The bones of CMU's skeletons, all of which have the same names, that move SMPL's joints."""


@dataclass(frozen=True)
class SmplMotion:
    """A motion of SMPL's joints; world frame, z up, metres, radians."""

    pose: NDArray[np.float64]
    """Axis-angle, shaped (frames, 22, 3)."""
    pelvis: NDArray[np.float64]
    """Where the pelvis joint is, shaped (frames, 3)."""


def retarget(world: WorldBones, rest: NDArray[np.float64]) -> SmplMotion:
    """Pose the body whose joints rest at `rest`, shaped (joints, 3), as the skeleton is posed.

    The hips' middle is where the skeleton's is: the pelvis joint of a body and the root of CMU's
    skeletons are different places. The skeleton has passed `check_bones`.
    """
    turned = [_joint_rotation(world, rest, name) for name in JOINT_NAMES]
    local = [
        turned[parent].inv() * turned[joint] if parent >= 0 else Y_UP_TO_Z_UP * turned[joint]
        for joint, parent in enumerate(PARENTS)
    ]
    middle = (world.tip("lhipjoint") + world.tip("rhipjoint")) / 2
    rest_middle = (rest[JOINT["left_hip"]] + rest[JOINT["right_hip"]]) / 2 - rest[0]
    return SmplMotion(
        pose=np.stack([rotation.as_rotvec() for rotation in local], axis=1),
        pelvis=Y_UP_TO_Z_UP.apply(middle - turned[0].apply(rest_middle)),
    )


def check_bones(skeleton: AsfSkeleton) -> None:
    """Raise `RecordingError` unless a skeleton has what moves SMPL's joints."""
    aims = [drive.aim for drive in DRIVES.values() if drive.aim]
    needed = {bone for drive in DRIVES.values() for bone in drive.bones}
    needed |= {bone for aim in aims for bone in (aim.start, aim.end)}
    if missing := sorted(needed - skeleton.numbers.keys()):
        raise _not_cmu_s(skeleton, f"there is no bone {', '.join(missing)}")
    tip = dict(zip(skeleton.numbers, skeleton.rest_tips, strict=True))
    for aim in aims:
        if np.allclose(tip[aim.start], tip[aim.end]):
            raise _not_cmu_s(skeleton, f"{aim.start} and {aim.end} end at the same place")


def _not_cmu_s(skeleton: AsfSkeleton, found: str) -> RecordingError:
    return RecordingError(
        DropReason.INVALID,
        f"{skeleton.source}: expected the bones that CMU's skeletons have; {found}",
    )


def _joint_rotation(world: WorldBones, rest: NDArray[np.float64], name: str) -> Rotation:
    """Return a joint's rotations in the world, y up, one a frame."""
    drive = DRIVES[name]
    rotation = _halfway(world.rotation(drive.bones[0]), world.rotation(drive.bones[-1]))
    if drive.aim is None:
        return rotation
    own = rotation.apply(rest[JOINT[drive.aim.joint]] - rest[JOINT[name]])
    wanted = world.tip(drive.aim.end) - world.tip(drive.aim.start)
    return _least_swing(own, wanted) * rotation


def _halfway(first: Rotation, second: Rotation) -> Rotation:
    return Rotation.from_rotvec((second * first.inv()).as_rotvec() / 2) * first


def _least_swing(start: NDArray[np.float64], end: NDArray[np.float64]) -> Rotation:
    """Return the rotations by the least angle that take directions, shaped (frames, 3), to others.

    The quaternion halfway to the double angle; no bone of a person rests opposite to CMU's.
    """
    start = start / np.linalg.norm(start, axis=1, keepdims=True)
    end = end / np.linalg.norm(end, axis=1, keepdims=True)
    cosine = np.sum(start * end, axis=1, keepdims=True)
    return Rotation.from_quat(np.concatenate([np.cross(start, end), 1 + cosine], axis=1))
