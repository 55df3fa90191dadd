"""Move the vertices of a body, and the hits on it, to where they are when the sensor sees them."""

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from motiondata.jit import kernel, step
from motiondata.lidar.realism.reflection import STEEPEST
from motiondata.lidar.scans import Scan

Floats = NDArray[np.float64]

TINY = np.float32(1e-12)
ONE, HALF, QUARTER = np.float32(1.0), np.float32(0.5), np.float32(0.25)
ATAN = tuple(
    np.float32(coefficient / (2 * math.pi))
    for coefficient in (0.99997726, -0.33262347, 0.19354346, -0.11643287, 0.05265332, -0.01172120)
)
"""A polynomial of the arc tangent from 0 to 1, in turns: errors are below 2e-6 radians (Abramowitz
and Stegun, "Handbook of Mathematical Functions", 4.4.49 has one of this form)."""


@kernel
def move_vertices(
    start: NDArray[np.float32],
    end: NDArray[np.float32],
    times: Floats,
    seconds_per_turn: float,
    moved: NDArray[np.float32],
) -> None:
    """Write where each vertex is when it is seen, shaped (frames, 3, vertices), sensor frame.

    `start` and `end` are the vertices at `times`, shaped (2, frames), seconds from mid-turn.
    """
    for frame in range(len(start)):
        first, last = times[0, frame], times[1, frame]
        _move_frame(start[frame], end[frame], first, last - first, seconds_per_turn, moved[frame])


@step
def _move_frame(
    start: Any, end: Any, first: float, duration: float, seconds_per_turn: float, moved: Any
) -> None:
    per_turn, begun = np.float32(seconds_per_turn / duration), np.float32(first / duration)
    half = np.float32(0.5)
    for vertex in range(start.shape[1]):
        x, y, z = start[0, vertex], start[1, vertex], start[2, vertex]
        along, aside, up = end[0, vertex] - x, end[1, vertex] - y, end[2, vertex] - z
        share = turns_of(y + half * aside, x + half * along) * per_turn - begun
        share = turns_of(y + share * aside, x + share * along) * per_turn - begun
        moved[0, vertex] = x + share * along
        moved[1, vertex] = y + share * aside
        moved[2, vertex] = z + share * up


@kernel
def move_hits(
    scan_fields: tuple[Any, ...],
    offsets: NDArray[np.int64],
    planes: NDArray[np.float32],
    start: NDArray[np.float32],
    end: NDArray[np.float32],
    faces: NDArray[np.int32],
    durations: Floats,
    lags: Floats,
) -> None:
    """Move hits to where their faces are a beam's lag later, along the rays.

    `durations`, shaped (frames,), are the seconds from `start` to `end`, and `lags`, shaped
    (beams,), are how much later than at the azimuth of its hits a beam fires. A face moves as its
    first vertex does. Hits on faces that are seen edge-on do not move.
    """
    scan = Scan(*scan_fields)
    points, hit_faces, beams, ranges = scan.points, scan.faces, scan.beams, scan.ranges
    for frame in range(len(start)):
        seen, first, last = planes[frame], start[frame], end[frame]
        for hit in range(offsets[frame], offsets[frame + 1]):
            i, j, k = faces[hit_faces[hit], 0], faces[hit_faces[hit], 1], faces[hit_faces[hit], 2]
            ax, bx = seen[0, j] - seen[0, i], seen[0, k] - seen[0, i]
            ay, by = seen[1, j] - seen[1, i], seen[1, k] - seen[1, i]
            az, bz = seen[2, j] - seen[2, i], seen[2, k] - seen[2, i]
            nx, ny, nz = ay * bz - az * by, az * bx - ax * bz, ax * by - ay * bx
            along = points[hit, 0] * nx + points[hit, 1] * ny + points[hit, 2] * nz
            flat = STEEPEST * ranges[hit] * math.sqrt(nx * nx + ny * ny + nz * nz)
            nearer = (last[0, i] - first[0, i]) * nx + (last[1, i] - first[1, i]) * ny
            nearer += (last[2, i] - first[2, i]) * nz
            share = lags[beams[hit]] / durations[frame]
            moved = 1 + share * (nearer / along if abs(along) > flat else 0.0)
            for axis in range(3):
                points[hit, axis] = moved * points[hit, axis]
            ranges[hit] = moved * ranges[hit]


@step
def turns_of(y: Any, x: Any) -> Any:
    """Return the azimuth of a point in turns, from -0.5 to 0.5, in single precision.

    Without branches, so that the compiler makes vectors of it.
    """
    beside, along = abs(y), abs(x)
    tangent = min(beside, along) / max(max(beside, along), TINY)
    z = tangent * tangent
    high = ATAN[3] + z * (ATAN[4] + z * ATAN[5])
    turns = tangent * (ATAN[0] + z * (ATAN[1] + z * (ATAN[2] + z * high)))
    turns = QUARTER - turns if beside > along else turns
    turns = HALF - turns if x < 0 else turns
    return -turns if y < 0 else turns
