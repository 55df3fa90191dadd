"""The index and the captions of an archive of imported recordings, which builds read."""

import csv
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from motiondata.errors import DropReason, RecordingError
from motiondata.files import is_of_the_file, read_small_file, whole_or_absent
from motiondata.mirroring import MIRRORED_PREFIX
from motiondata.sources.humanml3d.captions import MAX_BYTES
from motiondata.sources.humanml3d.index import COLUMNS, Row
from motiondata.sources.humanml3d.splits import SPLITS
from motiondata.sources.humanml3d.trimming import clip_length
from motiondata.sources.humanml3d.whole_recordings import make_keys
from motiondata.sources.imports.clip_labels import (
    ClipLabel,
    label_of,
    mirrored_label,
    write_labels,
)
from motiondata.sources.imports.file_names import CaptionTemplate, mirrored
from motiondata.sources.imports.provenance import Imported
from motiondata.sources.imports.split_lists import SplitTemplate
from motiondata.sources.imports.written_splits import write_split_lists

INDEX = "index.csv"
TEXTS = "texts"


def row_of(recording: str, end: int, key: str) -> Row:
    """Return the row of a whole recording, given by its path relative to the archive."""
    source_path = f"./pose_data/{recording.removesuffix('.npz')}.npy"
    return Row(0, source_path, 0, end, key)


@dataclass(frozen=True)
class WrittenLists:
    """How much was written besides the index."""

    captions: int
    splits: Mapping[str, int]
    """The number of clips of each split that was written; empty without lists."""
    kept_splits: tuple[str, ...] = ()
    """Split lists that are not as an import wrote them; no list was written then."""


def write_lists(
    out: Path, lines: Sequence[Imported], template: CaptionTemplate, splits: SplitTemplate
) -> WrittenLists:
    """Write the index, the captions of all recordings, their labels, and the split lists.

    Captions are those of the provenance, or else those that the template makes of the file's name.
    Labels are of clips with captions of the template.
    There are no lists if no name is one of those that `splits` divides; edited lists are kept.
    """
    keys = make_keys([line.recording for line in lines], mirror=True)
    with whole_or_absent(out / INDEX) as whole, whole.open("w", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(COLUMNS)
        for line, key in zip(lines, keys, strict=True):
            row = row_of(line.recording, 1, key)
            frames = clip_length(line.frames, line.fps, row)
            writer.writerow((row.source_path, 0, frames, f"{key}.npy"))
    captions = sum(
        _write_captions(out / TEXTS, key, line, template)
        for line, key in zip(lines, keys, strict=True)
    )
    write_labels(
        out,
        (
            label
            for line, key in zip(lines, keys, strict=True)
            for label in _labels(line, key, template)
        ),
    )
    divided = splits.divide([Path(line.source).stem for line in lines])
    if divided is None:
        return WrittenLists(captions, {})
    kept, counts = write_split_lists(out, keys, divided), Counter(divided)
    return WrittenLists(captions, {} if kept else {split: counts[split] for split in SPLITS}, kept)


def _write_captions(texts: Path, key: str, line: Imported, template: CaptionTemplate) -> int:
    plain, other = line.captions, line.mirrored_captions
    if not plain:
        plain = template.of_name(Path(line.source).stem)
        other = tuple(map(mirrored, plain))
    for prefix, captions in (("", plain), (MIRRORED_PREFIX, other)):
        if captions:
            write_text(texts / f"{prefix}{key}.txt", "".join(f"{text}\n" for text in captions))
    return len(plain)


def _labels(line: Imported, key: str, template: CaptionTemplate) -> Iterator[ClipLabel]:
    """Yield the labels of a clip and of its mirrored one, if their captions are the template's."""
    label = None if line.captions else label_of(key, Path(line.source).stem, template)
    if label is not None:
        yield label
        yield mirrored_label(label, f"{MIRRORED_PREFIX}{key}", template)


def write_text(path: Path, text: str) -> None:
    """Write a text unless the file has it: there may be thirty thousand."""
    content = text.encode()
    if not path.is_file() or path.read_bytes() != content:
        with whole_or_absent(path) as whole:
            whole.write_bytes(content)


def caption_files(file: Path) -> tuple[Path, ...]:
    """Return the files of captions of a file, plain and mirrored, in `texts/` beside its folder.

    `HumanML3D/texts/012314.txt` is that of `HumanML3D/new_joints/012314.npy`. A folder `texts/` in
    the folder of the file also counts.
    """
    return tuple(_caption_files(file))


def _caption_files(file: Path) -> Iterator[Path]:
    for prefix in ("", MIRRORED_PREFIX):
        for folder in (file.parent, file.parent.parent):
            path = folder / TEXTS / f"{prefix}{file.stem}.txt"
            if path.is_file():
                yield path
                break


def read_caption_lines(path: Path) -> tuple[str, ...]:
    """Return the lines of a file of captions as they are; raise `RecordingError` if unreadable."""
    try:
        content = read_small_file(path, MAX_BYTES)
    except OSError as error:
        if not is_of_the_file(error):
            raise
        raise RecordingError(
            DropReason.UNREADABLE, f"{path.name}: cannot be read ({error.strerror})"
        ) from error
    try:
        text = content.decode()
    except UnicodeDecodeError:
        text = content.decode("latin-1")
    return tuple(line for line in text.splitlines() if line.strip())


def one_line(caption: str) -> str:
    """Return a caption as a line of a file of captions, in which `#` separates fields."""
    return " ".join(caption.replace("#", " ").split())
