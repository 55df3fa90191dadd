"""Guards against motion that reads well and is wrong: positions as rotations, y up, nonsense.

Such input gives plausible arrays and useless data, and went unnoticed for days where nobody looked.
What can only be wrong is refused; what a person may really do is flagged. Thresholds are our own,
from a person's size; the tests hold them against made and real motion.
"""

import numpy as np
from numpy.typing import NDArray

from motiondata.clip import Clip
from motiondata.errors import DropReason, RecordingError
from motiondata.recording import Recording
from motiondata.skeletons import JOINT, PARENTS

MOST = 0.9
"""The share of frames, or of bones, that must agree before a recording is refused."""

MAX_TURN_RADIANS = 8 * np.pi
"""Four whole turns: fits may run past one, but a pose in degrees is far beyond (a root of 90)."""
MAX_TRANS_METRES = 500.0
"""Beyond any room that motion is captured in, and where millimetres are taken for metres: a pelvis
at 900."""
MAX_BETA = 20.0
"""Standard deviations of a population; 5 is a person hardly ever met."""
MAX_POSITION = 1e6
"""Beyond any joint's position in millimetres: such frames tell nothing and would overflow."""

SAMPLED_FRAMES = 100
"""How many frames, evenly spread, tell whether bones keep their lengths."""
TURNING_SPREAD = 0.1
"""A bone turns if its vector strays by this share of its length: by about six degrees."""
RIGID_SPREAD = 0.05
"""A bone keeps its length if that strays by less: a centimetre of marker error on a forearm."""
FEWEST_TURNING_BONES = 8
"""Fewer turning bones prove nothing: one turning root alone turns the differences to its three
children, and at a nearly constant length."""

Y_UPRIGHT_COSINE = 0.866
"""Torso and legs within 30 degrees of the y axis: walking keeps within 20."""
FLOOR_METRES = 0.3
"""How far the lowest joint of a grounded person is from the floor at most. Toes are 0.02-0.1 m
above it, a lying body's joints up to 0.2 m, a stair's step is 0.2 m."""
FLOOR_ERROR_METRES = 0.05
"""How far below z = 0 the joints of a body on the floor may be fitted."""
HEAD_ABOVE_PELVIS_METRES = 0.2
"""A lying head is up to 0.1 m above the pelvis, a sitting or crouching one 0.4 m or more."""

LYING = "lying"
OFF_FLOOR = "off_floor"
POSTURE_FLAGS = (LYING, OFF_FLOOR)

_Joints = NDArray[np.float64]
_ANKLES = [JOINT["left_ankle"], JOINT["right_ankle"]]


def check_plausible(clip: Clip) -> None:
    """Raise `RecordingError` (INVALID) where a clip's numbers are beyond what a person's can be.

    Such as 1e30 are finite and still break whatever computes with them.
    """
    for name, values, most, unit in (
        ("the pose turns", clip.pose, MAX_TURN_RADIANS, "radians; is it in degrees?"),
        ("trans is", clip.trans, MAX_TRANS_METRES, "metres; is it in millimetres?"),
        ("betas are", clip.recording.betas, MAX_BETA, "standard deviations"),
    ):
        found = np.abs(values).max(initial=0.0)
        if not found <= most:
            raise RecordingError(
                DropReason.INVALID,
                f"{clip.recording.source}: {name} up to {found:.3g} in {clip.name}; expected at "
                f"most {most:.3g} {unit}",
            )


def plausible_frames(pose: NDArray[np.float64], trans: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Tell which frames of pose (frames, 22, 3) and trans (frames, 3) are finite and plausible."""
    return np.logical_and(
        (np.abs(pose) <= MAX_TURN_RADIANS).all(axis=(1, 2)),
        (np.abs(trans) <= MAX_TRANS_METRES).all(axis=1),
    )


def check_pose_is_rotations(recording: Recording) -> None:
    """Raise `RecordingError` (POSITIONS) where the pose holds joint positions, in any unit.

    Positions keep every bone at its length while the bones turn; axis-angle vectors do not. A pose
    in which fewer than eight bones turn, such as a still one, passes.
    """
    pose = recording.pose[:: max(1, recording.frames // SAMPLED_FRAMES)]
    pose = pose[(np.abs(pose) <= MAX_POSITION).all(axis=(1, 2))]
    if len(pose) == 0:
        return
    xyz = np.moveaxis(pose, 2, 0).copy()  # NumPy is quick along the long axes
    bones = xyz[..., 1:] - np.take(xyz, PARENTS[1:], axis=2)
    lengths = np.sqrt(np.square(bones).sum(axis=0))
    spread = np.sqrt(bones.var(axis=1).sum(axis=0))
    turning = spread > TURNING_SPREAD * lengths.mean(axis=0)
    rigid = lengths.std(axis=0) < RIGID_SPREAD * lengths.mean(axis=0)
    if turning.sum() >= FEWEST_TURNING_BONES and rigid[turning].mean() >= MOST:
        raise RecordingError(
            DropReason.POSITIONS,
            f"{recording.source}: the pose holds joint positions: {rigid[turning].sum()} of "
            f"{turning.sum()} turning bones keep their lengths; expected axis-angle rotations",
        )


def check_up_axis(recording: Recording, joints: _Joints) -> None:
    """Raise `RecordingError` (Y_UP) where a recording's people stand along y instead of z.

    `joints` are the recording's or a clip's posed ones, shaped (frames, 22, 3), metres. Refused
    are bodies straight along y, either way, that cannot be people lying there: some joints are
    below the floor z = 0, or all are well above it with the feet at y = 0. Others are merely
    flagged by `posture_flags`. No joints at all pass.
    """
    if len(joints) == 0:
        return
    upward = np.sign(np.median(_torso(joints)[:, 1]))
    stands = _along_y(_torso(joints), upward) & _along_y(_legs(joints), upward)
    if stands.mean() >= MOST and _lies_along_y(joints, upward).mean() < MOST:
        raise RecordingError(
            DropReason.Y_UP,
            f"{recording.source}: the body stands along the y axis in {stands.mean():.0%} of the "
            "frames; expected z up, as in AMASS. Turn the root and trans by 90 degrees about x",
        )


def posture_flags(joints: _Joints) -> tuple[str, ...]:
    """Tell what a person should look at: `lying` and `off_floor`, over most of a clip.

    `joints` are shaped (frames, 22, 3), metres, world frame, z up. `lying` means that the head is
    not clearly above the pelvis and the pelvis above an ankle; people may of course lie, crawl or
    stand on their hands. `off_floor` means that no joint is near z = 0, or one far below; people
    may climb.
    """
    height = joints[..., 2]
    pelvis, head = height[:, JOINT["pelvis"]], height[:, JOINT["head"]]
    upright = head > pelvis + HEAD_ABOVE_PELVIS_METRES
    upright &= pelvis > height[:, _ANKLES].min(axis=1)
    grounded = np.abs(height.min(axis=1)) < FLOOR_METRES
    flags = {LYING: upright, OFF_FLOOR: grounded}
    return tuple(flag for flag, well in flags.items() if well.mean() < 0.5)


def _torso(joints: _Joints) -> _Joints:
    return joints[:, JOINT["neck"]] - joints[:, JOINT["pelvis"]]


def _legs(joints: _Joints) -> _Joints:
    ankles: _Joints = joints[:, _ANKLES].mean(axis=1)
    return joints[:, JOINT["pelvis"]] - ankles


def _along_y(segment: _Joints, upward: float) -> NDArray[np.bool_]:
    length: _Joints = np.linalg.norm(segment, axis=1)
    height: _Joints = upward * segment[:, 1]
    return height > Y_UPRIGHT_COSINE * length


def _lies_along_y(joints: _Joints, upward: float) -> NDArray[np.bool_]:
    """Tell in which frames people along the y axis may well be lying there."""
    feet: _Joints = (upward * joints[..., 1]).min(axis=1)
    lowest = joints[..., 2].min(axis=1)
    feet_at_zero = np.abs(feet) < FLOOR_METRES
    lies: NDArray[np.bool_] = (lowest < FLOOR_METRES) | ~feet_at_zero
    lies &= lowest > -FLOOR_ERROR_METRES
    return lies
