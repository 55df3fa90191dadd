"""Compiled steps of the fit: normal equations of every frame, and their solution over a clip.

The unknowns of a frame are small rotations of the 17 joints that move others, in their own frames,
and a displacement of the root. Neighboring frames are coupled by the smoothness of the rotations,
all frames by the betas: the system is block tridiagonal with a border. All sums have a fixed order
and only square roots are used, so the bits do not depend on the processor.
"""

import math

import numpy as np
from numpy.typing import NDArray

from motiondata.jit import kernel, step
from motiondata.skeletons import JOINTS, PARENTS

Array = NDArray[np.float64]

_PARENTS = np.array(PARENTS)

DRIVERS = tuple(sorted(set(PARENTS) - {-1}))
"""The joints whose rotation moves other joints."""

TURNS = 3 * len(DRIVERS)
"""The number of unknown rotations of a frame; the displacement of the root follows."""
UNKNOWNS = TURNS + 3

_PLACE = np.full(JOINTS, -1)
_PLACE[list(DRIVERS)] = 3 * np.arange(len(DRIVERS))
_MOST = 3 * 8 + 3
"""The most unknowns that move one joint."""


@kernel
def smooth_vectors(weights: Array, wanted: Array, stiffness: float) -> Array:
    """Return vectors v (frames, 3) with the least sum of w |v|^2 - 2 wanted v + stiffness |dv|^2.

    `weights` w are shaped (frames,), above 0; `wanted` (frames, 3) are the weighted vectors; dv is
    the change from one frame to the next.
    """
    frames = len(weights)
    pivots, smooth = np.empty(frames), wanted.copy()
    for frame in range(frames):
        neighbors = (frame > 0) + (frame < frames - 1)
        pivots[frame] = weights[frame] + stiffness * neighbors
        if frame > 0:
            factor = stiffness / pivots[frame - 1]
            pivots[frame] -= stiffness * factor
            for axis in range(3):
                smooth[frame, axis] += factor * smooth[frame - 1, axis]
    for frame in range(frames - 1, -1, -1):
        for axis in range(3):
            if frame < frames - 1:
                smooth[frame, axis] += stiffness * smooth[frame + 1, axis]
            smooth[frame, axis] /= pivots[frame]
    return smooth


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
    settings: tuple[float, float, float],
    blocks: Array,
    right: Array,
    border: Array,
) -> float:
    """Write the normal equations of all frames and return the cost.

    `local` and `start` are the rotations now and at the start, (frames, 22, 3, 3); `root` (frames,
    3). `rest` (22, 3), `directions` (22, 3, shapes). `settings` are the weights of smoothness, of
    the start, and of the bounds (2, 22, 3). Results: `blocks` (frames, UNKNOWNS, UNKNOWNS), `right`
    (frames, UNKNOWNS, 1 + shapes) with the negative gradient first, and `border` (shapes, 1 +
    shapes).
    """
    smoothness, anchor, limit = settings
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
            if _PLACE[joint] >= 0:
                cost += _add_start(local[frame, joint], start[frame, joint], anchor,
                                   _PLACE[joint], block, side)  # fmt: skip
                cost += _add_bounds(local[frame, joint], bounds[:, joint], limit,
                                    _PLACE[joint], block, side)  # fmt: skip
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
            numbers[count] = _PLACE[other] + axis
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
        place = _PLACE[joint]
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


@kernel
def solve_equations(
    blocks: Array, right: Array, border: Array, smoothness: float, damping: float
) -> Array:
    """Solve the equations; return the betas' step, (shapes,), and leave the others in `right`.

    `blocks` and `border` are destroyed. The step of frame f is `right[f, :, 0]`.
    """
    frames, unknowns, columns = right.shape
    sides = np.empty((frames, columns, unknowns))
    raised = np.empty((columns, unknowns))
    for frame in range(frames):
        for i in range(unknowns):
            blocks[frame, i, i] += damping
            for column in range(columns):
                raised[column, i] = right[frame, i, column]
        if frame > 0:
            _eliminate(blocks[frame - 1], sides[frame - 1], smoothness, blocks[frame], raised)
        _invert(blocks[frame])
        sides[frame] = 0.0
        _add_applied(blocks[frame], raised, sides[frame])
    for frame in range(frames - 2, -1, -1):
        raised[:] = smoothness * sides[frame + 1]
        raised[:, TURNS:] = 0.0
        _add_applied(blocks[frame], raised, sides[frame])
    steps = _solve_border(right, sides, border, damping)
    _write_steps(right, sides, steps)
    return steps


@step
def _eliminate(before: Array, sides: Array, smoothness: float, block: Array, raised: Array) -> None:
    """Eliminate the frame before, of which `before` is the inverse block and `sides` the result."""
    for i in range(TURNS):
        for j in range(TURNS):
            block[i, j] -= smoothness * smoothness * before[i, j]
        for column in range(len(sides)):
            raised[column, i] += smoothness * sides[column, i]


@step
def _solve_border(right: Array, sides: Array, border: Array, damping: float) -> Array:
    """Return the steps of the betas, shaped (shapes,)."""
    frames, unknowns, columns = right.shape
    for i in range(columns - 1):
        for j in range(columns):
            for frame in range(frames):
                for k in range(unknowns):
                    border[i, j] -= right[frame, k, 1 + i] * sides[frame, j, k]
        border[i, 1 + i] += damping * frames
    inner = border[:, 1:].copy()
    _invert(inner)
    steps = np.zeros(columns - 1)
    for i in range(columns - 1):
        for j in range(columns - 1):
            steps[i] += inner[i, j] * border[j, 0]
    return steps


@step
def _write_steps(right: Array, sides: Array, steps: Array) -> None:
    for frame in range(len(right)):
        for k in range(right.shape[1]):
            right[frame, k, 0] = sides[frame, 0, k]
            for i in range(len(steps)):
                right[frame, k, 0] -= sides[frame, 1 + i, k] * steps[i]


@step
def _add_applied(matrix: Array, vectors: Array, products: Array) -> None:
    """Add the products of a symmetric matrix with vectors, both shaped (columns, unknowns)."""
    unknowns = len(matrix)
    for column in range(len(vectors)):
        for i in range(unknowns):
            value = vectors[column, i]
            for j in range(unknowns):
                products[column, j] += value * matrix[i, j]


@step
def _invert(matrix: Array) -> None:
    """Invert a symmetric positive definite matrix in place (Gauss and Jordan, no pivoting)."""
    unknowns = len(matrix)
    for k in range(unknowns):
        pivot = 1.0 / matrix[k, k]
        matrix[k, k] = 1.0
        for j in range(unknowns):
            matrix[k, j] *= pivot
        for i in range(unknowns):
            if i != k:
                factor = matrix[i, k]
                matrix[i, k] = 0.0
                for j in range(unknowns):
                    matrix[i, j] -= factor * matrix[k, j]


@kernel
def turn_joints(local: Array, steps: Array) -> Array:
    """Return the rotations (frames, 22, 3, 3) after small rotations on their right.

    `steps` are shaped (frames, UNKNOWNS). The rotation of a step d is that of the quaternion (1,
    d / 2), which is about |d|.
    """
    turned = local.copy()
    small = np.empty((3, 3))
    for frame in range(len(local)):
        for joint in range(JOINTS):
            if _PLACE[joint] >= 0:
                number = _PLACE[joint]
                _write_small(steps[frame, number : number + 3], small)
                for row in range(3):
                    for column in range(3):
                        turned[frame, joint, row, column] = (
                            local[frame, joint, row, 0] * small[0, column]
                            + local[frame, joint, row, 1] * small[1, column]
                            + local[frame, joint, row, 2] * small[2, column]
                        )
    return turned


@step
def _write_small(turn: Array, matrix: Array) -> None:
    x, y, z = 0.5 * turn[0], 0.5 * turn[1], 0.5 * turn[2]
    two = 2.0 / (1.0 + x * x + y * y + z * z)
    matrix[0, 0] = 1.0 - two * (y * y + z * z)
    matrix[1, 1] = 1.0 - two * (x * x + z * z)
    matrix[2, 2] = 1.0 - two * (x * x + y * y)
    matrix[0, 1], matrix[1, 0] = two * (x * y - z), two * (x * y + z)
    matrix[0, 2], matrix[2, 0] = two * (x * z + y), two * (x * z - y)
    matrix[1, 2], matrix[2, 1] = two * (y * z - x), two * (y * z + x)
