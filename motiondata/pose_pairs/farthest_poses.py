"""Pick poses that differ: each next one is the pose that is farthest from all that were picked.

The distance of two poses is the mean distance of their joints. This is farthest point sampling
(Gonzalez 1985) with the result of the plain loop, bit by bit. Poses belong to the picked pose that
is nearest to them, their center. A new pick cannot be nearer to a pose than its center is if it is
twice as far from that center, by the triangle inequality, so that most poses are not looked at.
"""

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from motiondata.jit import kernel, step
from motiondata.skeletons import JOINTS
from motiondata.watching import Watch, unwatched

Singles = NDArray[np.float32]
Integers = NDArray[np.int64]

LANES = 8
"""Joints are compared in groups of this number; a group may show that the rest need not be."""
PADDED = -(-JOINTS // LANES) * LANES
TWICE = 2.0 * (1 + 1e-4)
"""Twice, with more than the rounding errors of single precision."""
BLOCK = 1024
"""The number of centers whose distances are summed at a time."""
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
    """Shaped (poses, 3, PADDED); the joints after the last are 0."""
    nearest: Singles
    """The sum of distances to the center of each pose."""
    following: Integers
    """The next pose with the same center, or -1."""
    heads: Integers
    """The first pose of each center, or -1."""
    centers: Singles
    """Picked poses, shaped (3, PADDED, picks)."""
    farthest: Singles
    """The distance of the farthest pose of each center."""
    farthest_pose: Integers
    """Its number, the lowest if there are several."""
    picks: Integers
    distances: Singles


def pick_farthest(
    joints: NDArray[np.floating], count: int, watch: Watch = unwatched, first: int = 0
) -> Picked:
    """Pick up to `count` poses, of joints shaped (poses, 22, 3), meters, beginning with `first`.

    Fewer are picked only if all others are equal to picked ones. Of equally far poses, the first
    one is picked. Memory: about 320 bytes per pose and 300 per pick.
    """
    if not len(joints):
        return Picked(np.zeros(0, np.int64), np.zeros(0, np.float32))
    state = _begin(joints, min(count, len(joints)), first)
    done = 1
    with watch(len(state.picks)) as advance:
        for last in _stops(len(state.picks)):
            reached = int(_pick(tuple(state), done, last))
            advance(reached - done)
            done = reached
            if done < last:
                break
    return Picked(state.picks[:done], state.distances[:done] / np.float32(JOINTS))


def _begin(joints: NDArray[np.floating], count: int, first: int) -> _State:
    poses = np.zeros((len(joints), 3, PADDED), np.float32)
    poses[:, :, :JOINTS] = np.swapaxes(joints, 1, 2)
    following = np.arange(1, len(joints) + 1)
    following[-1] = -1
    state = _State(
        poses=poses,
        nearest=np.full(len(joints), np.inf, np.float32),
        following=following,
        heads=np.full(count, -1),
        centers=np.zeros((3, PADDED, count), np.float32),
        farthest=np.zeros(count, np.float32),
        farthest_pose=np.zeros(count, np.int64),
        picks=np.zeros(count, np.int64),
        distances=np.zeros(count, np.float32),
    )
    state.heads[0], state.picks[0] = 0, first
    _measure_all(tuple(state))
    return state


def _stops(count: int) -> Iterator[int]:
    yield from range(PICKS_PER_STEP, count, PICKS_PER_STEP)
    yield count


@step
def _sum_of_distances(a: Singles, b: Singles, limit: float, lengths: Singles) -> Any:
    """Return the sum of the distances of the joints of two poses, or a part that is too large.

    The sum is complete if it is below `limit`. Joints are added in their order, as the plain loop
    would.
    """
    total = np.float32(0.0)
    for group in range(0, PADDED, LANES):
        for lane in range(LANES):
            joint = group + lane
            x, y = a[0, joint] - b[0, joint], a[1, joint] - b[1, joint]
            z = a[2, joint] - b[2, joint]
            lengths[lane] = np.sqrt(x * x + y * y + z * z)
        for lane in range(LANES):
            total += lengths[lane]
        if total >= limit:
            return total
    return total


@kernel
def _measure_all(fields: tuple[NDArray[Any], ...]) -> None:
    """Give all poses the first pick as their center."""
    state = _State(*fields)
    lengths = np.empty(LANES, np.float32)
    first = state.picks[0]
    state.centers[:, :, 0] = state.poses[first]
    farthest: Any = np.float32(-1.0)
    where: Any = np.int64(0)
    for pose in range(len(state.poses)):
        found = _sum_of_distances(state.poses[pose], state.poses[first], np.inf, lengths)
        state.nearest[pose] = found
        if found > farthest:
            farthest, where = found, pose
    state.farthest[0], state.farthest_pose[0] = farthest, where


@kernel
def _pick(fields: tuple[NDArray[Any], ...], done: int, last: int) -> int:
    """Pick poses from number `done` up to, not including, `last`; return the number of picks."""
    state = _State(*fields)
    apart = np.empty(len(state.picks), np.float32)
    lengths = np.empty(LANES, np.float32)
    for number in range(done, last):
        chosen = _farthest_center(state, number)
        if state.farthest[chosen] <= 0:
            return number
        pick = state.farthest_pose[chosen]
        state.picks[number], state.distances[number] = pick, state.farthest[chosen]
        _distances_to_centers(state, number, state.poses[pick], apart)
        state.farthest[number], state.farthest_pose[number] = np.float32(-1.0), pick
        for center in range(number):
            if apart[center] < TWICE * state.farthest[center]:
                _share(state, center, number, apart[center], lengths)
        for axis in range(3):
            for joint in range(PADDED):
                state.centers[axis, joint, number] = state.poses[pick, axis, joint]
    return last


@step
def _farthest_center(state: _State, count: int) -> int:
    """Return the center with the farthest pose; of equally far poses, the first one counts."""
    best = 0
    for center in range(1, count):
        far, most = state.farthest[center], state.farthest[best]
        if far > most or (far == most and state.farthest_pose[center] < state.farthest_pose[best]):
            best = center
    return best


@step
def _distances_to_centers(state: _State, count: int, pose: Singles, apart: Singles) -> None:
    """Write the sums of distances of a pose to the centers, many centers at a time."""
    for start in range(0, count, BLOCK):
        stop = min(start + BLOCK, count)
        for center in range(start, stop):
            apart[center] = 0
        for joint in range(JOINTS):
            px, py, pz = pose[0, joint], pose[1, joint], pose[2, joint]
            xs, ys, zs = state.centers[0, joint], state.centers[1, joint], state.centers[2, joint]
            for center in range(start, stop):
                x, y, z = xs[center] - px, ys[center] - py, zs[center] - pz
                apart[center] += np.sqrt(x * x + y * y + z * z)


@step
def _share(state: _State, old: int, new: int, apart: float, lengths: Singles) -> None:
    """Move those poses of a center that are nearer to the new one."""
    before, pose = np.int64(-1), state.heads[old]
    farthest, where = np.float32(-1.0), state.farthest_pose[old]
    mine, mine_where = state.farthest[new], state.farthest_pose[new]
    target = state.poses[state.picks[new]]
    while pose >= 0:
        after, near = state.following[pose], state.nearest[pose]
        moves = False
        if apart < TWICE * near:
            found = _sum_of_distances(state.poses[pose], target, near, lengths)
            moves = found < near
            near = found if moves else near
        if moves:
            state.nearest[pose] = near
            if before < 0:
                state.heads[old] = after
            else:
                state.following[before] = after
            state.following[pose], state.heads[new] = state.heads[new], pose
            if near > mine or (near == mine and pose < mine_where):
                mine, mine_where = near, pose
        else:
            before = pose
            if near > farthest or (near == farthest and pose < where):
                farthest, where = near, pose
        pose = after
    state.farthest[old], state.farthest_pose[old] = farthest, where
    state.farthest[new], state.farthest_pose[new] = mine, mine_where
