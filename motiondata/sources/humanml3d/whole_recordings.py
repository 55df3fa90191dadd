"""Recordings without an index: each is one clip, whole, and its file's name is the key.

It is as if an index had a row of all frames of each recording, so that HumanML3D's rules hold: the
stride, and the lead-ins of the five subsets of AMASS that have one.
"""

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from motiondata.errors import InputError, RecordingError
from motiondata.mirroring import MIRRORED_PREFIX
from motiondata.sources.amass.reader import read_length
from motiondata.sources.amass.subsets import HUMANML3D_NAMES, humanml3d_subset
from motiondata.sources.humanml3d.archive import SMPLH_SUFFIX, SMPLX_SUFFIX, Archive
from motiondata.sources.humanml3d.index import Row
from motiondata.sources.humanml3d.trimming import clip_length

NO_MOTIONS = re.compile(r"(?:.*_)?(?:shape|stagei)", re.IGNORECASE)
"""Names of AMASS's files of a subject's shape, which lie beside the recordings."""

KEY_LETTERS = 60
"""Where a key that is made from a name is cut off; `_v1` and `M` may be added to it."""

NAMELESS = "recordings"
"""The subset of recordings that are below no folder of AMASS's, since names of a user's folders are
not stored; and the key of a recording whose name has no letter that a key may have."""


@dataclass(frozen=True)
class WholeRecordings:
    """The rows that stand for whole recordings, and where these lie."""

    rows: tuple[Row, ...]
    paths: Mapping[int, str]
    """The path of each row's recording below the root, by the row's number."""
    errors: Mapping[int, RecordingError]
    """What is wrong with the recordings whose length could not be read."""

    def locate(self, row: Row) -> str:
        """Return a row's recording, or raise what is wrong with it."""
        if row.number in self.errors:
            raise self.errors[row.number]
        return self.paths[row.number]


def find_whole_recordings(source: Path, root: Path, *, mirror: bool) -> WholeRecordings:
    """Find one recording, or all below a folder, and read how long each is.

    `source` is the file or the folder, `root` the folder that paths are below; `mirror` tells
    whether mirrored clips are built too. Raises `InputError` where there is none, or where two
    would have one key.
    """
    paths = [source.name] if source != root else _motions(root)
    if not paths:
        raise InputError(f"{root}: expected recordings, found none beside shapes of subjects")
    rows, errors = [], {}
    for number, (path, key) in enumerate(zip(paths, make_keys(paths, mirror), strict=True)):
        source_path = _source_path(root, path)
        row = Row(number, source_path, 0, 0, key)
        try:
            row = Row(
                number, source_path, 0, clip_length(*read_length(root / path, path), row), key
            )
        except RecordingError as error:
            errors[number] = error
        rows.append(row)
    return WholeRecordings(tuple(rows), dict(enumerate(paths)), errors)


def _motions(root: Path) -> list[str]:
    archive = Archive.scan(root)
    paths = sorted((*archive.recordings, *archive.smplx_recordings))
    return [path for path in paths if not NO_MOTIONS.fullmatch(Path(path).stem)]


def make_keys(paths: Sequence[str], mirror: bool) -> list[str]:
    """Return a key for each path below the root: its name, with its folders where names are shared.

    Other characters than letters, digits, `-` and `_` of ASCII become `_`, and AMASS's endings of
    names go. Raises `InputError` where two keys are the same all the same, or one is the other's
    mirrored one.
    """
    names = [_key(Path(path).stem) for path in paths]
    shared = Counter(_all_keys(names, mirror))
    keys = [
        name if _is_own(name, shared, mirror) else _key(path.removesuffix(".npz"))
        for name, path in zip(names, paths, strict=True)
    ]
    taken: dict[str, str] = {}
    for path, key in zip(paths, keys, strict=True):
        for own in _all_keys([key], mirror):
            if own in taken:
                raise InputError(
                    f"{taken[own]} and {path}: both samples would be called {own}; rename one"
                )
            taken[own] = path
    return keys


def _all_keys(names: Iterable[str], mirror: bool) -> list[str]:
    """Return the keys of clips and of their mirrored ones, without their case."""
    plain = [name.casefold() for name in names]
    return plain + [MIRRORED_PREFIX.casefold() + name for name in plain] if mirror else plain


def _is_own(name: str, shared: Counter[str], mirror: bool) -> bool:
    return all(shared[key] == 1 for key in _all_keys([name], mirror))


def _key(name: str) -> str:
    for suffix in (SMPLH_SUFFIX, SMPLX_SUFFIX):
        name = name.removesuffix(suffix)
    letters = re.sub(r"[^A-Za-z0-9_-]+", "_", name.replace("/", "-"))
    return letters.lstrip("-_")[:KEY_LETTERS] or NAMELESS


def _source_path(root: Path, path: str) -> str:
    """Return the path from the subset on: a folder with the name of one of AMASS's, if any."""
    parts = (root.absolute().name, *path.split("/"))
    known = (at for at, name in enumerate(parts[:-1]) if humanml3d_subset(name) in HUMANML3D_NAMES)
    at = next(known, None)
    text = "/".join((NAMELESS, *parts[1:]) if at is None else parts[at:])
    return text if text.isprintable() else text.encode("unicode_escape").decode()
