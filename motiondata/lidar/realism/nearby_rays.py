"""Which rays of a moving sensor can matter in a frame, so that it casts no others at a scene."""

import numpy as np
from numpy.typing import NDArray

from motiondata.jit import kernel
from motiondata.lidar.placement import invert_rigid
from motiondata.lidar.realism.joining import REACH
from motiondata.lidar.scans import Scan

Floats = NDArray[np.float64]


def nearby_rays(
    directions: Floats,
    person: Scan,
    side: int,
    T_sensor_world: Floats,
    pelvis: Floats,
    radius: float,
) -> NDArray[np.int64]:
    """Return the numbers of the rays that meet the person, their neighbors, and those near it.

    `directions` are those of all rays, shaped (beams, columns, 3), and `side` is the distance of
    neighbors in columns. Rays are near if they pass within `radius` meters of the `pelvis`, shaped
    (3,), world frame, horizontally; a radius of 0 means none. Numbers are in order of beam, then of
    column.
    """
    beams, columns, _ = directions.shape
    marks = np.zeros(beams * columns, np.bool_)
    for reach in range(-REACH, REACH + 1):
        neighbors = (person.columns + reach * side) % columns
        marks[person.beams.astype(np.int64) * columns + neighbors] = True
    if radius > 0:
        T_world_sensor = invert_rigid(T_sensor_world)
        apart = pelvis[:2] - T_world_sensor[:2, 3]
        mark_toward(directions.reshape(-1, 3), T_world_sensor[:2, :3], apart, radius**2, marks)
    return np.flatnonzero(marks)


@kernel
def mark_toward(
    directions: Floats, turn: Floats, apart: Floats, square: float, marks: NDArray[np.bool_]
) -> None:
    """Mark the rays that pass a place within a distance, horizontally, if they do not point away.

    `turn` are the first two rows of the rotation to the world frame; `apart`, shaped (2,), is the
    place seen from the sensor, world frame; `square` is the squared distance. If the sensor is
    within the distance, all rays that fire are marked.
    """
    x, y = apart[0], apart[1]
    is_inside = x * x + y * y <= square
    for ray in range(len(directions)):
        a, b, c = directions[ray, 0], directions[ray, 1], directions[ray, 2]
        along = turn[0, 0] * a + turn[0, 1] * b + turn[0, 2] * c
        aside = turn[1, 0] * a + turn[1, 1] * b + turn[1, 2] * c
        beside, level = x * aside - y * along, along * along + aside * aside
        meets = (x * along + y * aside > 0) & (beside * beside <= square * level)
        marks[ray] |= meets | (is_inside & (level >= 0))
