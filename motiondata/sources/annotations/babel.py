"""Read BABEL's labels of AMASS: sentences about sequences, and about spans of seconds.

`train.json`, `val.json` and `test.json` have an object for each sequence by its number: `feat_p`,
the path of the recording below a folder of the archive; `dur`, seconds; `seq_ann` and `frame_ann`
with `labels`, each with `raw_label` and, for frames, `start_t` and `end_t`. `extra_train.json` and
`extra_val.json` have lists, `seq_anns` and `frame_anns`. Sources: babel.is.tue.mpg.de/data.html;
`action_recognition/data_gen` of abhinanda-punnakkal/BABEL; `babel.py` of LinghaoChan/UniMoCap.
"""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from motiondata.errors import InputError
from motiondata.sources.annotations.annotated import (
    Annotated,
    Annotation,
    AnnotationKind,
    entries_of,
    objects_of,
    seconds_of,
    text_of,
)

SPLIT_OF = {
    "train": "train", "val": "val", "test": "test", "extra_train": "train", "extra_val": "val",
}  # fmt: skip
"""The files, without suffix, and the list that their sequences are in."""

WHOLE, SPANS = ("seq_ann", "seq_anns"), ("frame_ann", "frame_anns")
"""Labels of sequences and of frames, each in the dense and the extra files."""


def babel_files(source: Path) -> list[Path]:
    """Return BABEL's files of a folder, or one of them."""
    files = [source / f"{name}.json" for name in SPLIT_OF] if source.is_dir() else [source]
    found = [file for file in files if file.is_file() and file.stem in SPLIT_OF]
    if not found:
        raise InputError(
            f"{source}: expected BABEL's {', '.join(f'{name}.json' for name in SPLIT_OF)}, "
            "or a folder with some of them"
        )
    return found


def read_babel(files: Sequence[Path]) -> list[Annotated]:
    """Return the labels of each sequence; those of dense and extra files are joined."""
    found: dict[str, Annotated] = {}
    for file in files:
        for number, entry in entries_of(file, "an object for each sequence").items():
            made = _annotated(number, entry, SPLIT_OF[file.stem], f"{file.name}, {number}")
            known = found.get(made.key, made)
            if known.path != made.path:
                raise InputError(f"{file}: sequence {number} is of {made.path} and {known.path}")
            joined = tuple(dict.fromkeys((*known.annotations, *made.annotations)))
            found[made.key] = Annotated(made.key, made.path, joined, known.split, made.seconds)
    return list(found.values())


def _annotated(number: str, entry: Mapping[str, Any], split: str, where: str) -> Annotated:
    if not number.isdecimal():
        raise InputError(f"{where}: expected the number of a sequence, found {number!r:.60}")
    _, _, path = text_of(entry, "feat_p", where).partition("/")
    annotations = (
        *(Annotation(text) for _, text in _labels(entry, WHOLE, where)),
        *(
            Annotation(text, seconds_of(label, "start_t", where), seconds_of(label, "end_t", where))
            for label, text in _labels(entry, SPANS, where)
        ),
    )
    seconds = seconds_of(entry, "dur", where)
    return Annotated(f"babel_{int(number):05d}", path, annotations, split, seconds)


def _labels(
    entry: Mapping[str, Any], names: tuple[str, str], where: str
) -> Iterator[tuple[Mapping[str, Any], str]]:
    """Yield the labels of an entry with their texts; test sequences may have none."""
    one, several = (entry.get(name) for name in names)
    annotations = objects_of(None if one is None else [one], "labels", where)
    for annotation in (*annotations, *objects_of(several, "labels", where)):
        for label in objects_of(annotation.get("labels"), "labels", where):
            if label.get("raw_label") is not None:
                yield label, text_of(label, "raw_label", where)


BABEL = AnnotationKind(
    "babel",
    babel_files,
    read_babel,
    "BABEL (babel.is.tue.mpg.de): academic research; see the license there",
)
