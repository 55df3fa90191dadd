"""Load or compile the kernels of realism before a build starts; see `cpu.precompile`."""

from collections.abc import Callable
from dataclasses import replace
from functools import cache

import numpy as np

from motiondata.jit import compiling_once
from motiondata.lidar.cpu.precompile import one_face_request, one_ray_sensor
from motiondata.lidar.observer import Request, Sweep
from motiondata.lidar.realism.observer import RealisticObserver
from motiondata.lidar.realism.settings import Realism
from motiondata.lidar.surroundings import OTHER, Box, Surroundings


@cache
def precompile_realism(announce: Callable[[str], None]) -> None:
    """Load the kernels, once per process; call `announce` when compiling or waiting."""
    with compiling_once(announce):
        settings, request = Realism(rolling_shutter=1.0), _in_everything(one_face_request())
        for with_extras in (True, False):
            RealisticObserver(one_ray_sensor(), 1, settings, with_extras).begin(request)


def _in_everything(request: Request) -> Request:
    """Return the request of a moving person in surroundings."""
    times = np.array([[-0.01], [0.01]])
    sweep = Sweep(times, np.stack([request.pose] * 2), np.stack([request.trans] * 2))
    around = Surroundings(
        request.shaped.body.vertices,
        request.shaped.body.faces,
        np.array([OTHER], np.uint8),
        Box(1.0, 0.0, 1.0),
    )
    return replace(request, sweep=sweep, surroundings=around)
