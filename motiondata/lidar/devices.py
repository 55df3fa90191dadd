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
    declined, which saves time. A sensor with a scan pattern is always observed by the CPU.

    The GPU is not opened here: the process that does the work opens it with its first batch. Raises
    `InputError` for `cuda` if numba-cuda is not installed.
    """
    if device == CPU or sensor.pattern is not None:
        return _on_cpu(sensor, points, realism, with_extras)
    if find_spec("numba_cuda") is None:
        raise InputError(
            "--device cuda: expected the package numba-cuda, found none: "
            "run pip install 'motiondata[gpu]', or use --device cpu"
        )
    if realism is None:
        from motiondata.lidar.cuda.observer import CudaObserver

        return CudaObserver(sensor, points)
    from motiondata.lidar.cuda.realistic_observer import CudaRealisticObserver

    return CudaRealisticObserver(sensor, points, realism, with_extras)


def _on_cpu(
    sensor: "Sensor", points: int, realism: "Realism | None", with_extras: bool
) -> "Observer":
    if realism is None:
        from motiondata.lidar.cpu.observer import CpuObserver

        return CpuObserver(sensor, points)
    from motiondata.lidar.realism.observer import RealisticObserver

    return RealisticObserver(sensor, points, realism, with_extras)
