"""Farthest point sampling: keep a fixed number of well-spread points per scan.

The algorithm is exact and greedy: the next point is the one with the largest distance to its
nearest chosen point. The first k points of a longer sample are therefore the sample of k points.
Distances are recomputed by plain loops over components, because for a thousand points, vector
instructions are faster than a tree.
"""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from motiondata.arrays import finite_array
from motiondata.errors import InputError
from motiondata.jit import inlined, kernel, step
from motiondata.lidar.sampled_clip import SampledClip, empty_sample
from motiondata.lidar.scans import Scans

LANES = 32
"""Clouds are padded to a multiple of this, so that vectorized loops have no remainder."""

CROWDED = 4
"""Chosen points are removed once they are more than one in `CROWDED`, to shorten the loops."""

CHOSEN = np.int32(-1)
"""The gap of chosen points and of padding; smaller than every possible gap."""

Whole = int | np.integer[Any]

FAR = np.float32(np.inf).view(np.int32)
HALF, ZERO = np.float32(0.5), np.float32(0)


class Cloud(NamedTuple):
    """The remaining points of one frame, in order, padded; each array is shaped (room,)."""

    x: NDArray[np.float32]
    y: NDArray[np.float32]
    z: NDArray[np.float32]
    gap: NDArray[np.int32]
    """Squared distance from each point to the nearest chosen one, or `CHOSEN`. Stored as the bits
    of a float32, which have the same order, and whose maximum can be vectorized."""
    number: NDArray[np.int32]
    """The index of each point in the frame."""


def farthest_points(points: ArrayLike, k: int) -> NDArray[np.int32]:
    """Return the indices, shaped (k,), of `points`, shaped (points, 3), in farthest point order.

    The first point is the one farthest from the center of the bounding box. Of equally far points,
    the first in order is chosen. If `k` exceeds the number of points, the order repeats. Distances
    are computed in single precision. Raises `InputError` if there are no points, they have another
    shape or are not finite, or `k` is negative.
    """
    cloud = finite_array(points, "points", ("points", 3), np.float32)
    if len(cloud) == 0:
        raise InputError("points: expected at least one point to choose from, found none")
    if k < 0:
        raise InputError(f"k: expected a number of points from 0, found {k}")
    order = np.empty(k, np.int32)
    _order_cloud(np.require(cloud, np.float32, ["C", "W"]), _cloud_for(len(cloud)), order)
    return order


def sample_scans(scans: Scans, face_parts: NDArray[np.uint8], k: int) -> SampledClip:
    """Keep k points per frame; `face_parts`, shaped (faces,), has the body part of each face."""
    sampled = empty_sample(len(scans), k)
    sample_into(sampled, scans, face_parts)
    return sampled


def sample_into(
    sampled: SampledClip, scans: Scans, face_parts: NDArray[np.uint8], first: int = 0
) -> None:
    """Sample each scan, and write the points to an empty sample, starting at frame `first`."""
    frames = slice(first, first + len(scans))
    sampled.hits[frames] = scans.counts
    _sample_frames(
        np.require(scans.hits.points, np.float32, ["C", "W"]),
        np.require(scans.hits.faces, np.int32, ["C", "W"]),
        np.require(face_parts, np.uint8, ["C", "W"]),
        scans.offsets,
        _cloud_for(int(scans.counts.max(initial=0))),
        np.empty(sampled.points.shape[1], np.int32),
        sampled.points[frames],
        sampled.parts[frames],
    )


def order_scans(scans: Scans, k: int) -> NDArray[np.int64]:
    """Return the hits that `sample_scans` keeps: indices into `scans.hits`, shaped (frames, k).

    Frames without hits have -1.
    """
    numbers = np.full((len(scans), k), -1, np.int64)
    _order_frames(
        np.require(scans.hits.points, np.float32, ["C", "W"]),
        scans.offsets,
        _cloud_for(int(scans.counts.max(initial=0))),
        np.empty(k, np.int32),
        numbers,
    )
    return numbers


def _cloud_for(points: int) -> tuple[NDArray[Any], ...]:
    """Return the fields of an uninitialized cloud of `points` points as a plain tuple."""
    room = -(-points // LANES) * LANES
    return tuple(Cloud(*np.empty((3, room), np.float32), *np.empty((2, room), np.int32)))


@kernel
def _sample_frames(
    points: NDArray[np.float32],
    faces: NDArray[np.int32],
    face_parts: NDArray[np.uint8],
    offsets: NDArray[np.int64],
    cloud_fields: tuple[Any, ...],
    order: NDArray[np.int32],
    sampled: NDArray[np.float32],
    parts: NDArray[np.uint8],
) -> None:
    for frame in range(len(sampled)):
        first, end = offsets[frame], offsets[frame + 1]
        if first < end:
            _order_points(points[first:end], Cloud(*cloud_fields), order)
            for place in range(len(order)):
                hit = first + order[place]
                for axis in range(3):
                    sampled[frame, place, axis] = points[hit, axis]
                parts[frame, place] = face_parts[faces[hit]]


@kernel
def _order_frames(
    points: NDArray[np.float32],
    offsets: NDArray[np.int64],
    cloud_fields: tuple[Any, ...],
    order: NDArray[np.int32],
    numbers: NDArray[np.int64],
) -> None:
    for frame in range(len(numbers)):
        first, end = offsets[frame], offsets[frame + 1]
        if first < end:
            _order_points(points[first:end], Cloud(*cloud_fields), order)
            for place in range(len(order)):
                numbers[frame, place] = first + order[place]


@kernel
def _order_cloud(
    points: NDArray[np.float32], cloud_fields: tuple[Any, ...], order: NDArray[np.int32]
) -> None:
    _order_points(points, Cloud(*cloud_fields), order)


@step
def _order_points(points: NDArray[np.float32], cloud: Cloud, order: NDArray[np.int32]) -> None:
    left: Whole = len(points)
    chosen = 0
    _fill_cloud(points, cloud)
    place = _first_place(cloud, left)
    for number in range(min(len(points), len(order))):
        order[number] = cloud.number[place]
        x, y, z = cloud.x[place], cloud.y[place], cloud.z[place]
        cloud.gap[place] = CHOSEN
        chosen += 1
        if chosen * CROWDED > left:
            left, chosen = _take_out_chosen(cloud, left), 0
        place = _place_of(_close_gaps(cloud, left, x, y, z), cloud, left)
    for number in range(len(points), len(order)):
        order[number] = order[number - len(points)]


@inlined
def _padded(points: Whole) -> Whole:
    return (points + LANES - 1) // LANES * LANES


@inlined
def _fill_cloud(points: NDArray[np.float32], cloud: Cloud) -> None:
    for point in range(len(points)):
        cloud.x[point], cloud.y[point], cloud.z[point] = points[point]
        cloud.gap[point], cloud.number[point] = FAR, point
    _pad_cloud(cloud, len(points))


@inlined
def _pad_cloud(cloud: Cloud, points: Whole) -> None:
    for point in range(points, _padded(points)):
        cloud.x[point], cloud.y[point], cloud.z[point] = ZERO, ZERO, ZERO
        cloud.gap[point] = CHOSEN


@inlined
def _first_place(cloud: Cloud, count: Whole) -> np.int32:
    """Return the point farthest from the bounding box's center, which is free of sum rounding."""
    middle_x = HALF * (cloud.x[:count].min() + cloud.x[:count].max())
    middle_y = HALF * (cloud.y[:count].min() + cloud.y[:count].max())
    middle_z = HALF * (cloud.z[:count].min() + cloud.z[:count].max())
    place = _place_of(_close_gaps(cloud, count, middle_x, middle_y, middle_z), cloud, count)
    cloud.gap[:count] = FAR
    return place


@inlined
def _close_gaps(cloud: Cloud, left: Whole, x: np.float32, y: np.float32, z: np.float32) -> np.int32:
    """Update the gaps for a newly chosen point, and return the largest remaining gap."""
    xs, ys, zs, gap = cloud.x, cloud.y, cloud.z, cloud.gap
    widest = CHOSEN
    for point in range(_padded(left)):
        dx, dy, dz = xs[point] - x, ys[point] - y, zs[point] - z
        square = np.float32(dx * dx + dy * dy + dz * dz).view(np.int32)
        gap[point] = square if square < gap[point] else gap[point]
        widest = gap[point] if gap[point] > widest else widest
    return widest


@inlined
def _place_of(widest: np.int32, cloud: Cloud, left: Whole) -> np.int32:
    """Return the first point with the largest gap."""
    gap, room = cloud.gap, _padded(left)
    first = np.int32(room)
    for point in range(room):
        candidate = np.int32(point) if gap[point] == widest else np.int32(room)
        first = candidate if candidate < first else first
    return first


@step
def _take_out_chosen(cloud: Cloud, left: Whole) -> Whole:
    """Remove the chosen points, keep the order of the others, and return their number."""
    xs, ys, zs, gap, number = cloud.x, cloud.y, cloud.z, cloud.gap, cloud.number
    kept = np.uint64(0)
    for point in range(left):
        xs[kept], ys[kept], zs[kept] = xs[point], ys[point], zs[point]
        gap[kept], number[kept] = gap[point], number[point]
        kept += np.uint64(gap[point] > CHOSEN)
    _pad_cloud(cloud, np.int64(kept))
    return np.int64(kept)
