"""The compiled parts of HumanML3D's features: rotations of bones, posing, and the filter.

The reference computes with 32 bits, and where a bone points against its direction at rest, rounding
errors grow to 1e-4. Equal results need the same precision, the same order of operations, and the
same rounding of each operation (docs/representations.md). Frames are the innermost axis. Source:
`common/quaternion.py` and `common/skeleton.py` of EricGuo5513/HumanML3D.
"""

import math

import numpy as np
from numpy.typing import NDArray

from motiondata.jit import kernel, step

Singles = NDArray[np.float32]
Floats = NDArray[np.float64]
Numbers = NDArray[np.intp]
Quaternion = tuple[np.float32, np.float32, np.float32, np.float32]

ZERO, TWO = np.float32(0), np.float32(2)
BELOW_HALF = 0.5 - 1e-9
"""See `root_near_one`."""


@step
def root_near_one(square: np.float32) -> np.float32:
    """Return the square root of a value that is 1 but for rounding errors, as PyTorch rounds it.

    Its square root of 1 - 2**-24 is 1, although 1 - 2**-24 is nearer by 2**-50: where the exact
    root is about between two values, PyTorch returns the one nearer to 1.
    """
    return np.float32(1.0 + (square - 1.0) * BELOW_HALF)


@step
def fused_difference(a: np.float32, b: np.float32, c: np.float32, d: np.float32) -> np.float32:
    """Return a * b - c * d, of which only the second product is rounded, as by a fused operation.

    The reference's cross products are compiled so. The product of two float32 values is exact in
    64 bits, so this needs no instruction that a processor might not have.
    """
    return np.float32(np.float64(a) * np.float64(b) - np.float64(c * d))


@kernel
def bone_rotations_into(
    planes: Singles,
    root: Singles,
    bones: Numbers,
    rest: Singles,
    rotations: Singles,
    world: Singles,
) -> None:
    """Write the rotations of bones relative to the ones before them, and to the world.

    `planes` are joints (3, joints, frames); `root` has w and y of the root, (2, frames). `bones`
    has rows of joint, parent and the joint of the bone before, or 0 for the root, in the order of
    the chains. `rest` is shaped (3, joints - 1). Results are shaped (4, joints - 1, frames).
    """
    for place in range(len(bones)):
        joint, parent, before = bones[place, 0], bones[place, 1], bones[place, 2]
        bone = joint - 1
        ux, uy, uz = rest[0, bone], rest[1, bone], rest[2, bone]
        for frame in range(planes.shape[2]):
            x = planes[0, joint, frame] - planes[0, parent, frame]
            y = planes[1, joint, frame] - planes[1, parent, frame]
            z = planes[2, joint, frame] - planes[2, parent, frame]
            length = math.sqrt(x * x + y * y + z * z)
            swing = _swing(ux, uy, uz, x / length, y / length, z / length)
            start = _quaternion(root, world, before, frame)
            own = _multiply((start[0], -start[1], -start[2], -start[3]), swing)
            _write(own, rotations, bone, frame)
            _write(_multiply(start, own), world, bone, frame)


@kernel
def pose_into(
    root: Singles,
    bones: Numbers,
    offsets: Singles,
    rotations: Singles,
    world: Singles,
    joints: Floats,
) -> None:
    """Write the joints (3, joints, frames), whose roots are given, of rotations of bones.

    `offsets` are the bones at rest, (3, joints - 1); `world` is memory like `rotations`.
    """
    for place in range(len(bones)):
        joint, parent, before = bones[place, 0], bones[place, 1], bones[place, 2]
        bone = joint - 1
        x, y, z = offsets[0, bone], offsets[1, bone], offsets[2, bone]
        for frame in range(joints.shape[2]):
            start = _quaternion(root, world, before, frame)
            own = (
                rotations[0, bone, frame],
                rotations[1, bone, frame],
                rotations[2, bone, frame],
                rotations[3, bone, frame],
            )
            turned = _multiply(start, own)
            _write(turned, world, bone, frame)
            moved = _rotate(turned, x, y, z)
            for axis in range(3):
                joints[axis, joint, frame] = moved[axis] + joints[axis, parent, frame]


@kernel
def filter_into(padded: Floats, weights: Floats, filtered: Floats) -> None:
    """Write rows filtered by symmetric weights: of the middle, then outward to one side."""
    radius = len(weights) - 1
    rows, frames = filtered.shape
    for row in range(rows):
        for frame in range(frames):
            filtered[row, frame] = weights[0] * padded[row, radius + frame]
        for offset in range(1, radius + 1):
            for frame in range(frames):
                before = padded[row, radius - offset + frame]
                after = padded[row, radius + offset + frame]
                filtered[row, frame] += weights[offset] * (before + after)


@step
def _swing(
    ux: np.float32, uy: np.float32, uz: np.float32, vx: np.float32, vy: np.float32, vz: np.float32
) -> Quaternion:
    """Return the rotation by the least angle from u, along a coordinate axis, to a unit vector v.

    For opposite vectors, the reference gives NaN; here, the axis is the next coordinate axis.
    """
    w = root_near_one(vx * vx + vy * vy + vz * vz) + (ux * vx + uy * vy + uz * vz)
    x, y, z = uy * vz - uz * vy, uz * vx - ux * vz, ux * vy - uy * vx
    norm = math.sqrt(w * w + x * x + y * y + z * z)
    if norm == ZERO:
        return ZERO, abs(uz), abs(ux), abs(uy)
    return w / norm, x / norm, y / norm, z / norm


@step
def _multiply(q: Quaternion, r: Quaternion) -> Quaternion:
    qw, qx, qy, qz = q
    rw, rx, ry, rz = r
    return (
        rw * qw - rx * qx - ry * qy - rz * qz,
        rw * qx + rx * qw - ry * qz + rz * qy,
        rw * qy + rx * qz + ry * qw - rz * qx,
        rw * qz - rx * qy + ry * qx + rz * qw,
    )


@step
def _rotate(
    q: Quaternion, x: np.float32, y: np.float32, z: np.float32
) -> tuple[np.float32, np.float32, np.float32]:
    qw, qx, qy, qz = q
    ax, ay, az = _cross(qx, qy, qz, x, y, z)
    bx, by, bz = _cross(qx, qy, qz, ax, ay, az)
    return x + TWO * (qw * ax + bx), y + TWO * (qw * ay + by), z + TWO * (qw * az + bz)


@step
def _cross(
    qx: np.float32, qy: np.float32, qz: np.float32, x: np.float32, y: np.float32, z: np.float32
) -> tuple[np.float32, np.float32, np.float32]:
    return (
        fused_difference(qy, z, qz, y),
        fused_difference(qz, x, qx, z),
        fused_difference(qx, y, qy, x),
    )


@step
def _quaternion(root: Singles, world: Singles, joint: int, frame: int) -> Quaternion:
    """Return the rotation of a joint's bone in the world, or of the root for joint 0."""
    if joint == 0:
        return root[0, frame], ZERO, root[1, frame], ZERO
    bone = joint - 1
    return (
        world[0, bone, frame],
        world[1, bone, frame],
        world[2, bone, frame],
        world[3, bone, frame],
    )


@step
def _write(quaternion: Quaternion, target: Singles, bone: int, frame: int) -> None:
    for part in range(4):
        target[part, bone, frame] = quaternion[part]
