"""Names of AMASS subsets across releases, and comparison of differently spelled paths.

AMASS renamed folders between releases and now writes underscores instead of spaces. The HumanML3D
index keeps the original names. Source: the download page at amass.is.tue.mpg.de compared with the
folders in its archives; `index.csv` of EricGuo5513/HumanML3D.
"""

import re
import unicodedata
from collections.abc import Sequence
from functools import lru_cache

HUMANML3D_NAMES = {
    "ACCAD": (),
    "BMLhandball": (),
    "BMLmovi": (),
    "BioMotionLab_NTroje": ("BMLrub",),
    "CMU": (),
    "DFaust_67": ("DFaust",),
    "EKUT": (),
    "Eyes_Japan_Dataset": (),
    "HumanEva": (),
    "KIT": (),
    "MPI_HDM05": ("HDM05",),
    "MPI_Limits": ("PosePrior",),
    "MPI_mosh": ("MoSh",),
    "SFU": (),
    "SSM_synced": ("SSM",),
    "TCD_handMocap": ("TCDHands",),
    "TotalCapture": (),
    "Transitions_mocap": ("Transitions",),
    "humanact12": (),
}
"""HumanML3D's name of each subset, and the other names of its folder."""


def _letters(name: str) -> str:
    return _fold_case(re.sub(r"[\s_-]+", "", name))


def _fold_case(name: str) -> str:
    """Return a case-folded name in composed Unicode form (NFC).

    macOS and some file servers list names in decomposed form (NFD). Source: The Unicode Standard,
    section 3.13, canonical caseless matching.
    """
    return unicodedata.normalize("NFC", unicodedata.normalize("NFD", name).casefold())


_BY_LETTERS = {
    _letters(spelling): name
    for name, others in HUMANML3D_NAMES.items()
    for spelling in (name, *others)
}


@lru_cache(maxsize=2**10)
def humanml3d_subset(folder: str) -> str:
    """Return HumanML3D's name of a subset folder; other folder names are returned unchanged."""
    return _BY_LETTERS.get(_letters(folder), folder)


@lru_cache(maxsize=2**16)
def fold_name(name: str) -> str:
    """Return the common form of all spellings of a file or folder name.

    Case is folded, letters are composed (NFC), and every run of spaces, `-` and `_` becomes one
    `_`. Separators are not removed, because `walk1_1` and `walk_11` are different recordings.
    """
    return _fold_case(re.sub(r"[\s_-]+", "_", name))


@lru_cache(maxsize=2**16)
def _fold_subset(folder: str) -> str:
    return _letters(humanml3d_subset(folder))


def fold_path(parts: Sequence[str]) -> str:
    """Return the common form of all spellings of a recording's path.

    The first of `parts` is the subset.
    """
    return "/".join((_fold_subset(parts[0]), *map(fold_name, parts[1:])))
