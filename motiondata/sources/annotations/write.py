"""Write an index, captions and split lists of annotations, for the recordings that are there."""

import csv
import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from motiondata.errors import DropReason, InputError, RecordingError
from motiondata.files import whole_or_absent
from motiondata.mirroring import MIRRORED_PREFIX
from motiondata.sources.amass.reader import read_length
from motiondata.sources.annotations.annotated import Annotated, AnnotationKind
from motiondata.sources.annotations.times import ClipTimes, caption_lines, clip_times
from motiondata.sources.humanml3d.archive import SMPLX_SUFFIX, Archive
from motiondata.sources.humanml3d.index import COLUMNS, Row, read_index
from motiondata.sources.humanml3d.splits import SPLITS
from motiondata.sources.imports.file_names import mirrored
from motiondata.sources.imports.kind import Failure
from motiondata.sources.imports.lists import INDEX, TEXTS, write_text
from motiondata.sources.imports.provenance import hash_files
from motiondata.sources.imports.written_splits import write_split_lists
from motiondata.watching import Watch, unwatched

RECORD = "annotations.json"
"""What the index was made of. A folder with an index and without it is not overwritten."""


@dataclass(frozen=True)
class AnnotatedClip:
    """A clip of the index."""

    annotated: Annotated
    times: ClipTimes
    captions: tuple[str, ...]


@dataclass(frozen=True)
class AnnotationsReport:
    """What was made of annotations."""

    clips: tuple[AnnotatedClip, ...]
    missing: int
    """Annotated recordings that are not in the archive."""
    silent: int
    """Annotated recordings without a sentence, which are left out."""
    failures: tuple[Failure, ...]
    splits: Mapping[str, int]
    kept_splits: tuple[str, ...]
    licence: str
    """What is known of the license of the texts."""


def import_annotations(
    kind: AnnotationKind, source: Path, amass: Path, out: Path, watch: Watch = unwatched
) -> AnnotationsReport:
    """Write the index, captions and split lists of annotations of the recordings below `amass`.

    Raises `InputError` for other files, for an output folder with an index of others, and if no
    recording is there.
    """
    files = kind.files(source)
    every = kind.read(files)
    if (out / INDEX).exists() and not (out / RECORD).exists():
        raise InputError(f"{out / INDEX} is not of annotations; choose another --out")
    spoken = [each for each in every if any(said.text.strip() for said in each.annotations)]
    archive, failures, clips, missing = Archive.scan(amass), [], [], 0
    with watch(len(spoken)) as advance:
        for annotated in spoken:
            try:
                clips.append(_clip(annotated, archive))
            except RecordingError as error:
                missing += error.reason is DropReason.MISSING
                if error.reason is not DropReason.MISSING:
                    failures.append(Failure(annotated.key, str(error)))
            advance(1)
    if not clips:
        raise InputError(
            f"{amass}: expected recordings that {source} annotates, found none of "
            f"{len(spoken):,}" + (f"; the first failure: {failures[0].message}" if failures else "")
        )
    with whole_or_absent(out / INDEX) as whole:
        _write_index(whole, clips)
        read_index(whole)  # names and paths that an index cannot have are refused here
        _write_record(out, kind, files)
    for clip in clips:
        _write_captions(out, clip)
    kept, splits = _write_lists(out, clips)
    silent = len(every) - len(spoken)
    return AnnotationsReport(
        tuple(clips), missing, silent, tuple(failures), splits, kept, kind.licence
    )


def _clip(annotated: Annotated, archive: Archive) -> AnnotatedClip:
    path = archive.locate(row_of(annotated))
    frames, fps = read_length(archive.root / path, path)
    is_smplx = Path(path).stem.casefold().endswith(SMPLX_SUFFIX)
    times = clip_times(annotated, frames, fps, is_smplx)
    return AnnotatedClip(annotated, times, caption_lines(annotated, times))


def row_of(annotated: Annotated, start: int = 0, end: int = 1) -> Row:
    """Return the row of an annotated recording."""
    path = f"./pose_data/{annotated.path.removesuffix('.npz')}.npy"
    return Row(0, path, start, end, annotated.key)


def _write_record(out: Path, kind: AnnotationKind, files: Sequence[Path]) -> None:
    record = {
        "kind": kind.name,
        "licence": kind.licence,
        "files": {file.name: hash_files([file]) for file in files},
    }
    with whole_or_absent(out / RECORD) as whole:
        whole.write_text(f"{json.dumps(record, indent=1)}\n", encoding="utf-8")


def _write_index(path: Path, clips: Sequence[AnnotatedClip]) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(COLUMNS)
        for clip in clips:
            row = row_of(clip.annotated, clip.times.start, clip.times.end)
            writer.writerow((row.source_path, row.start_frame, row.end_frame, f"{row.name}.npy"))


def _write_captions(out: Path, clip: AnnotatedClip) -> None:
    for prefix, lines in _texts(clip):
        path = out / TEXTS / f"{prefix}{clip.annotated.key}.txt"
        write_text(path, "".join(f"{line}\n" for line in lines))


def _texts(clip: AnnotatedClip) -> Iterator[tuple[str, Sequence[str]]]:
    yield "", clip.captions
    yield MIRRORED_PREFIX, [mirrored(line) for line in clip.captions]


def _write_lists(
    out: Path, clips: Sequence[AnnotatedClip]
) -> tuple[tuple[str, ...], Mapping[str, int]]:
    splits = [clip.annotated.split for clip in clips]
    if not all(splits):
        return (), {}
    kept = write_split_lists(out, [clip.annotated.key for clip in clips], splits)
    counts = Counter(splits)
    return kept, {} if kept else {split: counts[split] for split in SPLITS}
