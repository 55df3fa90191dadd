"""Retarget the motion of a CMU skeleton to poses of the 22 SMPL joints.

Each joint takes the world rotation of its CMU bone, followed by the smallest rotation that aligns
the body segment with the direction of the CMU segment. This is needed because the rest poses differ
(CMU's legs are apart), and so do the positions of the joints. The curve of the spine and the
collars have no one-to-one counterpart, so the trunk is aligned as a whole. The rest poses of head,
hands and toes agree and need no alignment.
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
"""Rotation from y up, facing +z, to z up, facing -y; AMASS recordings contain the same one."""


@dataclass(frozen=True)
class Drive:
    """The source of a joint's rotation."""

    bones: tuple[str, ...]
    """The bone whose rotation the joint takes; for two bones, the rotation halfway between."""
    aim: Segment | None = None
    """The segment that is aligned with the skeleton's by the rotation of the joint."""


def _limbs(side: str, s: str) -> dict[str, Drive]:
    """Return the drives of the limbs of one side; `s` is the first letter of its bone names."""
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
        # The forearm twists along its length; the CMU skeleton twists only at its far end.
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
"""Maps SMPL joints to the CMU bones that drive them; all CMU skeletons have the same names."""

HIPS = Segment("pelvis", "left_hip right_hip", "root", "lhipjoint rhipjoint")
"""Vector to the midpoint of the hips, the point where a body and a skeleton coincide."""

TRUNK_JOINTS = frozenset({"pelvis", "spine1", "spine2", "spine3", "left_collar", "right_collar"})
TRUNK = Segment("spine1", "left_shoulder right_shoulder", "root", "lclavicle rclavicle")
"""`TRUNK_JOINTS` are rotated together, so that this segment leans at rest as in the skeleton."""


@dataclass(frozen=True)
class SmplMotion:
    """A motion of SMPL joints; world frame, z up, meters, radians."""

    pose: NDArray[np.float64]
    """Axis-angle, shaped (frames, 22, 3)."""
    pelvis: NDArray[np.float64]
    """Position of the pelvis joint, shaped (frames, 3)."""


def retarget(world: WorldBones, rest: NDArray[np.float64]) -> SmplMotion:
    """Pose a body like the skeleton; `rest` are the body's rest joints, shaped (joints, 3).

    The midpoints of the hips coincide, because the pelvis joint of a body and the root of a CMU
    skeleton are different points. The skeleton must have passed `check_bones`.
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
    """Raise `RecordingError` unless a skeleton has all bones that drive SMPL joints."""
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
    """Return a joint's world rotations, y up, one per frame."""
    drive = DRIVES[name]
    rotation = _halfway(world.rotation(drive.bones[0]), world.rotation(drive.bones[-1]))
    if drive.aim:
        wanted = drive.aim.of_skeleton(world.tips, world.skeleton.numbers)
        return _least_swing(rotation.apply(drive.aim.of_body(rest)), wanted) * rotation
    return rotation * _trunk_lean(world.skeleton, rest) if name in TRUNK_JOINTS else rotation


def _trunk_lean(skeleton: AsfSkeleton, rest: NDArray[np.float64]) -> Rotation:
    """Return the forward or backward rotation that gives a body's trunk CMU's lean at rest."""
    forward_and_up = (0.0, 1.0, 1.0)  # a sideways lean of the skeleton is ignored
    own = TRUNK.of_body(rest) * forward_and_up
    wanted = TRUNK.of_skeleton(skeleton.rest_tips, skeleton.numbers) * forward_and_up
    return _least_swing(own[None], wanted[None])


def _halfway(first: Rotation, second: Rotation) -> Rotation:
    return Rotation.from_rotvec((second * first.inv()).as_rotvec() / 2) * first


def _least_swing(start: NDArray[np.float64], end: NDArray[np.float64]) -> Rotation:
    """Return the smallest rotations that take `start` to `end`, both shaped (frames, 3).

    Exactly opposite directions, which do not occur between a person's bones and CMU's, are not
    rotated.
    """
    start = start / np.linalg.norm(start, axis=1, keepdims=True)
    end = end / np.linalg.norm(end, axis=1, keepdims=True)
    scalar = np.maximum(1 + np.sum(start * end, axis=1, keepdims=True), 1e-12)
    return Rotation.from_quat(np.concatenate([np.cross(start, end), scalar], axis=1))
