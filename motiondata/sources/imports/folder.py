"""Import all files of a kind below a folder, and list the recordings in an index.

`imports.jsonl` is the provenance (`provenance.py`). An import that was stopped continues where it
was. A faulty file is a counted failure.
"""

from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from motiondata.counting import counted
from motiondata.errors import InputError, RecordingError
from motiondata.sources.humanml3d.trimming import clip_length
from motiondata.sources.imports.archive import ImportedArchive
from motiondata.sources.imports.file_names import CaptionTemplate, mirrored
from motiondata.sources.imports.frame_rates import reach_clip_rate
from motiondata.sources.imports.kind import Failure, ImportedMotion, ImportKind
from motiondata.sources.imports.lists import (
    WrittenLists,
    caption_files,
    one_line,
    read_caption_lines,
    row_of,
    write_lists,
)
from motiondata.sources.imports.places import (
    Place,
    expect_no_broken_link,
    expect_one,
    find_files,
    places_of,
)
from motiondata.sources.imports.provenance import Imported, hash_files, write_lines
from motiondata.sources.imports.split_lists import SplitTemplate
from motiondata.watching import Watch, unwatched

Lines = tuple[Imported, ...]


@dataclass(frozen=True)
class FolderReport:
    """The result of an import."""

    folder: Path
    imported: Lines
    """The recordings of this import, including those that an earlier one had written."""
    reused: int
    """How many of them an earlier import had written."""
    replaced: int
    """Recordings of earlier imports that were replaced, because their file had other content."""
    failures: tuple[Failure, ...]
    left_out: int
    """Files that were not imported because the kind leaves them out."""
    clips: int
    """Rows of the index."""
    lists: WrittenLists


def import_folder(
    source: Path,
    out: Path,
    kind: ImportKind,
    template: CaptionTemplate,
    splits: SplitTemplate,
    watch: Watch = unwatched,
) -> FolderReport:
    """Import a file, or all files below a folder, and write the index, captions and split lists.

    `watch` is called with the number of files. Raises `InputError` if there is no file, if the
    output folder has files of others, or if nothing could be imported.
    """
    found = find_files(source, out, kind.suffixes)
    files = kind.choose(found)
    archive = ImportedArchive.read(out)
    done: list[Imported] = []
    failures: list[Failure] = []
    reused = 0
    places = [*places_of(source, files, kind)]
    copies = Counter(place.stem for place in places)
    with watch(len(places)) as advance:
        for place in places:
            try:
                expect_one(place, copies)
                expect_no_broken_link(place)
                known = _reuse(place, archive, kind)
                reused += len(known)
                done += known or _import_file(place, archive, kind)
            except RecordingError as error:
                failures.append(Failure(place.name, str(error)))
            advance(1)
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
    return FolderReport(
        out, tuple(done), reused, archive.replaced, tuple(failures), left_out, len(every), written
    )


def _inputs(file: Path, kind: ImportKind) -> list[Path]:
    return [file, *kind.others(file), *caption_files(file)]


def _reuse(place: Place, archive: ImportedArchive, kind: ImportKind) -> list[Imported]:
    """Return the lines of an earlier import of a file if nothing has changed since."""
    lines = archive.of(place)
    if not lines or not all(map(archive.has, lines)):
        return []
    if {(line.kind, line.settings) for line in lines} != {(kind.name, kind.settings)}:
        return []
    digest = hash_files(_inputs(place.file, kind))
    return lines if {line.sha256 for line in lines} == {digest} else []


def _import_file(place: Place, archive: ImportedArchive, kind: ImportKind) -> list[Imported]:
    motions = [_at_clip_rate(motion) for motion in kind.convert(place.file)]
    digest = hash_files(_inputs(place.file, kind))
    lines = [_line(place, motion, digest, kind) for motion in motions]
    archive.write(place, lines, motions)
    return lines


def _at_clip_rate(motion: ImportedMotion) -> ImportedMotion:
    recording, notes = reach_clip_rate(motion.recording)
    found = (*motion.found, *notes)
    return ImportedMotion(recording, motion.name, found, motion.captions, motion.error)


def _line(place: Place, motion: ImportedMotion, digest: str, kind: ImportKind) -> Imported:
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
