"""The devices that can observe, by name; light, because the command line lists them."""

from importlib.util import find_spec
from typing import TYPE_CHECKING

from motiondata.errors import InputError

if TYPE_CHECKING:
    from motiondata.lidar.observer import Observer
    from motiondata.lidar.sensor import Sensor
from motiondata.devices import CPU


def make_observer(device: str, sensor: "Sensor", points: int) -> "Observer":
    """Make an observer that keeps so many points of each frame, on a device.

    A GPU is not touched before it has something to do, in the process that does it; what it needs
    is installed, or `InputError` is raised.
    """
    if device == CPU:
        from motiondata.lidar.cpu.observer import CpuObserver

        return CpuObserver(sensor, points)
    if find_spec("numba_cuda") is None:
        raise InputError(
            "--device cuda: expected the package numba-cuda, found none: "
            "run pip install 'motiondata[gpu]', or use --device cpu"
        )
    from motiondata.lidar.cuda.observer import CudaObserver

    return CudaObserver(sensor, points)
