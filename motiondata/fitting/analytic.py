"""Solve the rotations of a body from joint positions in closed form, frame by frame.

Pelvis and chest follow from three of their joints each. Every other joint takes the least rotation
that turns its bone into the given direction. Hips and shoulders are also turned about their bone,
so that knee and elbow bend about their hinges; where a limb is straight, its hinge is the one that
the least rotation gives, or for a leg the one across the foot.
"""

import numpy as np
from numpy.typing import NDArray

from motiondata.fitting.kernels import smooth_vectors
from motiondata.representations.sixd import multiply, rotate, sixd_to_axes
from motiondata.skeletons import JOINT, JOINTS, PARENTS

Floats = NDArray[np.float64]

GUESS = 0.02
"""The weight of the guessed hinge of a limb. That of the measured one is the squared sine of the
bend, so the two are equal at 8 degrees."""

STIFFNESS = 0.02
"""The weight of the change of a hinge from one frame to the next."""

SPINE = (("spine1", "spine2", 1 / 3), ("spine2", "spine3", 2 / 3))
"""Joint, the joint above it, and its part of the turn from pelvis to chest."""

LIMBS = tuple(
    (f"{side}_{top}", f"{side}_{middle}", f"{side}_{end}", f"{side}_{foot}" if foot else "", hinge)
    for side, sign in (("left", 1.0), ("right", -1.0))
    for top, middle, end, foot, hinge in (
        ("hip", "knee", "ankle", "foot", (1.0, 0.0, 0.0)),
        ("shoulder", "elbow", "wrist", "", (0.0, -sign, 0.0)),
    )
)
"""The joints of each limb, and the axis at rest about which its hinge bends it."""


class _Frames:
    """World rotations that are solved one joint after another."""

    def __init__(self, joints: Floats, rest: Floats) -> None:
        self.joints, self.rest = joints, rest
        self.world = np.empty((len(joints), JOINTS, 3, 3))

    def bone(self, start: str, end: str) -> Floats:
        """Return the posed vectors from one joint to another, shaped (frames, 3)."""
        bone: Floats = self.joints[:, JOINT[end]] - self.joints[:, JOINT[start]]
        return bone

    def rest_bone(self, start: str, end: str) -> Floats:
        """Return the vector from one joint to another at rest, shaped (3,)."""
        bone: Floats = self.rest[JOINT[end]] - self.rest[JOINT[start]]
        return bone

    def of(self, joint: str) -> Floats:
        """Return the world rotations of a joint, shaped (frames, 3, 3)."""
        turned: Floats = self.world[:, JOINT[joint]]
        return turned

    def swing(self, joint: str, child: str, start: Floats) -> None:
        """Set a joint to `start`, followed by the least rotation that points it at its child."""
        bone = rotate(start, self.rest_bone(joint, child))
        self.world[:, JOINT[joint]] = multiply(least_rotation(bone, self.bone(joint, child)), start)


def solve_rotations(joints: Floats, rest: Floats, fps: float) -> Floats:
    """Return local rotations, shaped (frames, 22, 3, 3).

    `joints` are positions shaped (frames, 22, 3), z up. `rest` are the joints of the shaped body at
    rest, shaped (22, 3). `fps` is the frame rate, Hz.
    """
    frames = _Frames(joints, rest)
    _solve_trunk(frames)
    for side in ("left", "right"):
        frames.swing(f"{side}_collar", f"{side}_shoulder", frames.of("spine3"))
    for top, middle, end, foot, hinge in LIMBS:
        _solve_limb(frames, (top, middle, end, foot), np.array(hinge), STIFFNESS * (fps / 20) ** 2)
    _solve_ends(frames)
    return to_local(frames.world)


def _solve_trunk(frames: _Frames) -> None:
    frames.world[:, 0] = _frame_of(frames, "left_hip", "right_hip", "pelvis", "spine1")
    frames.world[:, JOINT["spine3"]] = _frame_of(
        frames, "left_collar", "right_collar", "spine3", "neck"
    )
    pelvis, chest = frames.of("pelvis"), frames.of("spine3")
    for joint, child, part in SPINE:
        frames.swing(joint, child, _between(pelvis, chest, part))
    frames.swing("neck", "head", chest)


def _solve_limb(
    frames: _Frames, names: tuple[str, str, str, str], hinge: Floats, stiffness: float
) -> None:
    """Solve the two joints of a limb."""
    top, middle, end, foot = names
    parent = frames.world[:, PARENTS[JOINT[top]]]
    upper, lower = _unit(frames.bone(top, middle)), _unit(frames.bone(middle, end))
    swung = least_rotation(rotate(parent, frames.rest_bone(top, middle)), upper)
    guess = rotate(multiply(swung, parent), hinge)
    measured = _cross(upper, lower)
    if foot:
        guess = _unit(guess + _across(upper, frames.bone(end, foot)))
        measured = measured * (_dot(measured, guess) > 0)
    sine_squared = _dot(measured, measured)
    wanted = measured * np.sqrt(sine_squared) + GUESS * guess
    local = rotate(_transposed(parent), wanted)
    weights = sine_squared[:, 0] + GUESS
    smooth = rotate(parent, smooth_vectors(weights, local, stiffness))
    bone = frames.rest_bone(top, middle)
    at_rest = _transposed(sixd_to_axes(bone, hinge))
    posed = _transposed(sixd_to_axes(upper, smooth))
    frames.world[:, JOINT[top]] = multiply(posed, np.swapaxes(at_rest, -1, -2)[None])
    frames.swing(middle, end, frames.of(top))


def _across(leg: Floats, foot: Floats) -> Floats:
    """Return the horizontal axis across a foot, for a leg that points down to it."""
    across = _cross(foot, leg)
    return across / np.sqrt(np.maximum(_dot(foot, foot), 1e-12))


def _solve_ends(frames: _Frames) -> None:
    for side in ("left", "right"):
        frames.swing(f"{side}_ankle", f"{side}_foot", frames.of(f"{side}_knee"))
    for joint in ("head", "left_foot", "right_foot", "left_wrist", "right_wrist"):
        frames.world[:, JOINT[joint]] = frames.world[:, PARENTS[JOINT[joint]]]


def _frame_of(frames: _Frames, left: str, right: str, low: str, high: str) -> Floats:
    """Return the rotations of a rigid part from two of its directions, across and up."""
    at_rest = sixd_to_axes(frames.rest_bone(right, left), frames.rest_bone(low, high))
    posed = sixd_to_axes(frames.bone(right, left), frames.bone(low, high))
    return multiply(_transposed(posed), at_rest[None])


def to_local(world: Floats) -> Floats:
    """Return the rotations relative to the parents, shaped (frames, 22, 3, 3)."""
    local = world.copy()
    for joint, parent in enumerate(PARENTS):
        if parent >= 0:
            local[:, joint] = multiply(_transposed(world[:, parent]), world[:, joint])
    return local


def least_rotation(start: Floats, end: Floats) -> Floats:
    """Return the smallest rotations (frames, 3, 3) that turn `start` (frames, 3) into `end`.

    Directions that are exactly opposite are not turned.
    """
    a, b = _unit(start), _unit(end)
    axis, cosine = _cross(a, b), _dot(a, b)
    return _from_quaternion(np.concatenate([np.maximum(1.0 + cosine, 1e-12), axis], axis=-1))


def _between(start: Floats, end: Floats, part: float) -> Floats:
    """Return rotations near the given part of the way from `start` to `end`."""
    mixed = (1.0 - part) * start + part * end
    return _transposed(sixd_to_axes(mixed[..., 0], mixed[..., 1]))


def _from_quaternion(quaternions: Floats) -> Floats:
    """Return the rotations of quaternions (frames, 4), w first, of any length but zero."""
    w, x, y, z = np.moveaxis(quaternions, -1, 0)
    two = 2.0 / (w * w + x * x + y * y + z * z)
    matrices = np.empty((*w.shape, 3, 3))
    matrices[..., 0, 0] = 1.0 - two * (y * y + z * z)
    matrices[..., 1, 1] = 1.0 - two * (x * x + z * z)
    matrices[..., 2, 2] = 1.0 - two * (x * x + y * y)
    matrices[..., 0, 1], matrices[..., 1, 0] = two * (x * y - w * z), two * (x * y + w * z)
    matrices[..., 0, 2], matrices[..., 2, 0] = two * (x * z + w * y), two * (x * z - w * y)
    matrices[..., 1, 2], matrices[..., 2, 1] = two * (y * z - w * x), two * (y * z + w * x)
    return matrices


def _transposed(matrices: Floats) -> Floats:
    return np.swapaxes(matrices, -1, -2)


def _dot(a: Floats, b: Floats) -> Floats:
    products = a * b
    total: Floats = products[..., 0] + products[..., 1] + products[..., 2]
    return total[..., None]


def _unit(vectors: Floats) -> Floats:
    unit: Floats = vectors / np.sqrt(np.maximum(_dot(vectors, vectors), 1e-24))
    return unit


def _cross(a: Floats, b: Floats) -> Floats:
    (ax, ay, az), (bx, by, bz) = np.moveaxis(a, -1, 0), np.moveaxis(b, -1, 0)
    return np.stack([ay * bz - az * by, az * bx - ax * bz, ax * by - ay * bx], axis=-1)
