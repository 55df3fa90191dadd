"""Turn the motion of a CMU skeleton into poses of SMPL's 22 joints.

Each joint takes the rotation that its bone has in the world, swung by the least angle that gives
the joint's own bone the direction of CMU's: the two rest poses differ (CMU's legs stand apart) and
so do the places of the joints. The spine's curve and the collars have no counterpart bone by bone:
the trunk is swung as one. Head, hands and toes rest alike and are not swung.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

from motiondata.errors import DropReason, RecordingError
from motiondata.skeletons import JOINT_NAMES, PARENTS
from motiondata.sources.cmu.asf import AsfSkeleton
from motiondata.sources.cmu.kinematics import WorldBones
from motiondata.sources.cmu.segments import Segment

Y_UP_TO_Z_UP = Rotation.from_euler("x", np.pi / 2)
"""Who faces +z, y up, faces -y, z up: the turn that AMASS's recordings contain."""


@dataclass(frozen=True)
class Drive:
    """What moves a joint."""

    bones: tuple[str, ...]
    """The bone whose rotation the joint takes; of two, the rotation halfway between them."""
    aim: Segment | None = None
    """What points in the skeleton's direction once the joint is turned."""


def _limbs(side: str, s: str) -> dict[str, Drive]:
    """Return what moves the limbs of one side, whose bones' names start with a letter."""
    hip, knee, ankle, foot, collar, shoulder, elbow, wrist = (
        f"{side}_{joint}"
        for joint in ("hip", "knee", "ankle", "foot", "collar", "shoulder", "elbow", "wrist")
    )
    return {
        hip: Drive((f"{s}femur",), Segment(hip, knee, f"{s}hipjoint", f"{s}femur")),
        knee: Drive((f"{s}tibia",), Segment(knee, ankle, f"{s}femur", f"{s}tibia")),
        ankle: Drive((f"{s}foot",), Segment(ankle, foot, f"{s}tibia", f"{s}foot")),
        foot: Drive((f"{s}toes",)),
        collar: Drive((f"{s}clavicle",)),
        shoulder: Drive((f"{s}humerus",), Segment(shoulder, elbow, f"{s}clavicle", f"{s}humerus")),
        # The forearm twists along its length, which CMU's skeleton does at its far end alone.
        elbow: Drive(
            (f"{s}radius", f"{s}wrist"), Segment(elbow, wrist, f"{s}humerus", f"{s}wrist")
        ),
        wrist: Drive((f"{s}hand",)),
    }


DRIVES = {
    "pelvis": Drive(("root",)),
    "spine1": Drive(("lowerback",)),
    "spine2": Drive(("upperback",)),
    "spine3": Drive(("thorax",)),
    "neck": Drive(("lowerneck", "upperneck"), Segment("neck", "head", "thorax", "upperneck")),
    "head": Drive(("head",)),
    **_limbs("left", "l"),
    **_limbs("right", "r"),
}
"""The bones of CMU's skeletons, all of which have the same names, that move SMPL's joints."""

HIPS = Segment("pelvis", "left_hip right_hip", "root", "lhipjoint rhipjoint")
"""The way to the middle of the hips, which is at the same place in a body and in a skeleton."""

TRUNK_JOINTS = frozenset({"pelvis", "spine1", "spine2", "spine3", "left_collar", "right_collar"})
TRUNK = Segment("spine1", "left_shoulder right_shoulder", "root", "lclavicle rclavicle")
"""The joints that are swung as one, so that this segment leans at rest as CMU's does."""


@dataclass(frozen=True)
class SmplMotion:
    """A motion of SMPL's joints; world frame, z up, metres, radians."""

    pose: NDArray[np.float64]
    """Axis-angle, shaped (frames, 22, 3)."""
    pelvis: NDArray[np.float64]
    """Where the pelvis joint is, shaped (frames, 3)."""


def retarget(world: WorldBones, rest: NDArray[np.float64]) -> SmplMotion:
    """Pose the body whose joints rest at `rest`, shaped (joints, 3), as the skeleton is posed.

    The hips' middle is where the skeleton's is: a body's pelvis joint and the root of CMU's
    skeletons are different places. The skeleton has passed `check_bones`.
    """
    turned = [_joint_rotation(world, rest, name) for name in JOINT_NAMES]
    local = [
        turned[parent].inv() * turned[joint] if parent >= 0 else Y_UP_TO_Z_UP * turned[joint]
        for joint, parent in enumerate(PARENTS)
    ]
    middle = world.tip("root") + HIPS.of_skeleton(world.tips, world.skeleton.numbers)
    return SmplMotion(
        pose=np.stack([rotation.as_rotvec() for rotation in local], axis=1),
        pelvis=Y_UP_TO_Z_UP.apply(middle - turned[0].apply(HIPS.of_body(rest))),
    )


def check_bones(skeleton: AsfSkeleton) -> None:
    """Raise `RecordingError` unless a skeleton has what moves SMPL's joints."""
    segments = (HIPS, TRUNK, *(drive.aim for drive in DRIVES.values() if drive.aim))
    needed = {bone for drive in DRIVES.values() for bone in drive.bones}
    needed |= {tip for way in segments for tip in f"{way.start_tip} {way.end_tip}".split()}
    if missing := sorted(needed - skeleton.numbers.keys()):
        raise _not_cmu_s(skeleton, f"there is no bone {', '.join(missing)}")
    for way in segments:
        if np.allclose(way.of_skeleton(skeleton.rest_tips, skeleton.numbers), 0.0):
            raise _not_cmu_s(skeleton, f"{way.start_tip} and {way.end_tip} end at the same place")


def _not_cmu_s(skeleton: AsfSkeleton, found: str) -> RecordingError:
    return RecordingError(
        DropReason.INVALID,
        f"{skeleton.source}: expected the bones that CMU's skeletons have; {found}",
    )


def _joint_rotation(world: WorldBones, rest: NDArray[np.float64], name: str) -> Rotation:
    """Return a joint's rotations in the world, y up, one a frame."""
    drive = DRIVES[name]
    rotation = _halfway(world.rotation(drive.bones[0]), world.rotation(drive.bones[-1]))
    if drive.aim:
        wanted = drive.aim.of_skeleton(world.tips, world.skeleton.numbers)
        return _least_swing(rotation.apply(drive.aim.of_body(rest)), wanted) * rotation
    return rotation * _trunk_lean(world.skeleton, rest) if name in TRUNK_JOINTS else rotation


def _trunk_lean(skeleton: AsfSkeleton, rest: NDArray[np.float64]) -> Rotation:
    """Return what swings a body's trunk at rest forward or back, as CMU's leans at rest."""
    forward_and_up = (0.0, 1.0, 1.0)  # a skeleton's own lean to one side is left out
    own = TRUNK.of_body(rest) * forward_and_up
    wanted = TRUNK.of_skeleton(skeleton.rest_tips, skeleton.numbers) * forward_and_up
    return _least_swing(own[None], wanted[None])


def _halfway(first: Rotation, second: Rotation) -> Rotation:
    return Rotation.from_rotvec((second * first.inv()).as_rotvec() / 2) * first


def _least_swing(start: NDArray[np.float64], end: NDArray[np.float64]) -> Rotation:
    """Return the rotations by the least angle that take directions, shaped (frames, 3), to others.

    Exactly opposite directions, which no bone of a person and of CMU's have, are left as they are.
    """
    start = start / np.linalg.norm(start, axis=1, keepdims=True)
    end = end / np.linalg.norm(end, axis=1, keepdims=True)
    scalar = np.maximum(1 + np.sum(start * end, axis=1, keepdims=True), 1e-12)
    return Rotation.from_quat(np.concatenate([np.cross(start, end), scalar], axis=1))
