"""The names that AMASS's subsets have had, and how two spellings of a path are told to be the same.

AMASS renamed folders between releases and now writes underscores for spaces, while HumanML3D's
index keeps the first names. Source: amass.is.tue.mpg.de (download page) against the folders that
its archives unpack into; `index.csv` of EricGuo5513/HumanML3D.
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
"""HumanML3D's name of each subset, and the other names that its folder has had."""


def _letters(name: str) -> str:
    return _fold_case(re.sub(r"[\s_-]+", "", name))


def _fold_case(name: str) -> str:
    """Return a name without its case, in Unicode's composed form (NFC).

    Source: The Unicode Standard 3.13, canonical caseless matching. macOS and some file servers
    list names in the decomposed form (NFD).
    """
    return unicodedata.normalize("NFC", unicodedata.normalize("NFD", name).casefold())


_BY_LETTERS = {
    _letters(spelling): name
    for name, others in HUMANML3D_NAMES.items()
    for spelling in (name, *others)
}


@lru_cache(maxsize=2**10)
def humanml3d_subset(folder: str) -> str:
    """Return HumanML3D's name of a subset's folder; a folder that is none keeps its own name."""
    return _BY_LETTERS.get(_letters(folder), folder)


@lru_cache(maxsize=2**16)
def fold_name(name: str) -> str:
    """Return what all spellings of a file's or folder's name share.

    Case goes, composed and decomposed letters (NFC, NFD) become the same, and any run of spaces,
    `-` and `_` becomes one `_`: it must not vanish, or `walk1_1` and `walk_11` would be one
    recording.
    """
    return _fold_case(re.sub(r"[\s_-]+", "_", name))


@lru_cache(maxsize=2**16)
def _fold_subset(folder: str) -> str:
    return _letters(humanml3d_subset(folder))


def fold_path(parts: Sequence[str]) -> str:
    """Return what all spellings of a recording's path share; `parts` begin with the subset."""
    return "/".join((_fold_subset(parts[0]), *map(fold_name, parts[1:])))
