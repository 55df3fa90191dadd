"""Read the annotations and the index that UniMoCap makes of HumanML3D, KIT-ML and BABEL.

Its `.json` files, which AMASS-Annotation-Unifier and TMR also have, hold an object for each
recording: `path`, `duration`, and `annotations` with `text`, `start` and `end` in seconds. Its
`*_h3dformat.csv` have HumanML3D's columns, but `start_frame` and `end_frame` are seconds times 20
since the first frame of the recording, so lead-ins are part of them; the texts are in folders such
as `babel_new_text/`. Source: `babel.py`, `kitml.py`, `h3d_to_h3d.py`, `tools/saving.py` and
`raw_pose_processing.py` of LinghaoChan/UniMoCap.
"""

import csv
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from motiondata.errors import InputError
from motiondata.sources.annotations.annotated import (
    MOST,
    Annotated,
    Annotation,
    AnnotationKind,
    clean_key,
    entries_of,
    objects_of,
    seconds_of,
    text_of,
)

INDEX = "_h3dformat"
"""The end of the names of its indices."""
TEXTS = {"h3d": "humanml3d_new_text", "kitml": "kit_new_text", "babel": "babel_new_text",
         "babelseq": "babel_new_text_seq", "babelseg": "babel_new_text_seg"}  # fmt: skip
"""The folder of the texts of each index."""
FILE_STEM = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*")
"""A name of a file of texts that stays in its folder."""
INDEX_FPS = 20.0
SAME_SECONDS = 0.002
"""Seconds are rounded to milliseconds: an annotation that ends this near the end is of the whole
recording."""


def unimocap_files(source: Path) -> list[Path]:
    """Return the annotations of a folder, or else its indices; or a single file.

    Annotations lie in `outputs-json/`, indices in the folder itself. Both say the same.
    """
    found = [source]
    if source.is_dir():
        found = [*sorted(source.glob("*.json")), *sorted(source.glob("outputs-json/*.json"))]
        found = found or sorted(source.glob(f"*{INDEX}.csv"))
    if not found or not all(file.is_file() and file.suffix in (".json", ".csv") for file in found):
        raise InputError(
            f"{source}: expected UniMoCap's outputs-json/*.json or *{INDEX}.csv, or their folder"
        )
    return found


def read_unimocap(files: Sequence[Path]) -> list[Annotated]:
    """Return a clip for each recording of `.json` files, and for each row of indices."""
    found: list[Annotated] = []
    for file in files:
        found += _of_index(file) if file.suffix == ".csv" else _of_json(file)
    return found


def _of_json(file: Path) -> Iterator[Annotated]:
    for key, entry in entries_of(file, "an object for each recording").items():
        where = f"{file.name}, {key}"
        seconds = seconds_of(entry, "duration", where)
        listed = objects_of(entry.get("annotations"), "annotations", where)
        yield Annotated(
            clean_key(f"{file.stem}_{key}"),
            f"{text_of(entry, 'path', where)}.npz",
            tuple(_annotation(each, seconds, where) for each in listed),
            seconds=seconds,
        )


def _annotation(entry: Mapping[str, Any], seconds: float, where: str) -> Annotation:
    text = text_of(entry, "text", where)
    start, end = (seconds_of(entry, name, where) for name in ("start", "end"))
    is_whole = start <= 0 and end >= seconds - SAME_SECONDS
    return Annotation(text) if is_whole else Annotation(text, start, end)


def _of_index(file: Path) -> Iterator[Annotated]:
    name = file.stem.removesuffix(INDEX)
    texts = file.parent / TEXTS.get(name, f"{name}_new_text")
    try:
        with file.open(newline="", encoding="utf-8") as lines:
            rows = list(csv.DictReader(lines))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise InputError(f"{file}: expected an index of UniMoCap; {error}") from error
    for number, row in enumerate(rows, start=2):
        where = f"{file}, line {number}"
        stem = text_of(row, "new_name", where).removesuffix(".npy")
        if not FILE_STEM.fullmatch(stem):
            raise InputError(f"{where}: expected a file name as new_name, found {stem!r:.200}")
        _, found, path = text_of(row, "source_path", where).partition("pose_data/")
        if not found:
            raise InputError(f"{where}: expected a path below pose_data/, found {row!r:.200}")
        start, end = (_frame(row, frame, where) for frame in ("start_frame", "end_frame"))
        yield Annotated(
            clean_key(f"{name}_{stem}"),
            f"{path.removesuffix('.npy')}.npz",
            tuple(map(Annotation, _texts(texts / f"{stem}.txt"))),
            part=(start / INDEX_FPS, end / INDEX_FPS),
        )


def _texts(path: Path) -> list[str]:
    try:
        return path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{path}: expected the texts of a row of the index; {error}") from error


def _frame(row: Mapping[str, Any], name: str, where: str) -> float:
    try:
        frame = float(row[name])
    except (KeyError, TypeError, ValueError) as error:
        raise InputError(f"{where}: expected a frame as {name!r}, found {row!r:.200}") from error
    if not abs(frame) < MOST:
        raise InputError(f"{where}: expected a frame as {name!r}, found {frame}")
    return frame


UNIMOCAP = AnnotationKind(
    "unimocap",
    unimocap_files,
    read_unimocap,
    "texts of HumanML3D (MIT), KIT-ML and BABEL, each under its own license",
)
