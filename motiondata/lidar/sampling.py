"""Farthest point sampling: a fixed number of points of each scan, spread as far as they can be.

Exact and greedy: each next point is the one whose nearest chosen point is farthest, which makes the
first k points of a longer sample the sample of k. Distances are recomputed by plain loops over
components, because a thousand points in vector registers are done before a tree is descended.
"""

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from motiondata.lidar.jit import inlined, kernel, step
from motiondata.lidar.scans import Scan, Scans

NO_PART = 255
"""The part of a point that stands for no hit: a frame without hits has all its points at zero."""

LANES = 64
"""Clouds are padded to a multiple of this, so that vectorised loops leave no remainder."""

CHOSEN = np.float32(-1)
"""The gap of a point that is chosen, or only padding: below any that a point can have."""

FAR, HALF, ZERO = np.float32(np.inf), np.float32(0.5), np.float32(0)


@dataclass(frozen=True, eq=False)
class SampledClip:
    """The points kept of each frame of a clip, in farthest point order; sensor frame, metres."""

    points: NDArray[np.float32]
    """Shaped (frames, K, 3); zero where a frame has no hits."""
    hits: NDArray[np.int32]
    """How many rays hit, shaped (frames,): if fewer than K, that many points repeat in order."""
    parts: NDArray[np.uint8]
    """The body part of each point, shaped (frames, K); `NO_PART` where a frame has no hits."""


class Cloud(NamedTuple):
    """The points of one frame by component, padded, each shaped (room,)."""

    x: NDArray[np.float32]
    y: NDArray[np.float32]
    z: NDArray[np.float32]
    gap: NDArray[np.float32]
    """Squared distance from each point to the nearest chosen one, or `CHOSEN`."""
    gap_bits: NDArray[np.int32]
    """The same memory as integers: they sort alike, and their maximum can be vectorised."""


def farthest_points(points: NDArray[np.float32], k: int) -> NDArray[np.int32]:
    """Return which of `points`, shaped (points, 3), to keep, shaped (k,), farthest first.

    The first is the one farthest from the middle of the bounding box; of equally far ones, the
    first in order. All points come before any repeats; then they repeat in the same order.
    Raises `ValueError` where there are no points.
    """
    if len(points) == 0:
        raise ValueError("expected at least one point to choose from")
    order: NDArray[np.int32] = _orders(points, np.array([0, len(points)]), k)[0]
    return order


def sample_scans(scans: Scans, face_parts: NDArray[np.uint8], k: int) -> SampledClip:
    """Keep k points of each frame; `face_parts`, shaped (faces,), says what part a face is of."""
    points = np.zeros((len(scans), k, 3), np.float32)
    parts = np.full((len(scans), k), NO_PART, np.uint8)
    kept = scans.offsets[:-1, None] + _orders(scans.hits.points, scans.offsets, k)
    seen = scans.counts > 0
    points[seen] = scans.hits.points[kept[seen]]
    parts[seen] = face_parts[scans.hits.faces[kept[seen]]]
    return SampledClip(points, scans.counts, parts)


def sample_scan(
    scan: Scan, face_parts: NDArray[np.uint8], k: int
) -> tuple[NDArray[np.float32], NDArray[np.uint8]]:
    """Keep k points of one frame: points shaped (k, 3) and their parts (k,)."""
    sampled = sample_scans(Scans(scan, np.array([0, len(scan.faces)])), face_parts, k)
    return sampled.points[0], sampled.parts[0]


def _orders(points: NDArray[np.float32], offsets: NDArray[np.int64], k: int) -> NDArray[np.int32]:
    """Return which points of each frame to keep, shaped (frames, k); zero where it has none."""
    room = -(-int(np.diff(offsets).max(initial=0)) // LANES) * LANES
    x, y, z, gap = np.empty((4, room), np.float32)
    cloud = Cloud(x, y, z, gap, gap.view(np.int32))
    orders = np.zeros((len(offsets) - 1, k), np.int32)
    _order_frames(np.require(points, np.float32, ["C", "W"]), offsets, tuple(cloud), orders)
    return orders


@kernel
def _order_frames(
    points: NDArray[np.float32],
    offsets: NDArray[np.int64],
    cloud_fields: tuple[Any, ...],
    orders: NDArray[np.int32],
) -> None:
    cloud = Cloud(*cloud_fields)
    for frame in range(len(orders)):
        if offsets[frame] < offsets[frame + 1]:
            _order_points(points[offsets[frame] : offsets[frame + 1]], cloud, orders[frame])


@step
def _order_points(points: NDArray[np.float32], cloud: Cloud, order: NDArray[np.int32]) -> None:
    count = len(points)
    room = (count + LANES - 1) // LANES * LANES
    _fill_cloud(points, cloud, room)
    point = _first_point(cloud, count, room)
    for place in range(min(count, len(order))):
        order[place] = point
        _close_gaps(cloud, room, cloud.x[point], cloud.y[point], cloud.z[point])
        cloud.gap[point] = CHOSEN
        point = _widest_gap(cloud, room)
    for place in range(count, len(order)):
        order[place] = order[place - count]


@inlined
def _fill_cloud(points: NDArray[np.float32], cloud: Cloud, room: int) -> None:
    for point in range(len(points)):
        cloud.x[point], cloud.y[point], cloud.z[point] = points[point]
        cloud.gap[point] = FAR
    for point in range(len(points), room):
        cloud.x[point], cloud.y[point], cloud.z[point] = ZERO, ZERO, ZERO
        cloud.gap[point] = CHOSEN


@inlined
def _first_point(cloud: Cloud, count: int, room: int) -> np.int32:
    """Return the point farthest from the bounding box's middle, which has no rounding of sums."""
    middle_x = HALF * (cloud.x[:count].min() + cloud.x[:count].max())
    middle_y = HALF * (cloud.y[:count].min() + cloud.y[:count].max())
    middle_z = HALF * (cloud.z[:count].min() + cloud.z[:count].max())
    _close_gaps(cloud, room, middle_x, middle_y, middle_z)
    point = _widest_gap(cloud, room)
    cloud.gap[:count] = FAR
    return point


@inlined
def _close_gaps(cloud: Cloud, room: int, x: np.float32, y: np.float32, z: np.float32) -> None:
    """Take a newly chosen point into account."""
    xs, ys, zs, gap = cloud.x, cloud.y, cloud.z, cloud.gap
    for point in range(room):
        dx, dy, dz = xs[point] - x, ys[point] - y, zs[point] - z
        square = dx * dx + dy * dy + dz * dz
        gap[point] = square if square < gap[point] else gap[point]


@inlined
def _widest_gap(cloud: Cloud, room: int) -> np.int32:
    """Return the first point of those with the widest gap."""
    gap = cloud.gap_bits
    widest = gap[0]
    for point in range(room):
        widest = gap[point] if gap[point] > widest else widest
    first = np.int32(room)
    for point in range(room):
        candidate = np.int32(point) if gap[point] == widest else np.int32(room)
        first = candidate if candidate < first else first
    return first
