"""Make the observer for a device name.

Imports are deferred, because the command line imports this module to list the devices.
"""

from importlib.util import find_spec
from typing import TYPE_CHECKING

from motiondata.errors import InputError

if TYPE_CHECKING:
    from motiondata.lidar.observer import Observer
    from motiondata.lidar.realism.settings import Realism
    from motiondata.lidar.sensor import Sensor
from motiondata.devices import CPU


def make_observer(
    device: str,
    sensor: "Sensor",
    points: int,
    realism: "Realism | None" = None,
    with_extras: bool = True,
) -> "Observer":
    """Make an observer on a device that keeps `points` points per frame.

    With settings of `realism`, even if they are all off, its samples have `extras`, unless they are
    declined, which saves time; this observer runs on a CPU only, as scan patterns do.

    The GPU is not opened here: the process that does the work opens it with its first batch. Raises
    `InputError` for `cuda` if numba-cuda is not installed.
    """
    if realism is not None:
        from motiondata.lidar.realism.observer import RealisticObserver

        return RealisticObserver(sensor, points, realism, with_extras)
    if device == CPU:
        from motiondata.lidar.cpu.observer import CpuObserver

        return CpuObserver(sensor, points)
    if sensor.pattern is not None:
        raise InputError(
            f"--device {device}: expected a sensor with a fixed grid of rays, found {sensor.name}, "
            "whose scan pattern differs from frame to frame; use --device cpu"
        )
    if find_spec("numba_cuda") is None:
        raise InputError(
            "--device cuda: expected the package numba-cuda, found none: "
            "run pip install 'motiondata[gpu]', or use --device cpu"
        )
    from motiondata.lidar.cuda.observer import CudaObserver

    return CudaObserver(sensor, points)
