"""Move the vertices of a body to where they are when the sensor sees them."""

import math
from typing import Any

import numpy as np

from motiondata.jit import step

TINY = np.float32(1e-12)
RADIANS = np.float32(2 * math.pi)
ONE, HALF, QUARTER = np.float32(1.0), np.float32(0.5), np.float32(0.25)
ATAN = tuple(
    np.float32(coefficient / (2 * math.pi))
    for coefficient in (0.99997726, -0.33262347, 0.19354346, -0.11643287, 0.05265332, -0.01172120)
)
"""A polynomial of the arc tangent from 0 to 1, in turns: errors are below 2e-6 radians (Abramowitz
and Stegun, "Handbook of Mathematical Functions", 4.4.49 has one of this form)."""


@step
def move_vertices(
    start: Any, end: Any, times: tuple[float, float], seconds_per_turn: float, moved: Any
) -> None:
    """Write where each vertex is when it is seen, shaped (3, vertices), sensor frame.

    `start` and `end` are the vertices at `times`, seconds from mid-turn.
    """
    begun, per_turn = start_and_pace(times, seconds_per_turn)
    for vertex in range(start.shape[1]):
        moved[0, vertex], moved[1, vertex], moved[2, vertex] = place_when_seen(
            start[0, vertex], start[1, vertex], start[2, vertex],
            end[0, vertex], end[1, vertex], end[2, vertex], begun, per_turn,
        )  # fmt: skip


@step
def start_and_pace(times: tuple[Any, Any], seconds_per_turn: float) -> tuple[Any, Any]:
    """Return the middle of the turn's share of a motion at `times`, and how much a turn adds.

    Of the motion between both times, `share = azimuth in turns * pace - start` has passed.
    """
    duration = times[1] - times[0]
    return np.float32(times[0] / duration), np.float32(seconds_per_turn / duration)


@step
def place_when_seen(
    x: Any, y: Any, z: Any, end_x: Any, end_y: Any, end_z: Any, begun: Any, per_turn: Any
) -> tuple[Any, Any, Any]:
    """Return where a vertex is when it is seen, on its way from one place to another.

    On CPUs and GPUs. `begun` and `per_turn` are those of `start_and_pace`. The share is a step of
    Newton's method from the middle of the way; `pace` is how much of the way passes until the
    azimuth of a vertex is seen that goes the whole way on.
    """
    along, aside, up = end_x - x, end_y - y, end_z - z
    middle_x, middle_y = x + HALF * along, y + HALF * aside
    turned = middle_x * aside - middle_y * along
    square = RADIANS * (middle_x * middle_x + middle_y * middle_y)
    pace = max(min(per_turn * turned / max(square, TINY), HALF), -HALF)
    share = turns_of(middle_y, middle_x) * per_turn - begun
    share = HALF + (share - HALF) / (ONE - pace)
    return x + share * along, y + share * aside, z + share * up


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
