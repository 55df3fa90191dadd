"""Find the male, female and neutral body in a folder.

Supports the layouts and names of the unpacked official archives and of the `smplx` package.
Sources: the archives of smpl.is.tue.mpg.de, mano.is.tue.mpg.de and smpl-x.is.tue.mpg.de; smplx's
README, "Downloading the model".
"""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from motiondata.errors import InputError
from motiondata.files import expect_of_the_file
from motiondata.recording import GENDERS

WORDS = {gender: (gender, gender[0]) for gender in ("male", "female")} | {"neutral": ("neutral",)}
"""The words for each gender in file names, in upper or lower case."""

LAYOUTS = (
    "{gender}/model.npz",
    "smplh_{gender}.pkl",
    "smplh_{gender}.npz",
    "smpl_{gender}.pkl",
    "smpl_{gender}.npz",
    "basicmodel_{gender}_lbs_10_207_0_v1.1.0.pkl",
    "basicmodel_{gender}_lbs_10_207_0_v1.0.0.pkl",
    "smplx_{gender}.npz",
    "smplx_{gender}.pkl",
)
"""The paths of bodies in a folder, in lower case; AMASS's own bodies (SMPL+H) come first."""

INSIDE = ("", "smplh", "smpl", "smplx", "models", "smpl/models", "mano_v1_2/models")
"""The subfolders that are searched, in this order. smplx's `models` has one subfolder per model;
the official archives have `models`."""

EXAMPLES = "male/model.npz, SMPLH_MALE.pkl, basicmodel_m_lbs_10_207_0_v1.1.0.pkl or SMPLX_MALE.npz"

STAND_INS = {"neutral": "female"}
"""The gender whose body replaces one that the folder lacks: HumanML3D poses all recordings that are
not male with the female body (`raw_pose_processing.ipynb` of EricGuo5513/HumanML3D)."""


def find_bodies(folder: Path) -> dict[str, Path]:
    """Return the body file of each gender in a folder; a neutral body is optional.

    All files are of the first of `LAYOUTS` that has a male and a female body, in the first of the
    subfolders `INSIDE` with such a layout. Raises `InputError` if there is none, or if two files
    match the same gender.
    """
    partial: dict[str, Path] = {}
    for inside in INSIDE:
        for layout in LAYOUTS:
            found = _find(_files(folder / inside, nested="/" in layout), layout)
            if found.keys() | STAND_INS.keys() == set(GENDERS):
                return found
            partial = partial or found
    raise InputError(
        f"{folder}: expected a male and a female body, found "
        f"{' and '.join(str(path.relative_to(folder)) for path in partial.values()) or 'none'}; "
        f"choose a folder with files such as {EXAMPLES} of both. Shapes of recordings are fitted "
        "to the body of their gender. A single body file is accepted too, but it poses everybody "
        "with one body, so that their shapes are wrong"
    )


@dataclass(frozen=True)
class _File:
    name: str
    """The path relative to the searched folder, in lower case."""
    path: Path


def _files(folder: Path, nested: bool) -> list[_File]:
    """Return the entries of a folder, or, if `nested`, of its subfolders named by gender."""
    try:
        inside = sorted(folder.iterdir())
    except OSError as error:
        expect_of_the_file(error)
        return []
    if not nested:
        return [_File(path.name.lower(), path) for path in inside]
    return [
        _File(f"{path.name.lower()}/{file.name.lower()}", file)
        for path in inside
        if path.name.lower() in WORDS and path.is_dir()
        for file in _files_in(path)
    ]


def _files_in(folder: Path) -> Iterable[Path]:
    return [file.path for file in _files(folder, nested=False)]


def _find(files: Iterable[_File], layout: str) -> dict[str, Path]:
    found: dict[str, Path] = {}
    for gender in GENDERS:
        names = {layout.format(gender=word) for word in WORDS[gender]}
        fitting = [file.path for file in files if file.name in names and file.path.is_file()]
        if len(fitting) > 1:
            raise InputError(
                f"{fitting[0]} and {fitting[1].name}: expected one {gender} body, found two; "
                "remove one of them, or choose another folder"
            )
        if fitting:
            found[gender] = fitting[0]
    return found
