"""Motion data, its sources, and the LiDAR simulation.

This package uses neither Ray nor tar files, and has no command line. The functions of the Python
interface (docs/api.md) are imported on first use, so that `import motiondata` is fast.
"""

from importlib import import_module
from typing import TYPE_CHECKING

from motiondata.extras import naming_extras

if TYPE_CHECKING:
    from motiondata.bodies.load_body import load_body
    from motiondata.bodies.posing import pose_body
    from motiondata.lidar.cpu.sampling import farthest_points
    from motiondata.lidar.scan_mesh import scan_mesh
    from motiondata.motion_files.glb import write_glb
    from motiondata.sources.amass.read_amass import read_amass

__all__ = ["scan_mesh", "load_body", "pose_body", "read_amass", "farthest_points", "write_glb"]
__version__ = "0.2.0"

_MODULES = {
    "scan_mesh": "motiondata.lidar.scan_mesh",
    "load_body": "motiondata.bodies.load_body",
    "pose_body": "motiondata.bodies.posing",
    "read_amass": "motiondata.sources.amass.read_amass",
    "farthest_points": "motiondata.lidar.cpu.sampling",
    "write_glb": "motiondata.motion_files.glb",
}
"""The module of each function."""


def __getattr__(name: str) -> object:
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    with naming_extras():
        function: object = getattr(import_module(_MODULES[name]), name)
    globals()[name] = function
    return function


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
