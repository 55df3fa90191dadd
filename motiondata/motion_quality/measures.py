"""Measures of a clip's motion: each is one number with a unit.

Joints are shaped (frames, 22, 3), world frame, z up, floor at z = 0, meters. Clips of any frame
rate can be compared.
"""

import numpy as np
from numpy.typing import NDArray

from motiondata.motion_quality.feet import (
    FEET,
    SoleHeights,
    foot_heights,
    foot_velocities,
    stays_standing,
)
from motiondata.skeletons import JOINT, JOINTS
from motiondata.true_runs import true_runs

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

SKATING_METERS_A_SECOND = 0.5
"""A standing foot that moves faster than this skates: 2.5 cm a frame at 20 fps."""
UNSUPPORTED_METERS = 0.2
"""The lowest joint of a person who touches the floor is lower than this."""
NOISE_RATIO = 1.8
"""The ratio of third to first differences above which movement is noise. It is 3.2 for white noise
and below 1 for movements slower than a sixth of the frame rate."""
WHITE_NOISE = np.sqrt(20.0)
"""The third differences of white noise are this many times the noise: 1, -3, 3, -1."""
T_POSE_COSINE = 0.94
"""In a T-pose, both arms point to the sides, and the legs down, within 20 degrees."""
STILL_METERS_A_SECOND = 0.15
"""In a held pose, the wrists move slower than this, relative to the pelvis."""
WALKING_STANCE_SECONDS = 0.5
"""Time on one foot that is needed to tell whether a person walks on a treadmill."""

_BODY = np.setdiff1d(np.arange(JOINTS), FEET)


def foot_skating(joints: Floats, fps: float, soles: SoleHeights) -> float:
    """Return the share of the time with standing feet in which one of them skates.

    It is 0 if no foot stands. Source of the limit of speed: Karunratanakul et al., "Guided Motion
    Diffusion" (2023). There, a foot below 5 cm is in contact, which a swinging foot is too; here,
    it must be flat.
    """
    stands = stays_standing(joints, soles)
    speeds = _lengths(foot_velocities(joints, fps))
    skates = np.logical_and(stands, speeds > SKATING_METERS_A_SECOND)
    return _share(skates, stands)


def foot_penetration(joints: Floats, soles: SoleHeights) -> float:
    """Return how far a sole is below the floor, meters: the depth exceeded in 5% of the frames."""
    depth = -foot_heights(joints, soles).min(axis=(1, 2))
    return max(0.0, _exceeded(depth, 0.05))


def body_penetration(joints: Floats) -> float:
    """Return how far a joint, other than those of the feet, is below the floor, meters.

    It is the depth exceeded in 5% of the frames. Joints lie inside of the body by 1.7 cm or more.
    """
    return max(0.0, _exceeded(-joints[:, _BODY, 2].min(axis=1), 0.05))


def floating(joints: Floats, fps: float) -> float:
    """Return the longest time in which no joint is near the floor, seconds."""
    return _longest(joints[..., 2].min(axis=1) > UNSUPPORTED_METERS) / fps


def frame_jump(joints: Floats, fps: float) -> float:
    """Return the largest acceleration of the pelvis, m/s^2."""
    acceleration = np.diff(joints[:, JOINT["pelvis"]], 2, axis=0) * (fps * fps)
    return float(_lengths(acceleration).max(initial=0.0))


def jitter(joints: Floats) -> float:
    """Return the amplitude of noise, meters: the median of the joints' noise.

    The noise of a joint is the root mean square of its third differences, divided as for white
    noise. It is 0 for joints whose movement is not dominated by noise. Source of third differences:
    Yi et al., "TransPose" (2021); there, the unit is that of jerk, which fast movements have too.
    """
    if len(joints) < 8:
        return 0.0
    steps, third = _spread(np.diff(joints, axis=0)), _spread(np.diff(joints, 3, axis=0))
    noisy = third > NOISE_RATIO * steps
    return float(np.median(np.where(noisy, third / WHITE_NOISE, 0.0)))


def treadmill(joints: Floats, fps: float, soles: SoleHeights) -> float:
    """Return the speed at which the floor would move, m/s, while the person stays in place.

    It is the median velocity, relative to the hips' direction, of a foot that stands while the
    other one does not. It is 0 if the pelvis gets as far as half the way that the feet slide.
    """
    stands = stays_standing(joints, soles)
    single = stands & (stands.sum(axis=1) == 1)[:, None]
    if single.sum() < WALKING_STANCE_SECONDS * fps:
        return 0.0
    slide = np.median(_beside_hips(foot_velocities(joints, fps), joints)[single], axis=0)
    pelvis = joints[:, JOINT["pelvis"], :2]
    moved = float(_lengths(pelvis[-1] - pelvis[0])) * fps / (len(joints) - 1)
    speed = float(_lengths(slide))
    return speed if moved < 0.5 * speed else 0.0


def _beside_hips(velocities: Floats, joints: Floats) -> Floats:
    """Return horizontal velocities (frames - 1, 2, 2) to the left and to the front of the hips."""
    hips = joints[:-1, JOINT["left_hip"], :2] - joints[:-1, JOINT["right_hip"], :2]
    left = hips / np.maximum(_lengths(hips), 1e-9)[:, None]
    x, y = left[:, :1], left[:, 1:]
    to_left = velocities[..., 0] * x + velocities[..., 1] * y
    to_front = velocities[..., 0] * y - velocities[..., 1] * x
    return np.stack([to_left, to_front], axis=-1)


def t_pose(joints: Floats, fps: float) -> float:
    """Return the longest time in which a T-pose is held, seconds."""
    left = joints[:, JOINT["left_shoulder"]] - joints[:, JOINT["right_shoulder"]]
    is_t = _stands_upright(joints)
    for side, sign in (("left", 1.0), ("right", -1.0)):
        shoulder, elbow, wrist = (
            joints[:, JOINT[f"{side}_{name}"]] for name in ("shoulder", "elbow", "wrist")
        )
        is_t &= _is_along(elbow - shoulder, sign * left) & _is_along(wrist - elbow, sign * left)
        relative = wrist - joints[:, JOINT["pelvis"]]
        speeds = _lengths(np.diff(relative, axis=0)) * fps
        is_t[1:] &= speeds < STILL_METERS_A_SECOND
    return _longest(is_t) / fps


def _stands_upright(joints: Floats) -> Flags:
    up = np.zeros(3)
    up[2] = 1.0
    legs = [
        _is_along(joints[:, JOINT[f"{side}_hip"]] - joints[:, JOINT[f"{side}_ankle"]], up)
        for side in ("left", "right")
    ]
    return np.logical_and(*legs)


def _is_along(vectors: Floats, axes: Floats) -> Flags:
    """Return which vectors point along axes as in a T-pose, shaped (frames,)."""
    products = vectors * axes
    dot = products[..., 0] + products[..., 1] + products[..., 2]
    along: Flags = dot > T_POSE_COSINE * _lengths(vectors) * _lengths(axes)
    return along


def _lengths(vectors: Floats) -> Floats:
    squares = vectors * vectors
    total = squares[..., 0] + squares[..., 1]
    if vectors.shape[-1] == 3:
        total = total + squares[..., 2]
    lengths: Floats = np.sqrt(total)
    return lengths


def _spread(differences: Floats) -> Floats:
    """Return the root mean square of the joints' differences, shaped (joints,)."""
    squares = np.square(_lengths(differences))
    spread: Floats = np.sqrt(squares.cumsum(axis=0)[-1] / len(squares) / 3.0)
    return spread


def _exceeded(values: Floats, share: float) -> float:
    """Return the value that is exceeded in this share of the frames."""
    ordered = np.sort(values)
    return float(ordered[max(0, len(ordered) - 1 - int(share * len(ordered)))])


def _share(part: Flags, whole: Flags) -> float:
    """Return the share of frames in which something of `whole` holds that `part` has, too."""
    total = int(whole.any(axis=1).sum())
    return int(part.any(axis=1).sum()) / total if total else 0.0


def _longest(holds: Flags) -> int:
    """Return the length of the longest run of frames in which something holds."""
    return max(map(len, true_runs(holds)), default=0)
