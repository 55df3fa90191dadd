"""The provenance of an import, `imports.jsonl`: one line for each recording.

A line is written before its recording, after an older recording of that path was deleted. So a
recording that exists was made as its line says, even if the import was killed.
"""

import hashlib
import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from motiondata.errors import DropReason, InputError, RecordingError
from motiondata.files import whole_or_absent

PROVENANCE = "imports.jsonl"


@dataclass(frozen=True)
class Imported:
    """A line of the provenance."""

    recording: str
    """Path of the recording relative to the output folder, with forward slashes."""
    source: str
    """Path of the file relative to the imported folder."""
    sha256: str
    """Hash of the file, and of the files that were read with it."""
    kind: str
    settings: str
    frames: int
    fps: float
    found: tuple[str, ...]
    """What was found about the file, such as its unit."""
    captions: tuple[str, ...] = ()
    """Lines of a file of captions."""
    mirrored_captions: tuple[str, ...] = ()
    """Lines of the file of captions of the mirrored clip."""
    error: float | None = None
    """Mean distance of the joints from those of the file, meters, if a body was fitted to them."""

    @property
    def file(self) -> tuple[str, str]:
        """The folder of the recording and the name of the file, which identify the file."""
        return self.recording.rpartition("/")[0], self.source.rpartition("/")[2]


def hash_files(files: Sequence[Path]) -> str:
    """Return the hash of one file, or of several; raise `RecordingError` if one is unreadable."""
    hashes = [_hash_file(file) for file in files]
    return hashes[0] if len(hashes) == 1 else hashlib.sha256("".join(hashes).encode()).hexdigest()


def _hash_file(file: Path) -> str:
    try:
        with file.open("rb") as content:
            return hashlib.file_digest(content, "sha256").hexdigest()
    except OSError as error:
        raise RecordingError(
            DropReason.UNREADABLE, f"{file.name}: cannot be read ({error.strerror})"
        ) from error


def read_lines(out: Path) -> list[Imported]:
    """Return the lines of earlier imports; a last line that was cut short is removed from the file.

    Raises `InputError` for another file.
    """
    path = out / PROVENANCE
    text = path.read_text(encoding="utf-8") if path.is_file() else ""
    lines = [*_parse(path, text.splitlines())]
    if not text.endswith("\n") and lines:
        write_lines(out, lines)
    return lines


def _parse(path: Path, lines: list[str]) -> Iterator[Imported]:
    for number, text in enumerate(lines, start=1):
        try:
            fields = json.loads(text)
            tuples = {name: tuple(value) for name, value in fields.items() if type(value) is list}
            yield Imported(**{**fields, **tuples})
        except (ValueError, TypeError, AttributeError) as error:
            if number < len(lines):
                raise InputError(
                    f"{path}, line {number}: expected a line of an import; choose another --out"
                ) from error


def append_lines(out: Path, lines: Iterable[Imported]) -> None:
    """Add lines to the provenance, at once."""
    out.mkdir(parents=True, exist_ok=True)
    with (out / PROVENANCE).open("a", encoding="utf-8") as log:
        log.write("".join(map(_to_text, lines)))


def write_lines(out: Path, lines: Iterable[Imported]) -> None:
    """Replace the provenance."""
    with whole_or_absent(out / PROVENANCE) as whole:
        whole.write_text("".join(map(_to_text, lines)), encoding="utf-8")


def _to_text(line: Imported) -> str:
    return json.dumps(asdict(line)) + "\n"
