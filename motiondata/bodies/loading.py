"""Loading bodies: a file in SMPL's format, or a folder with one for each gender.

Nothing is unpickled but by the restricted reader; `.npz` files are read as recordings are, without
pickles and without belief in what a header claims.
"""

from collections.abc import Mapping
from pathlib import Path

from motiondata.archives.npz import open_npz
from motiondata.bodies.body import Body
from motiondata.bodies.smpl_format import KEYS, arrays_to_body
from motiondata.bodies.unpickling import read_pickle
from motiondata.errors import InputError, RecordingError
from motiondata.recording import GENDERS

FOLDER_LAYOUTS = (
    "{gender}/model.npz",
    "SMPLH_{GENDER}.pkl",
    "SMPLH_{GENDER}.npz",
    "SMPL_{GENDER}.pkl",
    "SMPL_{GENDER}.npz",
    "SMPLX_{GENDER}.npz",
    "SMPLX_{GENDER}.pkl",
)
"""Where a folder's bodies lie: as AMASS's SMPL+H unpacks, or by the names of the `smplx` package.
The first layout that has both male and female is taken, AMASS's own bodies before others."""

STAND_INS = {"neutral": "female"}
"""Whose body is posed for a gender that the folder lacks: HumanML3D poses all but male recordings
with the female body (`raw_pose_processing.ipynb` of EricGuo5513/HumanML3D)."""


def load_body(path: Path) -> Body:
    """Load a body from an `.npz` or `.pkl` file in SMPL's format.

    Raises `InputError` for a file that is absent, unreadable, or not a body.
    """
    if not path.is_file():
        raise InputError(f"{path}: no such file; expected a body in SMPL's format, .npz or .pkl")
    readers = {".npz": _read_npz, ".pkl": read_pickle}
    if path.suffix not in readers:
        raise InputError(f"{path}: a body's file must end with .npz or .pkl, not {path.suffix!r}")
    return arrays_to_body(readers[path.suffix](path), _body_name(path), str(path))


def load_bodies(path: Path) -> Mapping[str, Body]:
    """Load the body for each gender from a file, which serves all, or a folder.

    The folder must have male and female bodies in one of `FOLDER_LAYOUTS`; where it has no neutral
    one the female serves. Raises `InputError` where it has not, and as `load_body` does.
    """
    if not path.is_dir():
        return dict.fromkeys(GENDERS, load_body(path))
    paths = _gender_paths(path)
    bodies = {gender: load_body(file) for gender, file in paths.items()}
    return {gender: bodies.get(gender) or bodies[STAND_INS[gender]] for gender in GENDERS}


def _gender_paths(folder: Path) -> dict[str, Path]:
    for layout in FOLDER_LAYOUTS:
        paths = {g: folder / layout.format(gender=g, GENDER=g.upper()) for g in GENDERS}
        found = {gender: path for gender, path in paths.items() if path.is_file()}
        if found.keys() | STAND_INS.keys() == set(GENDERS):
            return found
    raise InputError(
        f"{folder}: no male and female body in it; expected {FOLDER_LAYOUTS[0]} or such as "
        f"SMPL_MALE.pkl for both. Name a single file to pose it for every gender"
    )


def _body_name(path: Path) -> str:
    """Name a body by its file; AMASS calls every file `model`, and its folder by the gender."""
    return f"{path.parent.name}/{path.stem}" if path.stem == "model" else path.stem


def _read_npz(path: Path) -> dict[str, object]:
    try:
        with open_npz(path, str(path)) as npz:
            return {key: npz.read(key) for key in KEYS if key in npz.members}
    except RecordingError as error:
        raise InputError(str(error)) from error
