"""Join the hits on a person with those of a still view: the nearest of each ray that can matter."""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from motiondata.jit import kernel, step
from motiondata.lidar.cpu.scanner import empty_scan
from motiondata.lidar.realism.footprints import NO_HIT
from motiondata.lidar.realism.reflection import Shading, empty_shading
from motiondata.lidar.scans import Scan

REACH = 2
"""Two footprints share a fine ray if they are up to this many times the distance of side rays
apart."""


class ShadedHits(NamedTuple):
    """Hits of fine rays, and what the surface does at each."""

    scan: Scan
    shading: Shading


def empty_hits(room: int) -> ShadedHits:
    """Return memory for hits."""
    return ShadedHits(empty_scan(room), empty_shading(room))


def first_hits(hits: ShadedHits, count: int) -> ShadedHits:
    """Return views of the first hits."""
    points, faces, beams, columns, ranges = hits.scan
    powers, slopes, drifts = hits.shading
    first = slice(count)
    return ShadedHits(
        Scan(points[first], faces[first], beams[first], columns[first], ranges[first]),
        Shading(powers[first], slopes[first], drifts[first]),
    )


def cut_hits(
    hits: ShadedHits, offsets: NDArray[np.int64], frame: int
) -> tuple[ShadedHits, NDArray[np.int64]]:
    """Return views of the hits of a frame, and the hits before it and after it."""
    part = slice(int(offsets[frame]), int(offsets[frame + 1]))
    points, faces, beams, columns, ranges = hits.scan
    scan = Scan(points[part], faces[part], beams[part], columns[part], ranges[part])
    shading = Shading(*(values[part] for values in hits.shading))
    return ShadedHits(scan, shading), np.array([0, part.stop - part.start])


def chain_hits(
    frames: list[tuple[ShadedHits, NDArray[np.int64]]],
) -> tuple[ShadedHits, NDArray[np.int64]]:
    """Return the hits of consecutive frames, and the hits before each."""
    counts = [int(offsets[-1]) for _, offsets in frames]
    scans, shadings = zip(*(hits for hits, _ in frames), strict=True)
    scan = Scan(*map(np.concatenate, zip(*scans, strict=True)))
    shading = Shading(*map(np.concatenate, zip(*shadings, strict=True)))
    return ShadedHits(scan, shading), np.cumsum([0, *counts])


@kernel
def list_inside(points: Any, low: Any, high: Any, inside: Any) -> int:
    """List the points between two corners, and return how many they are."""
    count = 0
    for point in range(len(points)):
        x, y, z = points[point, 0], points[point, 1], points[point, 2]
        inside[count] = point
        count += (
            (low[0] <= x) & (x <= high[0]) & (low[1] <= y) & (y <= high[1])
            & (low[2] <= z) & (z <= high[2])
        )  # fmt: skip
    return count


@kernel
def join_hits(
    person: tuple[Any, ...],
    offsets: NDArray[np.int64],
    still: tuple[Any, ...],
    places: NDArray[np.int32],
    body_faces: int,
    near: NDArray[np.int32],
    near_places: NDArray[np.float64],
    pelvis: NDArray[np.float64],
    square: float,
    shape: tuple[int, int, int],
    limits: tuple[float, float],
    marks: NDArray[np.bool_],
    row: NDArray[np.int32],
    joined: tuple[Any, ...],
    counts: NDArray[np.int64],
) -> None:
    """Write the joined hits beam by beam; `marks` are the columns of a beam that are looked at."""
    beams, columns, side = shape
    person_beams, person_columns = person[2], person[3]
    still_beams, still_columns = still[2], still[3]
    count = 0
    for frame in range(len(pelvis)):
        hit, end, at = offsets[frame], offsets[frame + 1], 0
        for beam in range(beams):
            low, high = columns, -1
            while hit < end and person_beams[hit] == beam:
                column = person_columns[hit]
                row[column] = hit
                low, high = _mark(marks, column, side, columns, low, high)
                hit += 1
            while at < len(near) and still_beams[near[at]] == beam:
                x = near_places[at, 0] - pelvis[frame, 0]
                y = near_places[at, 1] - pelvis[frame, 1]
                if x * x + y * y <= square:
                    column = still_columns[near[at]]
                    low, high = _mark(marks, column, side, columns, low, high)
                at += 1
            count = _report(
                person, still, places, body_faces, beam, (low, high, columns), limits, marks, row,
                joined, count,
            )  # fmt: skip
        counts[frame + 1] = count


@step
def _mark(marks: Any, column: int, side: int, columns: int, low: int, high: int) -> tuple[int, int]:
    """Mark a column and those of its footprints, and return the range of marked columns."""
    for reach in range(-REACH, REACH + 1):
        other = column + reach * side
        if other < 0 or other >= columns:
            other += columns if other < 0 else -columns
        marks[other] = True
        low, high = min(low, other), max(high, other)
    return low, high


@step
def _report(
    person: Any,
    still: Any,
    places: Any,
    body_faces: int,
    beam: int,
    span: tuple[int, int, int],
    limits: tuple[float, float],
    marks: Any,
    row: Any,
    joined: Any,
    count: int,
) -> int:
    """Write the nearest hits of the marked columns of a beam, and clear the marks."""
    points, faces, beams, places_of, ranges, powers, slopes, drifts = joined
    low, high, columns = span
    for column in range(low, high + 1):
        if not marks[column]:
            continue
        own, other = row[column], places[beam * columns + column]
        marks[column], row[column] = False, NO_HIT
        is_own = own != NO_HIT and (other == NO_HIT or person[4][own] <= still[4][other])
        if not is_own and other == NO_HIT:
            continue
        place = own if is_own else other
        distance = person[4][place] if is_own else still[4][place]
        if not (limits[0] <= distance <= limits[1]):
            continue
        for axis in range(3):
            points[count, axis] = person[0][place, axis] if is_own else still[0][place, axis]
        faces[count] = person[1][place] if is_own else still[1][place] + body_faces
        beams[count], places_of[count], ranges[count] = beam, column, distance
        powers[count] = person[5][place] if is_own else still[5][place]
        slopes[count] = person[6][place] if is_own else still[6][place]
        drifts[count] = person[7][place] if is_own else still[7][place]
        count += 1
    return count
