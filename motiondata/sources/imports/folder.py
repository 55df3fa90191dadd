"""Import all files of a kind below a folder, one recording each, and list them in an index.

`imports.jsonl` is the provenance: one line for each recording, with the hash of its file, what the
user set, and what was found. A line is written after its recording, so an import that was stopped
continues where it was. A faulty file is a counted failure.
"""

import csv
import hashlib
import json
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from motiondata.errors import DropReason, InputError, RecordingError
from motiondata.files import whole_or_absent
from motiondata.mirroring import MIRRORED_PREFIX
from motiondata.recording import Recording
from motiondata.sources.amass.subsets import fold_name
from motiondata.sources.amass.writer import write_amass
from motiondata.sources.cmu.convert import Failure
from motiondata.sources.humanml3d.index import COLUMNS, ROOTS, Row
from motiondata.sources.humanml3d.trimming import clip_length
from motiondata.sources.humanml3d.whole_recordings import NAMELESS, make_keys
from motiondata.sources.imports.file_names import CaptionTemplate, mirrored

PROVENANCE = "imports.jsonl"
INDEX = "index.csv"
TEXTS = "texts"


@dataclass(frozen=True)
class ImportKind:
    """How files of a kind become recordings."""

    name: str
    suffix: str
    """Suffix of the files, in lower case."""
    convert: Callable[[Path], tuple[Recording, tuple[str, ...]]]
    """Returns a recording and what was found; raises `RecordingError`."""
    settings: str
    """What the user has set, as text: a file is converted again when this changes."""


@dataclass(frozen=True)
class Imported:
    """A line of the provenance."""

    recording: str
    """Path of the recording relative to the output folder, with forward slashes."""
    source: str
    """Path of the file relative to the imported folder."""
    sha256: str
    """Hash of the file."""
    kind: str
    settings: str
    frames: int
    fps: float
    found: tuple[str, ...]
    """What was found about the file, such as its unit."""


@dataclass(frozen=True)
class FolderReport:
    """The result of an import."""

    folder: Path
    imported: tuple[Imported, ...]
    """The recordings of this import, including those that an earlier one had written."""
    reused: int
    """How many of them an earlier import had written."""
    failures: tuple[Failure, ...]
    clips: int
    """Rows of the index."""
    captions: int


def import_folder(
    source: Path, out: Path, kind: ImportKind, template: CaptionTemplate
) -> FolderReport:
    """Import a file, or all files below a folder, and write the index and the captions.

    Raises `InputError` if there is no file, or if the output folder has files of others.
    """
    files = _files(source, kind.suffix)
    known = {line.recording: line for line in _read_provenance(out)}
    if not known and (out / INDEX).exists():
        raise InputError(f"{out / INDEX} was not written by an import; choose another --out")
    root, subset = (
        (source, source) if source.is_dir() else (source.parent, source.absolute().parent)
    )
    done: dict[str, Imported] = {}
    failures: list[Failure] = []
    reused = 0
    for file in files:
        name = file.relative_to(root).as_posix()
        target = _target(subset.absolute().name, file.relative_to(root))
        try:
            _expect_new(name, done.get(target))
            line = _reuse(file, out, known.get(target), kind)
            reused += line is not None
            done[target] = line or _import_file(file, name, out, target, kind, known)
        except RecordingError as error:
            failures.append(Failure(name, str(error)))
    every = sorted((known | done).values(), key=lambda line: line.recording)
    every = [line for line in every if (out / line.recording).is_file()]
    captions = _write_lists(out, every, template) if every else 0
    return FolderReport(out, tuple(done.values()), reused, tuple(failures), len(every), captions)


def _expect_new(name: str, other: Imported | None) -> None:
    if other is not None:
        raise RecordingError(
            DropReason.AMBIGUOUS,
            f"{name}: its recording would have the name of that of {other.source}; rename one",
        )


def _files(source: Path, suffix: str) -> list[Path]:
    if not source.exists():
        raise InputError(f"{source} does not exist; expected a {suffix} file or a folder of them")
    paths = sorted(source.rglob("*")) if source.is_dir() else [source]
    files = [path for path in paths if path.suffix.lower() == suffix and path.is_file()]
    if not files:
        raise InputError(f"{source}: expected {suffix} files, found none")
    return files


def _target(folder: str, file: Path) -> str:
    """Return the path of a recording; the first part is its subset."""
    parts = [re.sub(r"[^A-Za-z0-9_-]+", "_", part) for part in (folder, *file.parts[:-1])]
    subset = NAMELESS if fold_name(parts[0]) in ROOTS or not parts[0].strip("_") else parts[0]
    stem = re.sub(r"[^A-Za-z0-9_-]+", "_", file.stem)
    return "/".join((subset, *parts[1:], f"{stem}_poses.npz"))


def _reuse(file: Path, out: Path, line: Imported | None, kind: ImportKind) -> Imported | None:
    """Return the line of an earlier import if nothing has changed since."""
    same = line is not None and (line.kind, line.settings) == (kind.name, kind.settings)
    if line is None or not same or not (out / line.recording).is_file():
        return None
    return line if line.sha256 == _hash(file) else None


def _import_file(
    file: Path, name: str, out: Path, target: str, kind: ImportKind, known: dict[str, Imported]
) -> Imported:
    path = out / target
    if path.exists() and target not in known:
        raise RecordingError(
            DropReason.AMBIGUOUS, f"{path} was not written by an import, and is kept"
        )
    recording, found = kind.convert(file)
    clip_length(recording.frames, recording.fps, _row(target, 1, "clip"))
    line = Imported(
        target, name, _hash(file), kind.name, kind.settings, recording.frames, recording.fps, found
    )
    write_amass(path, recording)
    with (out / PROVENANCE).open("a", encoding="utf-8") as log:
        log.write(_to_text(line))
    return line


def _hash(file: Path) -> str:
    try:
        with file.open("rb") as content:
            return hashlib.file_digest(content, "sha256").hexdigest()
    except OSError as error:
        raise RecordingError(
            DropReason.UNREADABLE, f"{file.name}: cannot be read ({error.strerror})"
        ) from error


def _to_text(line: Imported) -> str:
    return json.dumps(asdict(line)) + "\n"


def _read_provenance(out: Path) -> Iterator[Imported]:
    """Yield the lines of earlier imports; the last line may be cut short."""
    path = out / PROVENANCE
    lines = path.read_text(encoding="utf-8").splitlines() if path.is_file() else []
    for number, text in enumerate(lines, start=1):
        try:
            fields = json.loads(text)
            yield Imported(**{**fields, "found": tuple(fields["found"])})
        except (ValueError, TypeError, KeyError) as error:
            if number < len(lines):
                raise InputError(
                    f"{path}, line {number}: expected a line of an import; choose another --out"
                ) from error


def _row(recording: str, end: int, key: str) -> Row:
    source_path = f"./pose_data/{recording.removesuffix('.npz')}.npy"
    return Row(0, source_path, 0, end, key)


def _write_lists(out: Path, lines: Sequence[Imported], template: CaptionTemplate) -> int:
    """Write provenance, index, and captions of all recordings; return the number of captions."""
    with whole_or_absent(out / PROVENANCE) as whole:
        whole.write_text("".join(map(_to_text, lines)), encoding="utf-8")
    keys = make_keys([line.recording for line in lines], mirror=True)
    with whole_or_absent(out / INDEX) as whole, whole.open("w", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(COLUMNS)
        for line, key in zip(lines, keys, strict=True):
            row = _row(line.recording, 1, key)
            frames = clip_length(line.frames, line.fps, row)
            writer.writerow((row.source_path, 0, frames, f"{key}.npy"))
    return sum(
        _write_captions(out / TEXTS, key, template.of_name(Path(line.source).stem))
        for line, key in zip(lines, keys, strict=True)
    )


def _write_captions(texts: Path, key: str, captions: tuple[str, ...]) -> int:
    for prefix, lines in (("", captions), (MIRRORED_PREFIX, tuple(map(mirrored, captions)))):
        if lines:
            with whole_or_absent(texts / f"{prefix}{key}.txt") as whole:
                whole.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    return len(captions)
