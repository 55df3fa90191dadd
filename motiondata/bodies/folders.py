"""Folders of bodies: which files in them are the male, female and neutral body.

Known are the layouts and names of the official archives, as they unpack, and those of the `smplx`
package. Sources: the archives of smpl.is.tue.mpg.de, mano.is.tue.mpg.de and
smpl-x.is.tue.mpg.de; smplx's README, "Downloading the model".
"""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from motiondata.errors import InputError
from motiondata.files import expect_of_the_file
from motiondata.recording import GENDERS

WORDS = {gender: (gender, gender[0]) for gender in ("male", "female")} | {"neutral": ("neutral",)}
"""How file names say a gender, in any case."""

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
"""Where a folder's bodies lie, in lower case. AMASS's own bodies (SMPL+H) come before others."""

INSIDE = ("", "smplh", "smpl", "smplx", "models", "smpl/models", "mano_v1_2/models")
"""Folders in the one that is named which are looked into, in their order: smplx's `models` has one
for each kind of body, the official archives have `models`."""

EXAMPLES = "male/model.npz, SMPLH_MALE.pkl, basicmodel_m_lbs_10_207_0_v1.1.0.pkl or SMPLX_MALE.npz"

STAND_INS = {"neutral": "female"}
"""Whose body is posed for a gender that the folder lacks: HumanML3D poses all but male recordings
with the female body (`raw_pose_processing.ipynb` of EricGuo5513/HumanML3D)."""


def find_bodies(folder: Path) -> dict[str, Path]:
    """Return the file of each gender's body in a folder; there may be no neutral one.

    All are of the first of `LAYOUTS` that has a male and a female body, in the first of the folders
    `INSIDE` that has such. Raises `InputError` where there is none, or where two files fit alike.
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
        f"name the folder that has files such as {EXAMPLES} of both. Shapes of recordings are "
        "fitted to the body of their gender: a single file is taken too, and poses women and men "
        "alike with its one body, so that their shapes are wrong"
    )


@dataclass(frozen=True)
class _File:
    name: str
    """In lower case, below the folder that is looked into."""
    path: Path


def _files(folder: Path, nested: bool) -> list[_File]:
    """Return what lies in a folder, or in the folders in it."""
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
                "remove one of them, or name another folder"
            )
        if fitting:
            found[gender] = fitting[0]
    return found
