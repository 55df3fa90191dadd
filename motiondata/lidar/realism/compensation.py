"""Compensate points for the motion of the sensor within a turn (de-skewing).

A point is measured in the frame of the sensor at its own time. It is moved to the frame of the
sensor at the time of the frame. The sensor moves linearly between both ends of the person's sector.
"""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from motiondata.lidar.observer import Request
from motiondata.lidar.placement import compose, invert_rigid, turn
from motiondata.lidar.point_values import Hits


def compensate(hits: Hits, request: Request, seconds_per_turn: float) -> Hits:
    """Return the hits with points in the frame of the sensor at the time of each frame."""
    sweep, scans = request.sweep, hits.scans
    if sweep is None or sweep.T_sensor_world is None:
        return hits
    moved = compose(request.T_sensor_world, invert_rigid(sweep.T_sensor_world[:2]))
    frames = np.repeat(np.arange(len(scans)), scans.counts)
    times = hits.column_times[scans.hits.columns] - seconds_per_turn / 2
    first, last = sweep.times[:, frames]
    points = scans.hits.points.astype(np.float64)
    start, end = (_apply(transform[frames], points) for transform in moved)
    shares = ((times - first) / (last - first))[:, None]
    found = (start + shares * (end - start)).astype(np.float32)
    return replace(hits, scans=replace(scans, hits=scans.hits._replace(points=found)))


def _apply(transforms: NDArray[np.float64], points: NDArray[np.float64]) -> NDArray[np.float64]:
    return turn(transforms[:, :3, :3], points) + transforms[:, :3, 3]
