"""Guards against well-formed but wrong motion: positions as rotations, y up, implausible values.

Such input gives valid arrays and useless data, and can remain unnoticed for days. Motion that is
certainly wrong is rejected; motion that a person may really do is flagged. The thresholds are this
project's own, derived from the size of a person, and are tested on synthetic and real motion.
"""

import numpy as np
from numpy.typing import NDArray

from motiondata.clip import Clip
from motiondata.errors import DropReason, RecordingError
from motiondata.recording import Recording
from motiondata.skeletons import JOINT, PARENTS

MOST = 0.9
"""The share of frames, or of bones, that must agree before a recording is rejected."""

MAX_TURN_RADIANS = 8 * np.pi
"""Four revolutions: fitted rotations may exceed one; a pose in degrees exceeds four (root: 90)."""
MAX_TRANS_METERS = 500.0
"""Larger than any capture space; detects millimeters read as meters (a pelvis at 900)."""
MAX_BETA = 20.0
"""In standard deviations of the population; 5 is already very rare."""
MAX_POSITION = 1e6
"""Larger than any joint position in millimeters; larger values are ignored and would overflow."""

CHECKED_FRAMES = 100
"""Bone lengths and the up axis are checked on evenly spaced frames of a recording: all of them, or
at least this many and fewer than twice as many."""
TURNING_SPREAD = 0.1
"""A bone turns if the spread of its vector exceeds this share of its length: about six degrees."""
RIGID_SPREAD = 0.05
"""A bone is rigid if its length varies by less than this share: 1 cm of marker error on a
forearm."""
FEWEST_TURNING_BONES = 8
"""With fewer turning bones there is no evidence: in axis-angle poses, a turning root alone turns
the differences to its three children at nearly constant length."""

Y_UPRIGHT_COSINE = 0.866
"""Torso and legs within 30 degrees of the y axis; in walking they stay within 20."""
FLOOR_METERS = 0.3
"""The maximum distance of the lowest joint of a grounded person from the floor. Toes are 0.02-0.1 m
above it, the joints of a lying body up to 0.2 m; a stair step is 0.2 m."""
FLOOR_ERROR_METERS = 0.05
"""The maximum depth below z = 0 of the fitted joints of a body on the floor."""
HEAD_ABOVE_PELVIS_METERS = 0.2
"""The head of a lying person is up to 0.1 m above the pelvis; of a sitting or crouching person,
0.4 m or more."""

LYING = "lying"
OFF_FLOOR = "off_floor"
POSTURE_FLAGS = (LYING, OFF_FLOOR)

_Joints = NDArray[np.float64]
_ANKLES = [JOINT["left_ankle"], JOINT["right_ankle"]]


def check_plausible(clip: Clip) -> None:
    """Raise `RecordingError` (INVALID) if a clip has values that are impossible for a person.

    Values such as 1e30 are finite but break later computations.
    """
    for name, values, most, unit in (
        ("the pose turns", clip.pose, MAX_TURN_RADIANS, "radians; is it in degrees?"),
        ("trans is", clip.trans, MAX_TRANS_METERS, "meters; is it in millimeters?"),
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
    """Return which frames of pose (frames, 22, 3) and trans (frames, 3) are finite and plausible.

    The result is shaped (frames,).
    """
    return np.logical_and(
        (np.abs(pose) <= MAX_TURN_RADIANS).all(axis=(1, 2)),
        (np.abs(trans) <= MAX_TRANS_METERS).all(axis=1),
    )


def checked_frames(recording: Recording) -> slice:
    """Return the evenly spaced frames of a recording that are checked."""
    return slice(None, None, max(1, recording.frames // CHECKED_FRAMES))


def check_pose_is_rotations(recording: Recording) -> None:
    """Raise `RecordingError` (POSITIONS) if the pose contains joint positions, in any unit.

    With positions, bones keep their length while they turn; with axis-angle vectors they do not. A
    pose in which fewer than eight bones turn, such as a still pose, passes.
    """
    pose = recording.pose[checked_frames(recording)]
    pose = pose[(np.abs(pose) <= MAX_POSITION).all(axis=(1, 2))]
    if len(pose) == 0:
        return
    xyz = np.moveaxis(pose, 2, 0).copy()  # NumPy is fast along long axes
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
    """Raise `RecordingError` (Y_UP) if the subject of a recording stands along y instead of z.

    `joints` are posed joints of the recording or of a clip, shaped (frames, 22, 3), meters. A body
    that is straight along y, in either direction, is rejected if it cannot be a person lying there:
    some joints are below the floor z = 0, or all are well above it with the feet at y = 0. Other
    cases are only flagged by `posture_flags`. Zero frames pass.
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
    """Return the flags for manual review, `lying` and `off_floor`, that hold in most frames.

    `joints` are shaped (frames, 22, 3), meters, world frame, z up. `lying` means that the head is
    not clearly above the pelvis, or the pelvis not above the lower ankle; this may be correct when
    a person lies, crawls or does a handstand. `off_floor` means that the lowest joint is not near
    z = 0; this may be correct when a person climbs.
    """
    height = joints[..., 2]
    pelvis, head = height[:, JOINT["pelvis"]], height[:, JOINT["head"]]
    upright = head > pelvis + HEAD_ABOVE_PELVIS_METERS
    upright &= pelvis > height[:, _ANKLES].min(axis=1)
    grounded = np.abs(height.min(axis=1)) < FLOOR_METERS
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
    """Return in which frames a body along the y axis may be a person lying on the floor."""
    feet: _Joints = (upward * joints[..., 1]).min(axis=1)
    lowest = joints[..., 2].min(axis=1)
    feet_at_zero = np.abs(feet) < FLOOR_METERS
    lies: NDArray[np.bool_] = (lowest < FLOOR_METERS) | ~feet_at_zero
    lies &= lowest > -FLOOR_ERROR_METERS
    return lies
