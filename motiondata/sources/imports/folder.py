"""Import all files of a kind below a folder, and list the recordings in an index.

`imports.jsonl` is the provenance (`provenance.py`). An import that was stopped continues where it
was. A faulty file is a counted failure.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from motiondata.counting import counted
from motiondata.errors import DropReason, InputError, RecordingError
from motiondata.files import remove_unfinished
from motiondata.sources.amass.subsets import fold_name
from motiondata.sources.amass.writer import write_amass
from motiondata.sources.humanml3d.index import ROOTS
from motiondata.sources.humanml3d.trimming import clip_length
from motiondata.sources.humanml3d.whole_recordings import NAMELESS
from motiondata.sources.imports.file_names import CaptionTemplate, mirrored
from motiondata.sources.imports.frame_rates import reach_clip_rate
from motiondata.sources.imports.kind import Failure, ImportedMotion, ImportKind
from motiondata.sources.imports.lists import (
    INDEX,
    WrittenLists,
    caption_files,
    one_line,
    read_caption_lines,
    row_of,
    write_lists,
)
from motiondata.sources.imports.provenance import (
    Imported,
    append_lines,
    hash_files,
    read_lines,
    write_lines,
)
from motiondata.sources.imports.split_lists import SplitTemplate

Lines = tuple[Imported, ...]


@dataclass(frozen=True)
class FolderReport:
    """The result of an import."""

    folder: Path
    imported: Lines
    """The recordings of this import, including those that an earlier one had written."""
    reused: int
    """How many of them an earlier import had written."""
    failures: tuple[Failure, ...]
    left_out: int
    """Files that were not imported because the kind leaves them out."""
    clips: int
    """Rows of the index."""
    lists: WrittenLists


@dataclass(frozen=True)
class _Place:
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


@dataclass
class _Archive:
    """The recordings of an output folder, as its provenance lists them."""

    out: Path
    lines: dict[str, Imported] = field(default_factory=dict)
    """The line of each recording, by its path."""
    of_file: dict[tuple[str, str], list[Imported]] = field(
        default_factory=lambda: defaultdict(list)
    )
    """The lines of each file."""

    @classmethod
    def read(cls, out: Path) -> "_Archive":
        archive = cls(out)
        archive.lines = {line.recording: line for line in read_lines(out)}
        if not archive.lines and (out / INDEX).exists():
            raise InputError(f"{out / INDEX} was not written by an import; choose another --out")
        for line in archive.lines.values():
            archive.of_file[line.file].append(line)
        if archive.lines:
            remove_unfinished(out)
        return archive

    def has(self, line: Imported) -> bool:
        return (self.out / line.recording).is_file()

    def of(self, place: _Place) -> list[Imported]:
        """Return the lines of a file."""
        return self.of_file[place.folder, place.file.name]

    def write(
        self, place: _Place, lines: Sequence[Imported], motions: Sequence[ImportedMotion]
    ) -> None:
        """Write the recordings of a file, after their lines, in place of its older ones."""
        for line in lines:
            self._expect_own(line)
        for old in self.of(place):
            (self.out / old.recording).unlink(missing_ok=True)
            del self.lines[old.recording]
        append_lines(self.out, lines)
        self.lines |= {line.recording: line for line in lines}
        for line, motion in zip(lines, motions, strict=True):
            write_amass(self.out / line.recording, motion.recording)

    def _expect_own(self, line: Imported) -> None:
        path = self.out / line.recording
        if path.exists() and line.recording not in self.lines:
            raise RecordingError(
                DropReason.AMBIGUOUS,
                f"{path} was not written by an import, and is kept; choose another --out",
            )


def import_folder(
    source: Path, out: Path, kind: ImportKind, template: CaptionTemplate, splits: SplitTemplate
) -> FolderReport:
    """Import a file, or all files below a folder, and write the index, captions and split lists.

    Raises `InputError` if there is no file, if the output folder has files of others, or if nothing
    could be imported.
    """
    found = _files(source, out, kind.suffixes)
    files = kind.choose(found)
    archive = _Archive.read(out)
    done: list[Imported] = []
    failures: list[Failure] = []
    reused = 0
    places = [*_places(source, files, kind)]
    copies = Counter(place.stem for place in places)
    for place in places:
        try:
            _expect_one(place, copies)
            known = _reuse(place, archive, kind)
            reused += len(known)
            done += known or _import_file(place, archive, kind)
        except RecordingError as error:
            failures.append(Failure(place.name, str(error)))
    if not failures and not done:
        raise InputError(
            f"{source}: expected files of kind {kind.name}, found {counted(len(found), 'file')} "
            f"of {' or '.join(kind.suffixes)}, none of which has what the kind needs"
        )
    if not done:
        raise InputError(
            f"{source}: nothing could be imported, {counted(len(failures), 'file')} failed; the "
            f"first one: {failures[0].message}"
        )
    every = sorted(filter(archive.has, archive.lines.values()), key=lambda line: line.recording)
    write_lines(out, every)
    written = write_lists(out, every, template, splits)
    left_out = len(found) - len(files)
    return FolderReport(out, tuple(done), reused, tuple(failures), left_out, len(every), written)


def _files(source: Path, out: Path, suffixes: Sequence[str]) -> list[Path]:
    """Return the files to import; an output folder inside the source has none of them."""
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
    files = [path for path in paths if path.suffix.lower() in suffixes and path.is_file()]
    if not files:
        raise InputError(f"{source}: expected {names} files, found no {names} file")
    return files


def _places(source: Path, files: Sequence[Path], kind: ImportKind) -> Iterator[_Place]:
    root = source if source.is_dir() else source.parent
    for file in files:
        relative = file.relative_to(root)
        first, *others = kind.folders(root.absolute().name, relative)
        is_plain = fold_name(first) in ROOTS or not _clean(first).strip("_")
        folders = (NAMELESS if is_plain else first, *others)
        yield _Place(file, relative.as_posix(), "/".join(map(_clean, folders)))


def _clean(name: str) -> str:
    return re.sub(r"[^A-Za-z0-9_-]+", "_", name)


def _expect_one(place: _Place, copies: Counter[str]) -> None:
    if copies[place.stem] > 1:
        raise RecordingError(
            DropReason.AMBIGUOUS,
            f"{place.file.name}: expected one file of this name, found {copies[place.stem]}, whose "
            f"recordings would all be {place.target(place.file.stem)}; keep or rename one",
        )


def _inputs(file: Path, kind: ImportKind) -> list[Path]:
    return [file, *kind.others(file), *caption_files(file)]


def _reuse(place: _Place, archive: _Archive, kind: ImportKind) -> list[Imported]:
    """Return the lines of an earlier import of a file if nothing has changed since."""
    lines = archive.of(place)
    if not lines or not all(map(archive.has, lines)):
        return []
    if {(line.kind, line.settings) for line in lines} != {(kind.name, kind.settings)}:
        return []
    digest = hash_files(_inputs(place.file, kind))
    return lines if {line.sha256 for line in lines} == {digest} else []


def _import_file(place: _Place, archive: _Archive, kind: ImportKind) -> list[Imported]:
    motions = [_at_clip_rate(motion) for motion in kind.convert(place.file)]
    digest = hash_files(_inputs(place.file, kind))
    lines = [_line(place, motion, digest, kind) for motion in motions]
    archive.write(place, lines, motions)
    return lines


def _at_clip_rate(motion: ImportedMotion) -> ImportedMotion:
    recording, notes = reach_clip_rate(motion.recording)
    found = (*motion.found, *notes)
    return ImportedMotion(recording, motion.name, found, motion.captions, motion.error)


def _line(place: _Place, motion: ImportedMotion, digest: str, kind: ImportKind) -> Imported:
    recording, target = motion.recording, place.target(motion.name)
    clip_length(recording.frames, recording.fps, row_of(target, 1, "clip"))
    captions, mirrored_captions = _captions(place.file, motion)
    return Imported(
        recording=target,
        source=place.name,
        sha256=digest,
        kind=kind.name,
        settings=kind.settings,
        frames=recording.frames,
        fps=recording.fps,
        found=motion.found,
        captions=captions,
        mirrored_captions=mirrored_captions,
        error=motion.error,
    )


def _captions(file: Path, motion: ImportedMotion) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the lines of captions of a motion, and of its mirrored clip."""
    own = tuple(filter(None, map(one_line, motion.captions)))
    if own:
        return own, tuple(map(mirrored, own))
    files = {path.stem == file.stem: read_caption_lines(path) for path in caption_files(file)}
    return files.get(True, ()), files.get(False, ())
