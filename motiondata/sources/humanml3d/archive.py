"""Find the recording of an index row in a folder of AMASS files.

Folder names depend on the release and on how the archives were unpacked, so paths are compared in a
normalized form (`fold_path`). If several files match equally well, an error is raised; none of them
is picked.
"""

import os
from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from motiondata.errors import DropReason, InputError, RecordingError
from motiondata.files import expect_of_the_file
from motiondata.sources.amass.subsets import fold_path
from motiondata.sources.humanml3d.index import Row

SMPLH_SUFFIX = "_poses"
SMPLX_SUFFIX = "_stageii"
"""File name endings of recordings in AMASS's two releases."""


class _Ends:
    """Look up paths by their trailing parts, since the path of a row may begin at any folder.

    There is one table per number of trailing parts, built on the first request for that number.
    Most rows have the same number of parts, so a million recordings take about one entry each.
    """

    def __init__(self, root: str, paths: tuple[str, ...]) -> None:
        self._root = root
        self._paths = paths
        self._tables: dict[int, dict[str, tuple[str, ...]]] = {}

    def find(self, parts: tuple[str, ...]) -> tuple[str, ...]:
        """Return the paths that end in these parts in any spelling, in the order of the paths."""
        if len(parts) not in self._tables:
            self._tables[len(parts)] = self._table(len(parts))
        return self._tables[len(parts)].get(fold_path(parts), ())

    def _table(self, length: int) -> dict[str, tuple[str, ...]]:
        table: dict[str, tuple[str, ...]] = {}
        for path in self._paths:
            names = self._names(path)
            if len(names) >= length:
                key = fold_path(names[-length:])
                table[key] = (*table.get(key, ()), path)
        return table

    def _names(self, path: str) -> tuple[str, ...]:
        *folders, file = path.split("/")
        return (self._root, *folders, _smplh_stem(file))

    @cached_property
    def keys(self) -> list[str]:
        """The folded ends of two or more parts of all paths, sorted."""
        every = map(self._names, self._paths)
        return sorted({fold_path(of[start:]) for of in every for start in range(len(of) - 1)})


@dataclass(frozen=True)
class Archive:
    """The recordings found below a root when it was scanned."""

    root: Path
    """The folder that holds the subsets, any folder above it, or the folder of a single subset."""
    recordings: tuple[str, ...]
    """Possible SMPL+H recordings: paths relative to the root, with forward slashes."""
    smplx_recordings: tuple[str, ...]
    """SMPL-X recordings, as paths of the same form."""

    @classmethod
    def scan(cls, root: Path) -> "Archive":
        """List the `.npz` files below a root, sorted by name.

        Hidden files are skipped. Symbolic links are followed; each folder is entered once. Raises
        `InputError` if the root is not a folder, cannot be read, or has no `.npz` file.
        """
        root = root.absolute()
        recordings: list[str] = []
        smplx_recordings: list[str] = []
        for parts in sorted(_npz_files(root)):
            (smplx_recordings if _is_smplx(parts[-1]) else recordings).append("/".join(parts))
        if not recordings and not smplx_recordings:
            raise InputError(
                f"{root}: no .npz files; expected AMASS's subsets, unpacked, such as "
                "KIT/3/kick_high_left02_poses.npz"
            )
        return cls(root, tuple(recordings), tuple(smplx_recordings))

    def find(self, row: Row) -> Path:
        """Return the absolute path of the recording found by `locate`."""
        return self.root / self.locate(row)

    def locate(self, row: Row) -> str:
        """Return the recording of a row, as its path relative to the root with forward slashes.

        Paths are compared in any spelling. A file spelled exactly as in the index takes precedence
        over files that differ in case, spaces, `-` and `_`. Copies in several places are ambiguous.
        A recording of the SMPL-X release is returned if there is none of SMPL+H. Raises
        `RecordingError` if there is no recording, or several, and for rows of HumanAct12.
        """
        row.refuse_humanact12()
        found = self._ends.find(row.parts) or self._smplx_ends.find(row.parts)
        as_spelled = tuple(path for path in found if _is_spelled_as(path, row))
        candidates = as_spelled or found
        if len(candidates) == 1:
            return candidates[0]
        raise _ambiguous(row, candidates) if candidates else self._missing(row)

    def nearest(self, row: Row) -> tuple[str, ...]:
        """Return the recordings that sort next to the row's path, in its folder or its subset.

        A binary search, not an edit distance, so that thousands of missing rows are cheap. Names
        that differ only at the end, such as in a trial number or a suffix, sort next to each other.
        """
        key = fold_path(row.parts)
        place = bisect_left(self._ends.keys, key)
        around = self._ends.keys[max(place - 1, 0) : place + 1]
        for folder in (key.rpartition("/")[0], key.partition("/")[0]):
            near = [other for other in around if other.startswith(f"{folder}/")]
            if near:
                return tuple(self._ends.find(tuple(other.split("/")))[0] for other in near)
        return ()

    @cached_property
    def _ends(self) -> _Ends:
        return _Ends(self._root_name, self.recordings)

    @cached_property
    def _smplx_ends(self) -> _Ends:
        return _Ends(self._root_name, self.smplx_recordings)

    @property
    def _root_name(self) -> str:
        """The root's name as given, since a link may be named as a subset; `..` is resolved."""
        return self.root.name if self.root.name != ".." else self.root.resolve().name

    def _missing(self, row: Row) -> RecordingError:
        near = " and ".join(self.nearest(row))
        hint = f"nearest by name: {near}" if near else f"it has no recordings of {row.subset}"
        return RecordingError(
            DropReason.MISSING, f"{'/'.join(row.parts)}.npz is not in the archive; {hint}"
        )


def iter_recordings(root: Path) -> Iterator[str]:
    """Yield the paths, relative to a root, of its SMPL+H `.npz` files, in no fixed order.

    Raises `InputError` if a folder cannot be read.
    """
    return ("/".join(parts) for parts in _npz_files(root) if not _is_smplx(parts[-1]))


def _npz_files(root: Path) -> Iterator[tuple[str, ...]]:
    entered: set[tuple[int, int]] = set()
    waiting: list[tuple[str, ...]] = [()]
    while waiting:
        folder = waiting.pop()
        for entry in _entries(root.joinpath(*folder), entered):
            # For a link to itself, `DirEntry` raises an error; `Path` reports that no file exists.
            target = Path(entry) if entry.is_symlink() else entry
            if target.is_dir():
                waiting.append((*folder, entry.name))
            elif entry.name.endswith(".npz") and target.is_file():
                yield (*folder, entry.name)


def _entries(folder: Path, entered: set[tuple[int, int]]) -> list[os.DirEntry[str]]:
    try:
        status = folder.stat()
        if (status.st_dev, status.st_ino) in entered:
            return []
        entered.add((status.st_dev, status.st_ino))
        with os.scandir(folder) as entries:
            visible = [entry for entry in entries if not entry.name.startswith(".")]
    except OSError as error:
        expect_of_the_file(error)
        raise InputError(
            f"{folder}: expected a folder of AMASS recordings: {error.strerror}"
        ) from error
    return sorted(visible, key=lambda entry: entry.name)


def _is_smplx(file: str) -> bool:
    return file.removesuffix(".npz").casefold().endswith(SMPLX_SUFFIX)


def _smplh_stem(file: str) -> str:
    """Return the SMPL+H name of a recording, without suffix, for a file of either release."""
    stem = file.removesuffix(".npz")
    return stem[: -len(SMPLX_SUFFIX)] + SMPLH_SUFFIX if _is_smplx(file) else stem


def _is_spelled_as(path: str, row: Row) -> bool:
    below_subset = row.parts[1:]
    *folders, file = path.split("/")
    return (*folders, _smplh_stem(file))[-len(below_subset) :] == below_subset


def _ambiguous(row: Row, candidates: tuple[str, ...]) -> RecordingError:
    return RecordingError(
        DropReason.AMBIGUOUS,
        f"{'/'.join(row.parts)}.npz: {len(candidates)} files match equally well: "
        f"{', '.join(candidates)}; keep one of them under the root",
    )
