"""Hints if no row of an index finds its recording: which recordings exist at the root and nearby.

The usual cause is that `--amass` names a folder at the wrong level, such as a subfolder of the
archive's root.
"""

import time
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from pathlib import Path

from motiondata.counting import counted
from motiondata.errors import InputError, RecordingError
from motiondata.sources.humanml3d.archive import Archive, iter_recordings
from motiondata.sources.humanml3d.index import Row

ROWS = 20_000
"""The number of rows that are searched for at other levels."""
LEVELS = 3
"""The number of folders above the archive that are tried."""
SECONDS = 3.0
"""The time limit for searching the parent folder, which may be a whole disk."""
NAMES = ("no", "one", "two", "three")


def describe_nearby(root: Path, rows: Iterable[Row]) -> str:
    """Say how many recordings lie at a root, and at which level above it rows find recordings."""
    here = _here(root.absolute())
    return _lies(here) + _found_above(here, rows)


def scan_archive(root: Path, rows: Callable[[], Iterable[Row]]) -> Archive:
    """Scan an archive with `Archive.scan`. Its error also says where recordings are, if known.

    `rows` returns the rows to search for.
    """
    try:
        return Archive.scan(root)
    except InputError as error:
        above = _found_above(Archive(root.absolute(), (), ()), rows())
        raise InputError(f"{error}{above}") from error


def _found_above(here: Archive, rows: Iterable[Row]) -> str:
    some = [*islice(rows, ROWS)]
    for level, archive in enumerate(_above(here), start=1):
        found = sum(_is_found(archive, row) for row in some)
        if found:
            levels = "level" if level == 1 else "levels"
            return (
                f"; {counted(found, 'recording')} found {NAMES[level]} {levels} up: "
                f"pass --amass {archive.root}"
            )
    return ""


def _here(root: Path) -> Archive:
    try:
        return Archive.scan(root)
    except InputError:
        return Archive(root, (), ())


def _lies(archive: Archive) -> str:
    recordings = [*archive.recordings, *archive.smplx_recordings]
    example = f", such as {recordings[0]}" if recordings else ""
    return f"found {counted(len(recordings), '.npz file')} there{example}"


def _above(here: Archive) -> Iterator[Archive]:
    """Yield the archive as seen from each folder above.

    The parent folder is searched for recordings. Higher folders list only the known recordings.
    """
    yield _searched(here.root.parent)
    for level in range(2, LEVELS + 1):
        if len(here.root.parents) > level:
            root = here.root.parents[level - 1]
            prefix = here.root.relative_to(root).as_posix()
            yield Archive(root, tuple(f"{prefix}/{path}" for path in here.recordings), ())


def _searched(root: Path) -> Archive:
    until = time.monotonic() + SECONDS
    found = []
    try:
        for path in iter_recordings(root):
            found.append(path)
            if time.monotonic() > until:
                break
    except InputError:  # a folder without read permission
        pass
    return Archive(root, tuple(sorted(found)), ())


def _is_found(archive: Archive, row: Row) -> bool:
    try:
        archive.locate(row)
    except RecordingError:
        return False
    return True
