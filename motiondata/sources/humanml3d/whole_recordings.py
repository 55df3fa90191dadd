"""Use recordings without an index: each recording is one clip, and its file name is the key.

This is equivalent to an index with one row per recording that covers all its frames. HumanML3D's
rules therefore apply: the stride, and the lead-ins of the five AMASS subsets that have one.
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
"""Names of AMASS's subject shape files, which are in the same folders as the recordings."""

KEY_LETTERS = 60
"""Maximum length of a key made from a file name; `_v1` and `M` may be added to it."""

NAMELESS = "recordings"
"""Subset of recordings that are not below a folder named as an AMASS subset.

Names of a user's folders are not stored. Also the key of a recording whose name has no ASCII letter
or digit.
"""


@dataclass(frozen=True)
class WholeRecordings:
    """Rows that stand for whole recordings, and the paths of these recordings."""

    rows: tuple[Row, ...]
    paths: Mapping[int, str]
    """Maps the number of each row to the path of its recording, relative to the root."""
    errors: Mapping[int, RecordingError]
    """Maps the number of each row whose recording has no usable length to the error."""

    def locate(self, row: Row) -> str:
        """Return the path of a row's recording, relative to the root; raise its error, if any."""
        if row.number in self.errors:
            raise self.errors[row.number]
        return self.paths[row.number]


def find_whole_recordings(source: Path, root: Path, *, mirror: bool) -> WholeRecordings:
    """Find one recording, or all recordings below a folder, and read their lengths.

    `source` is the file or the folder; `root` is the folder that paths are relative to. With
    `mirror`, keys must also be unique among mirrored clips. Raises `InputError` if there is no
    recording or if two recordings would have the same key.
    """
    paths = list_recordings(source, root)
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


def list_recordings(source: Path, root: Path) -> list[str]:
    """Return the paths of one recording, or of all below a folder, relative to the root.

    `source` and `root` are those of `find_whole_recordings`. Raises `InputError` if there is none.
    """
    if source != root:
        return [source.name]
    archive = Archive.scan(root)
    paths = sorted((*archive.recordings, *archive.smplx_recordings))
    motions = [path for path in paths if not NO_MOTIONS.fullmatch(Path(path).stem)]
    if not motions:
        raise InputError(f"{root}: expected recordings, found only shapes of subjects")
    return motions


def make_keys(paths: Sequence[str], mirror: bool) -> list[str]:
    """Return a key for each path: the file name, preceded by its folders if the name is not unique.

    AMASS's endings of file names are removed, and characters other than ASCII letters, digits, `-`
    and `_` become `_`. Raises `InputError` if two keys are still equal, or if one is the mirrored
    key of another.
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
    """Return the case-folded keys of clips and, with `mirror`, of their mirrored clips."""
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
    """Return the path from the subset on, which is the first folder named as an AMASS subset.

    Without such a folder, `NAMELESS` takes the place of the root.
    """
    parts = (root.absolute().name, *path.split("/"))
    known = (at for at, name in enumerate(parts[:-1]) if humanml3d_subset(name) in HUMANML3D_NAMES)
    at = next(known, None)
    text = "/".join((NAMELESS, *parts[1:]) if at is None else parts[at:])
    return text if text.isprintable() else text.encode("unicode_escape").decode()
