"""Footprints: merge the three fine rays of a beam into the echo that a unit reports.

A ray whose center misses can return by its side, weakly, and a ray across two surfaces returns
their mean or one of them. So the edges of a person are wider, and their returns are weak. Inside a
surface, the sides of a footprint are taken to be as its center is: see `cpu.side_rays`.
"""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from motiondata.jit import inlined, kernel
from motiondata.lidar.realism.merging import FAR, merge_near, merge_three
from motiondata.lidar.scans import Scan

NO_HIT = np.int32(-1)


class Echoes(NamedTuple):
    """The echoes of consecutive frames, by beam, then by column."""

    hits: NDArray[np.int32]
    """The fine hit with most of the power of each echo."""
    columns: NDArray[np.int32]
    """The column of the unit."""
    ranges: NDArray[np.float64]
    """The mean range of the hits of the echo, weighted by their signals, meters."""
    powers: NDArray[np.float64]
    """The power of the echo relative to a white surface that fills the footprint and faces it."""


@kernel
def merge_echoes(
    scan_fields: tuple[Any, ...],
    offsets: NDArray[np.int64],
    powers: NDArray[np.float64],
    shape: tuple[int, int, int],
    step: float,
    separation: float,
    nearest: bool,
    fewest: int,
    hit_of_ray: NDArray[np.int32],
    footprints: NDArray[np.int32],
    echo_fields: tuple[Any, ...],
    echo_offsets: NDArray[np.int64],
) -> None:
    """Write the echoes of frames, and `echo_offsets[i]`, the number of echoes before frame i.

    `shape` has the columns, the fine columns of each, and the distance of side rays from the
    center, fine columns; without side rays, it is 0. The hits are by beam, then by column. A
    footprint is whole if its center and both neighbors hit, and their ranges differ by at most the
    `step`, meters: its side rays are then not read, and are taken to be as its center. Hits within
    `separation` meters merge; of several echoes, the strongest is reported, or the `nearest`. A
    footprint that fewer than `fewest` rays hit has no echo: what is behind outshines it.
    `hit_of_ray`, shaped (beams x fine columns,), is `NO_HIT`. `footprints` has room for
    `footprints_per_hit` for every hit, and the echoes have room for one more than three.
    """
    scan, echoes, count = Scan(*scan_fields), Echoes(*echo_fields), 0
    for frame in range(len(offsets) - 1):
        first, end = offsets[frame], offsets[frame + 1]
        listed = _list_footprints(scan, first, end, shape, hit_of_ray, footprints)
        count = _merge_footprints(
            scan.ranges, powers, shape, step, separation, nearest, fewest, hit_of_ray, footprints,
            listed, echoes, count,
        )  # fmt: skip
        fine_columns = shape[0] * shape[1]
        for hit in range(first, end):
            hit_of_ray[scan.beams[hit] * fine_columns + scan.columns[hit]] = NO_HIT
        echo_offsets[frame + 1] = count


def footprints_per_hit(factor: int, side: int) -> int:
    """Return the largest number of footprints to look at because of a hit."""
    return (2 * side // factor + 1) + 2 * (side // factor + 1)


@inlined
def _list_footprints(
    scan: Scan,
    first: int,
    end: int,
    shape: tuple[int, int, int],
    hit_of_ray: NDArray[np.int32],
    footprints: NDArray[np.int32],
) -> int:
    """Write the hit of each ray, and list the footprints around hits in order; return how many.

    A footprint is its beam times the columns, plus its column. The inner loop writes
    unconditionally and counts conditionally, so that there is no branch to mispredict. The first
    and the last columns look straight ahead, where people often are. Their footprints have rays at
    the other end of the row, and are listed if a hit there may be one of them.
    """
    beams, places, (columns, factor, side) = scan.beams, scan.columns, shape
    fine_columns, margin = columns * factor, side // factor
    most = 2 * side // factor + 1
    inverse, after = 1.0 / factor, factor - 1 + 0.5  # halves are never rounded to another column
    listed: Any = np.uint64(0)
    latest: Any = np.int64(-1)
    hit: Any = np.uint64(first)
    while hit < np.uint64(end):
        start: Any = hit
        beam: Any = np.int64(beams[hit])
        column, ray = beam * columns, beam * fine_columns
        while hit < np.uint64(end) and beams[hit] == beam:
            hit_of_ray[np.uint64(ray + places[hit])] = hit
            hit += np.uint64(1)
        if places[hit - np.uint64(1)] >= fine_columns - side:
            listed = _list_all(footprints, listed, column, column + margin + 1)
            latest = column + margin
        for own in range(start, hit):
            place: Any = np.int64(places[own])
            low = np.int64((max(place - side, 0) + after) * inverse)
            high: Any = min(np.int64((place + side + 0.5) * inverse), columns - 1)
            for near in range(low, low + most):
                footprint = column + near if near <= high else -1
                footprints[listed] = footprint
                listed += np.uint64(footprint > latest)
                latest = max(latest, footprint)
        if places[start] < side:
            past = column + columns
            listed = _list_all(footprints, listed, max(latest + 1, past - 1 - margin), past)
    return int(listed)


@inlined
def _list_all(footprints: NDArray[np.int32], listed: Any, first: int, end: int) -> Any:
    """List the footprints of consecutive columns, and return how many are listed."""
    for footprint in range(first, end):
        footprints[listed] = footprint
        listed += np.uint64(1)
    return listed


@inlined
def _merge_footprints(
    ranges: NDArray[np.float32],
    powers: NDArray[np.float64],
    shape: tuple[int, int, int],
    step: float,
    separation: float,
    nearest: bool,
    fewest: int,
    hit_of_ray: NDArray[np.int32],
    footprints: NDArray[np.int32],
    listed: int,
    echoes: Echoes,
    count: int,
) -> int:
    """Write the echoes of the listed footprints, and return the number of echoes."""
    columns, factor, side = np.uint32(shape[0]), np.int64(shape[1]), np.int64(shape[2])
    fine_columns, share = np.int64(columns) * factor, 1.0 / 3.0 if side > 0 else 1.0
    echo_hits, echo_columns = echoes.hits, echoes.columns
    echo_ranges, echo_powers = echoes.ranges, echoes.powers
    found = np.uint64(count)
    for place in range(np.uint64(listed)):
        footprint = np.uint32(footprints[place])
        column = footprint % columns
        center, middle = np.int64(footprint) * factor, np.int64(column) * factor
        b = hit_of_ray[np.uint64(center)]
        rb, pb = _ray(ranges, powers, b)
        inside = (column > 0) & (column < columns - 1)
        before, _ = _ray(ranges, powers, hit_of_ray[np.uint64(center - factor * inside)])
        after, _ = _ray(ranges, powers, hit_of_ray[np.uint64(center + factor * inside)])
        echo_columns[found] = column
        if inside & (b >= 0) & (abs(before - rb) <= step) & (abs(after - rb) <= step):
            echo_hits[found], echo_ranges[found], echo_powers[found] = b, rb, pb
            found += np.uint64(1)
            continue
        left = center - side + (fine_columns if middle < side else 0)
        right = center + side - (fine_columns if middle + side >= fine_columns else 0)
        a = hit_of_ray[np.uint64(left)] if side > 0 else NO_HIT
        c = hit_of_ray[np.uint64(right)] if side > 0 else NO_HIT
        ra, pa = _ray(ranges, powers, a)
        rc, pc = _ray(ranges, powers, c)
        merged, power, which = merge_near(ra, pa, rb, pb, rc, pc, separation)
        if which < 0:
            merged, power, which = merge_three(ra, pa, rb, pb, rc, pc, separation, nearest)
        main = a if which == 0 else c
        echo_hits[found] = b if which == 1 else main
        echo_ranges[found], echo_powers[found] = merged, share * power
        found += np.uint64(np.int64(a >= 0) + np.int64(b >= 0) + np.int64(c >= 0) >= fewest)
    return int(found)


@inlined
def _ray(
    ranges: NDArray[np.float32], powers: NDArray[np.float64], hit: np.int32
) -> tuple[float, float]:
    """Return the range and the power of a hit, or those of a ray that hits nothing.

    Values of another hit are read and replaced, so that there is no branch at edges of a person.
    """
    at = np.uint32(hit if hit > 0 else 0)
    distance, power = np.float64(ranges[at]), powers[at]
    return (distance if hit >= 0 else FAR), (power if hit >= 0 else 0.0)
