"""The bundled free body, because SMPL's license does not allow redistribution.

Its file has SMPL's format and is loaded like any other body. The credits are in the same folder as
the file.
"""

from functools import lru_cache
from importlib.resources import as_file, files

from motiondata.bodies.body import Body
from motiondata.bodies.loading import read_body
from motiondata.errors import InputError


@lru_cache(maxsize=1)
def bundled_body() -> Body:
    """Load the bundled body, cached; raises `InputError` if the installation lacks its file."""
    with as_file(files("motiondata.bodies") / "data" / "free_body.npz") as path:
        if not path.is_file():
            raise InputError(
                f"{path}: this installation lacks the bundled body; install the package again, "
                f"or choose another body file"
            )
        return read_body(path)
