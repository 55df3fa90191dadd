"""Footprints: merge the three fine rays of a beam into the echo that a unit reports.

A ray whose center misses can return by its side, weakly, and a ray across two surfaces returns
their mean or one of them. So the edges of a person are wider, and their returns are weak.
"""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from motiondata.jit import kernel, step
from motiondata.lidar.scans import Scan

NO_HIT = np.int32(-1)
FAR = 1e9
"""The range of a ray of a footprint that hits nothing, meters."""


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
    columns: int,
    factor: int,
    side: int,
    separation: float,
    nearest: bool,
    fewest: int,
    row: NDArray[np.int32],
    echo_fields: tuple[Any, ...],
    echo_offsets: NDArray[np.int64],
) -> None:
    """Write the echoes of frames, and `echo_offsets[i]`, the number of echoes before frame i.

    The scan has `factor` fine columns for each of `columns`; side rays are `side` fine columns from
    the center, or there are none if it is 0. `row`, shaped (fine columns,), is `NO_HIT`. Hits
    within `separation` meters merge; of several echoes, the strongest is reported, or the
    `nearest`. A footprint that fewer than `fewest` rays hit has no echo: what is behind outshines
    it. There must be room for three echoes for every fine hit.
    """
    scan = Scan(*scan_fields)
    beams, places = scan.beams, scan.columns
    count = 0
    for frame in range(len(offsets) - 1):
        hit, end = offsets[frame], offsets[frame + 1]
        while hit < end:
            start, beam = hit, beams[hit]
            while hit < end and beams[hit] == beam:
                row[places[hit]] = hit
                hit += 1
            count = _merge_beam(
                places, scan.ranges, powers, (start, hit), (columns, factor, side),
                separation, nearest, fewest, row, echo_fields, count,
            )  # fmt: skip
            for place in range(start, hit):
                row[places[place]] = NO_HIT
        echo_offsets[frame + 1] = count


@step
def _merge_beam(
    places: NDArray[np.int32],
    ranges: NDArray[np.float32],
    powers: NDArray[np.float64],
    span: tuple[int, int],
    shape: tuple[int, int, int],
    separation: float,
    nearest: bool,
    fewest: int,
    row: NDArray[np.int32],
    echo_fields: tuple[Any, ...],
    count: int,
) -> int:
    """Write the echoes of one beam in the order of columns.

    Only columns near hits are visited, and both ends of the row, which a footprint can cross.
    """
    (start, end), (columns, factor, side) = span, shape
    hits, echo_columns, echo_ranges, echo_powers = echo_fields
    margin, fine_columns, share = side // factor, columns * factor, 1.0 / 3.0 if side > 0 else 1.0
    column = 0
    for place in range(start - 1, end + 1):
        low, high = 0, margin
        if place == end:
            low, high = columns - 1 - margin, columns - 1
        elif place >= start:
            low = (places[place] - side + factor - 1) // factor
            high = (places[place] + side) // factor
        column, high = max(low, column), min(high, columns - 1)
        while column <= high:
            center = column * factor
            left, right = center - side, center + side
            left += fine_columns if left < 0 else 0
            right -= fine_columns if right >= fine_columns else 0
            a, b, c = row[left] if side > 0 else NO_HIT, row[center], row[right]
            c = c if side > 0 else NO_HIT
            if (a != NO_HIT) + (b != NO_HIT) + (c != NO_HIT) >= fewest:
                ra, pa = (np.float64(ranges[a]), powers[a]) if a != NO_HIT else (FAR, 0.0)
                rb, pb = (np.float64(ranges[b]), powers[b]) if b != NO_HIT else (FAR, 0.0)
                rc, pc = (np.float64(ranges[c]), powers[c]) if c != NO_HIT else (FAR, 0.0)
                merged, power, which = merge_three(ra, pa, rb, pb, rc, pc, separation, nearest)
                hits[count] = a if which == 0 else b if which == 1 else c
                echo_columns[count] = column
                echo_ranges[count] = merged
                echo_powers[count] = share * power
                count += 1
            column += 1
    return count


@step
def merge_three(
    ra: float,
    pa: float,
    rb: float,
    pb: float,
    rc: float,
    pc: float,
    separation: float,
    nearest: bool,
) -> tuple[float, float, int]:
    """Return the range and the power of the reported echo of three rays, and its main ray.

    Each ray has a range, meters, and a power; a ray that hits nothing is at `FAR`. An echo begins
    at one of them and has those up to `separation` behind it.
    """
    sa, sb, sc = _signal(ra, pa), _signal(rb, pb), _signal(rc, pc)
    start = min(ra, rb, rc)
    last = max(ra if ra < FAR else 0.0, rb if rb < FAR else 0.0, rc if rc < FAR else 0.0)
    if last > start + separation and not nearest:
        best = _within(ra, ra, sa, separation) + _within(ra, rb, sb, separation)
        best += _within(ra, rc, sc, separation)
        start = ra
        for lead in (rb, rc):
            signal = _within(lead, ra, sa, separation) + _within(lead, rb, sb, separation)
            signal += _within(lead, rc, sc, separation)
            if signal > best or (signal == best and lead < start):
                best, start = signal, lead
    sa, sb, sc = (
        _within(start, ra, sa, separation), _within(start, rb, sb, separation),
        _within(start, rc, sc, separation),
    )  # fmt: skip
    power = _within(start, ra, pa, separation) + _within(start, rb, pb, separation)
    power += _within(start, rc, pc, separation)
    total = sa + sb + sc
    main = 1 if sb >= sa and sb >= sc and rb < FAR else 0 if sa >= sc and ra < FAR else 2
    if total == 0:
        return start, power, 0 if ra == start else 1 if rb == start else 2
    behind = sa * (ra - start) + sb * (rb - start) + sc * (rc - start)
    return start + behind / total, power, main


@step
def _signal(distance: float, power: float) -> float:
    return power / (distance * distance)


@step
def _within(start: float, distance: float, value: float, separation: float) -> float:
    """Return a value of a ray, or zero if the ray is not part of the echo from `start`."""
    return value if start <= distance <= start + separation else 0.0
