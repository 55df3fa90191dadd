"""Compiled normal equations of the fit, frame by frame.

Neighboring frames are coupled by the smoothness of the rotations, all frames by the betas. All sums
have a fixed order and only square roots are used, so the bits do not depend on the processor.
"""

import math

import numpy as np
from numpy.typing import NDArray

from motiondata.fitting.unknowns import PLACE, TURNS
from motiondata.jit import kernel, step
from motiondata.skeletons import JOINTS, PARENTS

Array = NDArray[np.float64]

_PARENTS = np.array(PARENTS)
_MOST = 3 * 8 + 3
"""The most unknowns that move one joint."""


@kernel
def build_equations(
    local: Array,
    start: Array,
    root: Array,
    rest: Array,
    directions: Array,
    targets: Array,
    weights: Array,
    bounds: Array,
    anchors: Array,
    settings: tuple[float, float],
    blocks: Array,
    right: Array,
    border: Array,
) -> float:
    """Write the normal equations of all frames and return the cost.

    `local` and `start` are the rotations now and at the start, (frames, 22, 3, 3); `root` (frames,
    3). `rest` (22, 3), `directions` (22, 3, shapes). `bounds` (2, 22, 3). `anchors` (22,) are the
    weights of the start, `settings` those of smoothness and of the bounds. Results: `blocks`
    (frames, UNKNOWNS, UNKNOWNS), `right` (frames, UNKNOWNS, 1 + shapes) with the negative gradient
    first, and `border` (shapes, 1 + shapes).
    """
    smoothness, limit = settings
    shapes = directions.shape[2]
    blocks[:], right[:], border[:] = 0.0, 0.0, 0.0
    world, places = np.empty((JOINTS, 3, 3)), np.empty((JOINTS, 3))
    slopes = np.zeros((JOINTS, 3, shapes))
    moves, numbers = np.empty((3, _MOST)), np.empty(_MOST, np.int64)
    cost = 0.0
    for frame in range(len(local)):
        _pose(local[frame], root[frame], rest, directions, world, places, slopes)
        block, side = blocks[frame], right[frame]
        for joint in range(JOINTS):
            if weights[joint] > 0:
                count = _moves_of(joint, world, places, moves, numbers)
                cost += _add_joint(
                    moves, numbers, count, places[joint], targets[frame, joint], slopes[joint],
                    weights[joint], block, side, border,
                )  # fmt: skip
        for joint in range(JOINTS):
            if PLACE[joint] >= 0:
                cost += _add_start(local[frame, joint], start[frame, joint], anchors[joint],
                                   PLACE[joint], block, side)  # fmt: skip
                cost += _add_bounds(local[frame, joint], bounds[:, joint], limit,
                                    PLACE[joint], block, side)  # fmt: skip
        if frame > 0:
            cost += _add_change(local, frame, smoothness, blocks, right)
    return cost


@step
def _pose(
    local: Array, root: Array, rest: Array, directions: Array,
    world: Array, places: Array, slopes: Array,
) -> None:  # fmt: skip
    """Write world rotations and places of all joints, and the displacement per beta."""
    shapes = directions.shape[2]
    world[0] = local[0]
    places[0] = root
    for joint in range(1, JOINTS):
        parent = _PARENTS[joint]
        for row in range(3):
            for column in range(3):
                world[joint, row, column] = (
                    world[parent, row, 0] * local[joint, 0, column]
                    + world[parent, row, 1] * local[joint, 1, column]
                    + world[parent, row, 2] * local[joint, 2, column]
                )
            places[joint, row] = places[parent, row]
            for axis in range(3):
                turn = world[parent, row, axis]
                places[joint, row] += turn * (rest[joint, axis] - rest[parent, axis])
            for shape in range(shapes):
                slopes[joint, row, shape] = slopes[parent, row, shape]
                for axis in range(3):
                    bone = directions[joint, axis, shape] - directions[parent, axis, shape]
                    slopes[joint, row, shape] += world[parent, row, axis] * bone


@step
def _moves_of(
    joint: int, world: Array, places: Array, moves: Array, numbers: NDArray[np.int64]
) -> int:
    """Write the displacement of a joint per unknown, (3, count), and the unknowns' numbers."""
    count = 0
    for axis in range(3):
        for row in range(3):
            moves[row, count] = 1.0 if row == axis else 0.0
        numbers[count] = TURNS + axis
        count += 1
    other = _PARENTS[joint]
    while other >= 0:
        x = places[joint, 0] - places[other, 0]
        y = places[joint, 1] - places[other, 1]
        z = places[joint, 2] - places[other, 2]
        for axis in range(3):
            a, b, c = world[other, 0, axis], world[other, 1, axis], world[other, 2, axis]
            moves[0, count] = b * z - c * y
            moves[1, count] = c * x - a * z
            moves[2, count] = a * y - b * x
            numbers[count] = PLACE[other] + axis
            count += 1
        other = _PARENTS[other]
    return count


@step
def _add_joint(
    moves: Array, numbers: NDArray[np.int64], count: int, place: Array, target: Array,
    slopes: Array, weight: float, block: Array, side: Array, border: Array,
) -> float:  # fmt: skip
    shapes = slopes.shape[1]
    x, y, z = place[0] - target[0], place[1] - target[1], place[2] - target[2]
    for i in range(count):
        a, b, c = weight * moves[0, i], weight * moves[1, i], weight * moves[2, i]
        row = numbers[i]
        for j in range(count):
            block[row, numbers[j]] += a * moves[0, j] + b * moves[1, j] + c * moves[2, j]
        side[row, 0] -= a * x + b * y + c * z
        for shape in range(shapes):
            side[row, 1 + shape] += (
                a * slopes[0, shape] + b * slopes[1, shape] + c * slopes[2, shape]
            )
    for i in range(shapes):
        a, b, c = weight * slopes[0, i], weight * slopes[1, i], weight * slopes[2, i]
        border[i, 0] -= a * x + b * y + c * z
        for j in range(shapes):
            border[i, 1 + j] += a * slopes[0, j] + b * slopes[1, j] + c * slopes[2, j]
    return float(weight * (x * x + y * y + z * z))


@step
def _difference(a: Array, b: Array) -> tuple[float, float, float, float]:
    """Return the rotation from a to b, in a's frame: 2 sin(angle / 2) times its axis, and w."""
    trace, x, y, z = 0.0, 0.0, 0.0, 0.0
    for row in range(3):
        trace += a[row, 0] * b[row, 0] + a[row, 1] * b[row, 1] + a[row, 2] * b[row, 2]
        x += a[row, 2] * b[row, 1] - a[row, 1] * b[row, 2]
        y += a[row, 0] * b[row, 2] - a[row, 2] * b[row, 0]
        z += a[row, 1] * b[row, 0] - a[row, 0] * b[row, 1]
    w = 0.5 * math.sqrt(max(1.0 + trace, 0.01))
    half = 0.5 / w
    return half * x, half * y, half * z, w


@step
def _add_start(
    now: Array, start: Array, weight: float, place: int, block: Array, side: Array
) -> float:
    x, y, z, _ = _difference(start, now)
    side[place, 0] -= weight * x
    side[place + 1, 0] -= weight * y
    side[place + 2, 0] -= weight * z
    for axis in range(3):
        block[place + axis, place + axis] += weight
    return weight * (x * x + y * y + z * z)


@step
def _add_bounds(
    now: Array, bounds: Array, weight: float, place: int, block: Array, side: Array
) -> float:
    x, y, z, w = _difference(np.eye(3), now)
    found, slope = (x, y, z), np.empty(3)
    cost = 0.0
    for axis in range(3):
        beyond = found[axis] - min(max(found[axis], bounds[0, axis]), bounds[1, axis])
        if beyond != 0:
            # The derivative of 2 q for a small rotation d on the right is w d + q x d.
            slope[axis] = w
            slope[(axis + 1) % 3] = -0.5 * found[(axis + 2) % 3]
            slope[(axis + 2) % 3] = 0.5 * found[(axis + 1) % 3]
            cost += weight * beyond * beyond
            for i in range(3):
                side[place + i, 0] -= weight * beyond * slope[i]
                for j in range(3):
                    block[place + i, place + j] += weight * slope[i] * slope[j]
    return cost


@step
def _add_change(local: Array, frame: int, weight: float, blocks: Array, right: Array) -> float:
    cost = 0.0
    for joint in range(JOINTS):
        place = PLACE[joint]
        if place < 0:
            continue
        x, y, z, _ = _difference(local[frame - 1, joint], local[frame, joint])
        cost += weight * (x * x + y * y + z * z)
        change = (x, y, z)
        for axis in range(3):
            number = place + axis
            right[frame - 1, number, 0] += weight * change[axis]
            right[frame, number, 0] -= weight * change[axis]
            blocks[frame - 1, number, number] += weight
            blocks[frame, number, number] += weight
    return cost
