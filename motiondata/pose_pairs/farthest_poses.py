"""Pick poses that differ: each next one is the pose that is farthest from all that were picked.

The distance of two poses is the mean distance of their joints. This is farthest point sampling
(Gonzalez 1985) with the result of the plain loop, bit by bit. Poses are in a tree of balls. By the
triangle inequality, a pick passes by all balls in which it cannot be nearer to a pose than the
picks before it. Picks wait at the leaves that they reach. A leaf is compared with them when it may
have the next pick, or when many wait, as in QuickFPS (Han et al. 2023), so that it is read from
memory once for many of them.
"""

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from motiondata.jit import kernel, step
from motiondata.pose_pairs.pose_tree import LEAF, WIDTH, plant, to_group, to_leaf
from motiondata.skeletons import JOINTS
from motiondata.watching import Watch, unwatched

Singles = NDArray[np.float32]
Integers = NDArray[np.int64]

WAITING = 32
"""The number of picks that wait at a leaf at most."""
MARGIN = np.float32(1 + 1e-4)
"""More than the rounding errors of sums of 22 single-precision distances, relative to them."""
LEAST = np.float32(1e-15)
"""Meters. Squares of coordinates below about 1e-19 m vanish in single precision."""
PICKS_PER_STEP = 512
"""The number of picks between two reports of progress."""


class Picked(NamedTuple):
    """The picked poses, in the order in which they were picked."""

    numbers: Integers
    """Shaped (picked,)."""
    distances: Singles
    """How far each one was from the picks before it, meters, shaped (picked,); 0 for the first."""


class _State(NamedTuple):
    poses: Singles
    """These are the fields of `PoseTree`."""
    numbers: Integers
    centers: Singles
    radii: Singles
    starts: Integers
    nearest: Singles
    """The least sum of distances to the picks compared with, shaped (leaves, LEAF); -1 for none."""
    most: Singles
    """The largest of those in each ball, shaped (groups, WIDTH); -1 for no ball."""
    waiting: NDArray[np.int32]
    """The picks that wait at each leaf, shaped (leaves, WAITING)."""
    waiters: Integers
    """Their number, shaped (leaves,)."""
    picked: Singles
    """The picked poses, shaped (picks, 3, 22)."""
    picks: Integers
    distances: Singles
    visits: Integers
    """Memory for groups to visit: level and group, shaped (most, 2)."""
    totals: Singles
    wide_totals: Singles
    """Memory for distances, shaped (LEAF,) and (WIDTH,)."""


def pick_farthest(
    joints: NDArray[np.floating], count: int, watch: Watch = unwatched, first: int = 0
) -> Picked:
    """Pick up to `count` poses, of joints shaped (poses, 22, 3), meters, beginning with `first`.

    Fewer are picked only if all others are equal to picked ones, or not finite. Of equally far
    poses, the first one is picked. Memory: about 320 bytes per pose and 300 per pick.
    """
    if not len(joints) or count < 1:
        return Picked(np.zeros(0, np.int64), np.zeros(0, np.float32))
    rows = np.ascontiguousarray(joints, np.float32).reshape(len(joints), -1)
    (finite,) = np.nonzero(np.isfinite(rows.sum(axis=1)))
    if not np.isfinite(rows[first]).all():
        return Picked(np.array([first]), np.zeros(1, np.float32))
    state = _begin(rows, finite, min(count, len(finite)), first)
    done = 0
    with watch(len(state.picks)) as advance:
        for last in _stops(len(state.picks)):
            reached = int(_pick(tuple(state), done, last))
            advance(reached - max(done, 1))
            done = reached
            if done < last:
                break
    return Picked(state.picks[:done], state.distances[:done] / np.float32(JOINTS))


def _begin(rows: Singles, finite: Integers, count: int, first: int) -> _State:
    tree = plant(rows, finite)
    leaves, groups = len(tree.poses), len(tree.radii)
    state = _State(
        *tree,
        nearest=np.where(tree.numbers < 0, np.float32(-1), np.float32(np.inf)),
        most=np.full((groups, WIDTH), -1, np.float32),
        waiting=np.zeros((leaves, WAITING), np.int32),
        waiters=np.zeros(leaves, np.int64),
        picked=np.zeros((count, 3, JOINTS), np.float32),
        picks=np.zeros(count, np.int64),
        distances=np.zeros(count, np.float32),
        visits=np.zeros((len(tree.starts) * WIDTH, 2), np.int64),
        totals=np.zeros(LEAF, np.float32),
        wide_totals=np.zeros(WIDTH, np.float32),
    )
    balls = leaves
    for start in tree.starts[:-1]:
        state.most[start:].reshape(-1)[:balls] = np.inf
        balls = -(-balls // WIDTH)
    state.picks[0], state.picked[0] = first, rows[first].reshape(JOINTS, 3).T
    return state


def _stops(count: int) -> Iterator[int]:
    yield from range(PICKS_PER_STEP, count, PICKS_PER_STEP)
    yield count


@kernel
def _pick(fields: tuple[NDArray[Any], ...], done: int, last: int) -> int:
    """Pick poses from number `done` up to, not including, `last`; return the number of picks."""
    state = _State(*fields)
    for number in range(done, last):
        if number > 0:
            leaf, lane = _farthest(state)
            if leaf < 0:
                return number
            state.picks[number] = state.numbers[leaf, lane]
            state.distances[number] = state.nearest[leaf, lane]
            state.picked[number] = state.poses[leaf, :, :, lane]
        _send(state, number)
    return last


@step
def _send(state: _State, number: int) -> None:
    """Let a pick wait at all leaves in which it may be nearer to a pose than others are."""
    state.visits[0] = (len(state.starts) - 2, 0)
    visits, totals = 1, state.wide_totals
    while visits > 0:
        visits -= 1
        level, place = state.visits[visits]
        group = state.starts[level] + place
        to_group(state.centers[group], state.picked[number], totals)
        for slot in range(WIDTH):
            most = state.most[group, slot]
            if most <= 0 or totals[slot] > (state.radii[group, slot] + most) * MARGIN + LEAST:
                continue
            ball = place * WIDTH + slot
            if level > 0:
                state.visits[visits] = (level - 1, ball)
                visits += 1
            else:
                state.waiting[ball, state.waiters[ball]] = number
                state.waiters[ball] += 1
                if state.waiters[ball] == WAITING:
                    _compare(state, ball)


@step
def _compare(state: _State, leaf: int) -> None:
    """Compare the poses of a leaf with the picks that wait there."""
    nearest, poses, totals = state.nearest[leaf], state.poses[leaf], state.totals
    for waiter in range(state.waiters[leaf]):
        to_leaf(poses, state.picked[state.waiting[leaf, waiter]], totals)
        for lane in range(LEAF):
            nearest[lane] = min(nearest[lane], totals[lane])
    state.waiters[leaf] = 0
    most, place = nearest.max(), leaf
    for start in state.starts[:-1]:
        group, slot = start + place // WIDTH, place % WIDTH
        if state.most[group, slot] == most:
            return
        state.most[group, slot] = most
        most, place = state.most[group].max(), place // WIDTH


@step
def _farthest(state: _State) -> tuple[int, int]:
    """Return the leaf and the lane of the next pick, or -1 if all poses are equal to picks."""
    while True:
        most = state.most[state.starts[-2]].max()
        if most <= 0:
            return -1, -1
        leaf, lane = _first_with(state, most)
        if lane >= 0:
            return leaf, lane
        _compare(state, leaf)


@step
def _first_with(state: _State, most: float) -> tuple[int, int]:
    """Return where the first pose is that is so far, or a leaf at which picks wait and -1."""
    state.visits[0] = (len(state.starts) - 2, 0)
    visits, best, best_lane = 1, -1, -1
    while visits > 0:
        visits -= 1
        level, place = state.visits[visits]
        group = state.starts[level] + place
        for slot in range(WIDTH):
            if state.most[group, slot] != most:
                continue
            ball = place * WIDTH + slot
            if level > 0:
                state.visits[visits] = (level - 1, ball)
                visits += 1
                continue
            if state.waiters[ball] > 0:
                return ball, -1
            for lane in range(LEAF):
                if state.nearest[ball, lane] == most and (
                    best < 0 or state.numbers[ball, lane] < state.numbers[best, best_lane]
                ):
                    best, best_lane = ball, lane
    return best, best_lane
