"""Read the sentences of the KIT Motion-Language dataset, for the recordings of AMASS.

`<id>_annotations.json` is a list of sentences about a motion. `amass-path2kitml.json`, a table that
AMASS-Annotation-Unifier and UniMoCap publish, says which recording of AMASS a motion is. Sources:
motion-annotation.humanoids.kit.edu/dataset; `kitml.py` and `kitml_process/` of
LinghaoChan/UniMoCap.
"""

from collections.abc import Sequence
from pathlib import Path

from motiondata.errors import InputError
from motiondata.sources.annotations.annotated import (
    Annotated,
    Annotation,
    AnnotationKind,
    clean_key,
    read_json,
)

TABLE = "amass-path2kitml.json"
SUFFIX = "_annotations.json"


def kit_ml_files(source: Path) -> list[Path]:
    """Return the table and the files of sentences of a folder, in this order."""
    tables = [path for path in (source / TABLE, source.parent / TABLE) if path.is_file()]
    files = sorted(source.glob(f"*{SUFFIX}"))
    if not files or not tables:
        raise InputError(
            f"{source}: expected a folder of KIT-ML's <id>{SUFFIX} with {TABLE} in it or above it, "
            f"found {len(files)} files of sentences and {'a' if tables else 'no'} table. UniMoCap "
            "publishes the table in kitml_process/"
        )
    return [tables[0], *files]


def read_kit_ml(files: Sequence[Path]) -> list[Annotated]:
    """Return the sentences of each motion that the table names."""
    table, *sentences = files
    path_of = read_json(table)
    if not isinstance(path_of, dict) or not all(isinstance(to, str) for to in path_of.values()):
        raise InputError(f"{table}: expected a path of AMASS for each motion of KIT-ML")
    found = ((file.name.removesuffix(SUFFIX), file) for file in sentences)
    return [
        Annotated(clean_key(f"kitml_{name}"), path_of[name], _annotations(file))
        for name, file in found
        if name in path_of
    ]


def _annotations(file: Path) -> tuple[Annotation, ...]:
    texts = read_json(file)
    if not isinstance(texts, list) or not all(isinstance(text, str) for text in texts):
        raise InputError(f"{file}: expected a list of sentences, found a {type(texts).__name__}")
    return tuple(map(Annotation, texts))


KIT_ML = AnnotationKind(
    "kit-ml",
    kit_ml_files,
    read_kit_ml,
    "KIT Motion-Language dataset (motion-annotation.humanoids.kit.edu): cite Plappert et al. 2016; "
    "see the site",
)
