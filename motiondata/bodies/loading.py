"""Load bodies from a file in SMPL's format, or from a folder with one file per gender.

Only the restricted reader reads pickles. `.npz` files are read by the reader of recordings, which
unpickles nothing and checks headers before use.
"""

from collections.abc import Mapping
from pathlib import Path

from motiondata.bodies.body import Body
from motiondata.bodies.folders import STAND_INS, find_bodies
from motiondata.bodies.smpl_format import KEYS, arrays_to_body
from motiondata.bodies.unpickling import read_pickle
from motiondata.errors import InputError, RecordingError
from motiondata.npz import open_npz
from motiondata.recording import GENDERS


def read_body(path: Path) -> Body:
    """Load a body from an `.npz` or `.pkl` file in SMPL's format.

    Raises `InputError` if the file is missing, unreadable, or not a body.
    """
    if not path.is_file():
        raise InputError(f"{path}: no such file; expected a body in SMPL's format, .npz or .pkl")
    readers = {".npz": _read_npz, ".pkl": read_pickle}
    if path.suffix not in readers:
        raise InputError(f"{path}: expected a body file that ends with .npz or .pkl")
    return arrays_to_body(readers[path.suffix](path), _body_name(path), str(path))


def load_bodies(path: Path) -> Mapping[str, Body]:
    """Load the body for each gender from one file, used for all genders, or from a folder.

    The folder must have a male and a female body (see `find_bodies`). If it has no neutral body,
    the female one is used for it. Raises `InputError` as `find_bodies` and `read_body` do.
    """
    if not path.is_dir():
        return dict.fromkeys(GENDERS, read_body(path))
    bodies = {gender: read_body(file) for gender, file in find_bodies(path).items()}
    return {gender: bodies.get(gender) or bodies[STAND_INS[gender]] for gender in GENDERS}


def _body_name(path: Path) -> str:
    """Name a body by its file; add the folder for AMASS's `model` files, as it has the gender."""
    return f"{path.parent.name}/{path.stem}" if path.stem == "model" else path.stem


def _read_npz(path: Path) -> dict[str, object]:
    try:
        with open_npz(path, str(path)) as npz:
            return {key: npz.read(key) for key in KEYS if key in npz.members}
    except RecordingError as error:
        raise InputError(str(error)) from error
