"""System libraries that Open3D needs and `pip` does not install.

Without them, `import open3d` fails with a traceback that names only the first missing library.
"""

import ctypes
from collections.abc import Mapping

import click

from benchmarks.builds.peers import is_installed

OPEN3D_LIBRARIES = {
    "libusb-1.0.so.0": "libusb-1.0-0",
    "libGL.so.1": "libgl1",
    "libEGL.so.1": "libegl1",
    "libX11.so.6": "libx11-6",
    "libgomp.so.1": "libgomp1",
}
"""The file of each library, and the Debian and Ubuntu package that contains it. Source: `ldd` of
the extension module of Open3D 0.20."""


def missing_libraries(libraries: Mapping[str, str]) -> dict[str, str]:
    """Return the libraries that the system does not have, with their packages."""
    return {name: package for name, package in libraries.items() if not _is_found(name)}


def expect_libraries(libraries: Mapping[str, str] = OPEN3D_LIBRARIES) -> None:
    """Raise a `ClickException` with the missing libraries if Open3D is installed."""
    missing = missing_libraries(libraries) if is_installed("Open3D") else {}
    if missing:
        raise click.ClickException(
            f"Open3D needs {', '.join(missing)}, which this system does not have: run "
            f"`apt-get install {' '.join(missing.values())}` (Debian, Ubuntu), or "
            "`pip uninstall open3d` to measure without it"
        )


def _is_found(name: str) -> bool:
    try:
        ctypes.CDLL(name)
    except OSError:
        return False
    return True
