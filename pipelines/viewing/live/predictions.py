"""Predicted captions of clips: the JSON lines of `caption --out`, or those of `evaluate`.

An evaluation writes captions by the model and by baselines, and names what made each.
"""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from motiondata.errors import InputError


class Prediction(NamedTuple):
    """A caption of a clip that the clip does not have itself."""

    by: str
    """What made it, such as `predicted` or the name of a baseline."""
    text: str


Predictions = Mapping[str, tuple[Prediction, ...]]
"""The predicted captions of each clip, by key."""

PREDICTED = "predicted"
CAPTIONS = "captions.jsonl"
"""The file of an evaluation, if its folder is given."""


def read_predictions(path: Path) -> Predictions:
    """Read predicted captions. Those of one key are kept in the order of the file.

    `path` is a file of JSON lines, each an object with the texts `key` and `caption` and maybe
    `by`, what made the caption; or the folder of an evaluation. Raises `InputError`.
    """
    file = path / CAPTIONS if path.is_dir() else path
    try:
        text = file.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{file}: expected predicted captions in UTF-8: {error}") from error
    found: dict[str, tuple[Prediction, ...]] = {}
    for key, prediction in _lines(file, text):
        found[key] = (*found.get(key, ()), prediction)
    return found


def _parsed(text: str) -> Any:
    """Return the value of JSON; None if it is none."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def _lines(file: Path, text: str) -> Iterator[tuple[str, Prediction]]:
    for number, line in enumerate(text.splitlines(), 1):
        if line.strip():
            yield _line_to_prediction(line, f"{file}, line {number}")


def _line_to_prediction(line: str, where: str) -> tuple[str, Prediction]:
    match _parsed(line):
        case {"key": str(key), "caption": str(caption), **others}:
            return key, Prediction(str(others.get("by", PREDICTED)), caption)
    raise InputError(
        f"{where}: expected an object with the texts key and caption, found {line[:60]!r}; "
        "motiondata caption --out and evaluate --out write such files"
    )
