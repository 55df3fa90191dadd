"""Load or compile the kernels of realism before a build starts; see `cpu.precompile`."""

from collections.abc import Callable
from functools import cache

from motiondata.jit import compiling_once
from motiondata.lidar.cpu.precompile import one_face_request, one_ray_sensor
from motiondata.lidar.realism.observer import RealisticObserver
from motiondata.lidar.realism.settings import Realism


@cache
def precompile_realism(announce: Callable[[str], None]) -> None:
    """Load the kernels, once per process; call `announce` when compiling or waiting."""
    with compiling_once(announce):
        RealisticObserver(one_ray_sensor(), 1, Realism()).begin(one_face_request())
