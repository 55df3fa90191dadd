"""Poses in leaves of similar ones, and the balls around leaves, and around groups of these.

A range of poses is halved across its principal axis until it is a leaf. Leaves have their poses
side by side, joint by joint, so that a pose is compared with all of them at a time. The distance of
two poses is the sum of the distances of their joints.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from motiondata.jit import kernel, step
from motiondata.skeletons import JOINTS

Singles = NDArray[np.float32]
Integers = NDArray[np.int64]

LEAF = 32
"""Poses in a leaf: two registers of 16 numbers."""
WIDTH = 64
"""Balls in a group."""
COLUMNS = JOINTS * 3
SAMPLE = 128
"""The number of poses that a principal axis is found of."""
ROUNDS = 4
"""Of power iteration. The axis need not be exact: every split gives the same picks."""


class PoseTree(NamedTuple):
    """Leaves, and groups of balls: all groups around leaves, then all around these, up to one."""

    poses: Singles
    """Shaped (leaves, 3, 22, LEAF), meters; 0 beyond the last pose."""
    numbers: Integers
    """Which poses they are, shaped (leaves, LEAF); -1 beyond the last."""
    centers: Singles
    """Of balls, shaped (groups, 3, 22, WIDTH)."""
    radii: Singles
    """The largest distance from the center of a ball to a pose in it, shaped (groups, WIDTH)."""
    starts: Integers
    """The first group of each level, and the number of groups, shaped (levels + 1,)."""


def plant(joints: Singles, order: Integers) -> PoseTree:
    """Put the poses with the numbers `order`, at least one, of joints (poses, 66) into a tree.

    `order` is changed. Memory: about 300 bytes for each pose.
    """
    _sort(joints, order)
    leaves = -(-len(order) // LEAF)
    starts, count = [0], leaves
    while len(starts) == 1 or count > 1:
        count = -(-count // WIDTH)
        starts.append(starts[-1] + count)
    tree = PoseTree(
        poses=np.zeros((leaves, 3, JOINTS, LEAF), np.float32),
        numbers=np.full((leaves, LEAF), -1),
        centers=np.zeros((starts[-1], 3, JOINTS, WIDTH), np.float32),
        radii=np.zeros((starts[-1], WIDTH), np.float32),
        starts=np.array(starts),
    )
    _fill(tuple(tree), joints, order)
    return tree


def _compared_with(number: int) -> Callable[[Singles, Singles, Singles], None]:
    """Return a function that compares a pose with a number of poses.

    That the number is a constant makes it faster by a third.
    """

    @step
    def compare(many: Singles, pose: Singles, totals: Singles) -> None:
        for lane in range(number):
            totals[lane] = np.float32(0.0)
        for joint in range(0, JOINTS, 2):
            after = joint + 1
            ax, ay, az = pose[0, joint], pose[1, joint], pose[2, joint]
            bx, by, bz = pose[0, after], pose[1, after], pose[2, after]
            for lane in range(number):
                x, y = many[0, joint, lane] - ax, many[1, joint, lane] - ay
                u, v = many[0, after, lane] - bx, many[1, after, lane] - by
                z, w = many[2, joint, lane] - az, many[2, after, lane] - bz
                first = totals[lane] + np.sqrt(x * x + y * y + z * z)
                totals[lane] = first + np.sqrt(u * u + v * v + w * w)

    return compare


to_leaf = _compared_with(LEAF)
"""Write the distances of a pose, shaped (3, 22), to those of a leaf, shaped (3, 22, LEAF).

Joints are added in their order, as the plain loop would, two of them in each turn.
"""
to_group = _compared_with(WIDTH)
"""The same with the centers of a group, shaped (3, 22, WIDTH)."""


@kernel
def _sort(joints: Singles, order: Integers) -> None:
    """Sort pose numbers so that leaves, and all groups, are ranges."""
    places, axis = np.empty(len(order), np.float32), np.empty(COLUMNS, np.float32)
    ranges = [(0, len(order))]
    while len(ranges) > 0:
        first, last = ranges.pop()
        count, size = last - first, LEAF
        if count <= size:
            continue
        while size * WIDTH < count:
            size *= WIDTH
        middle = first + max(1, round(count / 2 / size)) * size
        _find_axis(joints, order[first:last], axis)
        for place in range(first, last):
            along = np.float32(0.0)
            for column in range(COLUMNS):
                along += joints[order[place], column] * axis[column]
            places[place] = along
        _halve(places[first:last], order[first:last], middle - first)
        ranges.append((first, middle))
        ranges.append((middle, last))


@step
def _find_axis(joints: Singles, order: Integers, axis: Singles) -> None:
    """Write the principal axis of a sample; power iteration begins at the pose farthest out."""
    count = min(len(order), SAMPLE)
    sample, mean = np.empty((count, COLUMNS), np.float32), np.zeros(COLUMNS, np.float32)
    for row in range(count):
        sample[row] = joints[order[row * len(order) // count]]
        mean += sample[row]
    farthest: Any = np.float32(-1.0)
    for row in range(count):
        sample[row] -= mean / np.float32(count)
        square = (sample[row] * sample[row]).sum()
        if square > farthest:
            farthest = square
            axis[:] = sample[row]
    for _ in range(ROUNDS):
        after = np.zeros(COLUMNS, np.float32)
        for row in range(count):
            after += (sample[row] * axis).sum() * sample[row]
        length = np.sqrt((after * after).sum())
        if length <= 0:
            return
        axis[:] = after / length


@step
def _halve(places: Singles, order: Integers, middle: int) -> None:
    """Sort so far that the `middle` first ones have the lowest places (Hoare's selection)."""
    low, high = 0, len(places) - 1
    while low < high:
        pivot = places[(low + high) // 2]
        left, right = low, high
        while left <= right:
            while places[left] < pivot:
                left += 1
            while places[right] > pivot:
                right -= 1
            if left <= right:
                places[left], places[right] = places[right], places[left]
                order[left], order[right] = order[right], order[left]
                left, right = left + 1, right - 1
        if middle <= right:
            high = right
        elif middle >= left:
            low = left
        else:
            return


@kernel
def _fill(fields: tuple[NDArray[Any], ...], joints: Singles, order: Integers) -> None:
    """Copy the poses into their leaves, and find the balls of all levels."""
    tree = PoseTree(*fields)
    for place in range(len(order)):
        leaf, lane = place // LEAF, place % LEAF
        tree.numbers[leaf, lane] = order[place]
        for column in range(COLUMNS):
            tree.poses[leaf, column % 3, column // 3, lane] = joints[order[place], column]
    size = LEAF
    center, totals = np.empty((3, JOINTS), np.float32), np.empty(LEAF, np.float32)
    for level in range(len(tree.starts) - 1):
        for ball in range((len(order) + size - 1) // size):
            first, last = ball * size, min(len(order), (ball + 1) * size)
            group, slot = tree.starts[level] + ball // WIDTH, ball % WIDTH
            _find_center(tree.poses, first, last, center)
            tree.centers[group, :, :, slot] = center
            tree.radii[group, slot] = _radius(tree.poses, first, last, center, totals)
        size *= WIDTH


@step
def _find_center(poses: Singles, first: int, last: int, center: Singles) -> None:
    sums = np.zeros((3, JOINTS))
    for place in range(first, last):
        for axis in range(3):
            for joint in range(JOINTS):
                sums[axis, joint] += poses[place // LEAF, axis, joint, place % LEAF]
    for axis in range(3):
        for joint in range(JOINTS):
            center[axis, joint] = sums[axis, joint] / (last - first)


@step
def _radius(poses: Singles, first: int, last: int, center: Singles, totals: Singles) -> Any:
    """Return the largest distance; `first` begins a leaf."""
    farthest: Any = np.float32(0.0)
    for leaf in range(first // LEAF, (last + LEAF - 1) // LEAF):
        to_leaf(poses[leaf], center, totals)
        for lane in range(min(LEAF, last - leaf * LEAF)):
            farthest = max(farthest, totals[lane])
    return farthest
