"""What an import has to know about a kind of files: which files, and how one becomes recordings."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from motiondata.recording import Recording


class Failure(NamedTuple):
    """A file that could not be imported."""

    source: str
    """Path relative to the imported folder, with forward slashes."""
    message: str
    """The error message."""


@dataclass(frozen=True, eq=False)
class ImportedMotion:
    """A recording that was made of a file, before it is written."""

    recording: Recording
    name: str
    """The name of the recording: that of the file, or with a number if a file has several."""
    found: tuple[str, ...] = ()
    """What was found about the file, such as its unit."""
    captions: tuple[str, ...] = ()
    """Captions that the file itself has."""
    error: float | None = None
    """Mean distance of the joints from those of the file, meters, if a body was fitted to them."""


def own_folder(subset: str, file: Path) -> tuple[str, ...]:
    """Return the folders of a file, relative to the imported folder, below that folder's name."""
    return (subset, *file.parts[:-1])


@dataclass(frozen=True)
class ImportKind:
    """How files of a kind become recordings."""

    name: str
    suffixes: tuple[str, ...]
    """Suffixes of the files, in lower case."""
    convert: Callable[[Path], Iterable[ImportedMotion]]
    """Returns the recordings of a file; raises `RecordingError`."""
    settings: str = ""
    """What the user has set, as text: a file is converted again when this changes."""
    folders: Callable[[str, Path], Sequence[str]] = own_folder
    """Returns the folders of a recording, of which the first is its subset, from the name of the
    imported folder and the path of the file relative to it."""
    others: Callable[[Path], Sequence[Path]] = lambda _: ()
    """Returns the files that are read with a file, such as its skeleton."""
    choose: Callable[[Sequence[Path]], list[Path]] = list
    """Returns those of the sorted files that are imported."""
