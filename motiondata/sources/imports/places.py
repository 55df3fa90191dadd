"""The files of an import, and the places of their recordings in the archive."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from motiondata.errors import DropReason, InputError, RecordingError
from motiondata.sources.amass.subsets import fold_name
from motiondata.sources.humanml3d.index import ROOTS
from motiondata.sources.humanml3d.whole_recordings import NAMELESS
from motiondata.sources.imports.kind import ImportKind


@dataclass(frozen=True)
class Place:
    """A file, and where its recordings go."""

    file: Path
    name: str
    """Path of the file relative to the imported folder, with forward slashes."""
    folder: str
    """Folder of its recordings relative to the output folder; its first part is their subset."""

    @property
    def stem(self) -> str:
        """The folded path of its recording, without suffix."""
        return f"{self.folder}/{_clean(self.file.stem)}".casefold()

    def target(self, name: str) -> str:
        """Return the path of a recording of the file."""
        return f"{self.folder}/{_clean(name)}_poses.npz"


def find_files(source: Path, out: Path, suffixes: Sequence[str]) -> list[Path]:
    """Return the files to import; an output folder inside the source has none of them.

    Links to files are followed, links to folders are not. A link to nothing counts as a file.
    """
    names = " or ".join(suffixes)
    if not source.exists():
        raise InputError(f"{source} does not exist; expected a {names} file or a folder of them")
    if source.resolve() == out.resolve():
        raise InputError(
            f"{out}: the recordings would be among the files that they are made of; choose "
            f"another --out, such as {out / 'archive'}"
        )
    paths = sorted(source.rglob("*")) if source.is_dir() else [source]
    if out.resolve().is_relative_to(source.resolve()):
        paths = [path for path in paths if not path.resolve().is_relative_to(out.resolve())]
    named = [path for path in paths if path.suffix.lower() in suffixes]
    files = [path for path in named if path.is_file() or is_broken_link(path)]
    if not files:
        raise InputError(
            f"{source}: expected {names} files, found no {names} file{_links_to_folders(paths)}"
        )
    return files


def is_broken_link(path: Path) -> bool:
    """Return whether a path is a link to nothing, or to itself."""
    return path.is_symlink() and not path.exists()


def _links_to_folders(paths: Sequence[Path]) -> str:
    """Return what to do about links to folders, in which no files are looked for."""
    links = [path for path in paths if path.is_symlink() and path.is_dir()]
    return f"; {links[0]} is a link to a folder, which can be imported itself" if links else ""


def places_of(source: Path, files: Sequence[Path], kind: ImportKind) -> Iterator[Place]:
    """Yield the places of files below a folder, or of the file itself."""
    root = source if source.is_dir() else source.parent
    for file in files:
        relative = file.relative_to(root)
        first, *others = kind.folders(root.absolute().name, relative)
        is_plain = fold_name(first) in ROOTS or not _clean(first).strip("_")
        folders = (NAMELESS if is_plain else first, *others)
        yield Place(file, relative.as_posix(), "/".join(map(_clean, folders)))


def _clean(name: str) -> str:
    return re.sub(r"[^A-Za-z0-9_-]+", "_", name)


def expect_no_broken_link(place: Place) -> None:
    """Raise `RecordingError` (MISSING) for a link to nothing."""
    if is_broken_link(place.file):
        raise RecordingError(
            DropReason.MISSING,
            f"{place.name}: expected a file, found a link to nothing ({place.file.readlink()})",
        )


def expect_one(place: Place, copies: Counter[str]) -> None:
    """Raise `RecordingError` (AMBIGUOUS) if files of one name would give one recording.

    `copies` counts the files of each `stem`.
    """
    if copies[place.stem] > 1:
        raise RecordingError(
            DropReason.AMBIGUOUS,
            f"{place.file.name}: expected one file of this name, found {copies[place.stem]}, whose "
            f"recordings would all be {place.target(place.file.stem)}; keep or rename one",
        )
