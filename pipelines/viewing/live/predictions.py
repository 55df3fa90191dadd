"""Predicted captions of clips: the JSON lines of `caption --out`, or the report of `evaluate`.

The report has the captions of a few clips by the model and by baselines, and their references.
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
REPORT = "report.json"
"""The file of an evaluation, if its folder is given."""


def read_predictions(path: Path) -> Predictions:
    """Read predicted captions. Those of one key are kept in the order of the file.

    `path` is a file of JSON lines, each an object with the texts `key` and `caption`; or the
    `report.json` of an evaluation, or its folder. Raises `InputError`.
    """
    file = path / REPORT if path.is_dir() else path
    try:
        text = file.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{file}: expected predicted captions in UTF-8: {error}") from error
    examples = _examples_of(text)
    pairs = _lines(file, text) if examples is None else _from_examples(file, examples)
    found: dict[str, tuple[Prediction, ...]] = {}
    for key, prediction in pairs:
        found[key] = (*found.get(key, ()), prediction)
    return found


def _parsed(text: str) -> Any:
    """Return the value of JSON; None if it is none."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def _examples_of(text: str) -> list[Any] | None:
    """Return the examples of an evaluation's report; None if the text is none."""
    match _parsed(text):
        case {"examples": list(examples)}:
            return examples
    return None


def _from_examples(file: Path, examples: list[Any]) -> Iterator[tuple[str, Prediction]]:
    for example in examples:
        match example:
            case {"key": str(key), "captions": dict(captions)}:
                for by, caption in captions.items():
                    yield key, Prediction(by, str(caption))
            case _:
                raise InputError(
                    f"{file}: expected examples with key and captions, found "
                    f"{str(example)[:60]!r}; motiondata evaluate --out writes such a file"
                )


def _lines(file: Path, text: str) -> Iterator[tuple[str, Prediction]]:
    for number, line in enumerate(text.splitlines(), 1):
        if line.strip():
            yield _line_to_prediction(line, f"{file}, line {number}")


def _line_to_prediction(line: str, where: str) -> tuple[str, Prediction]:
    match _parsed(line):
        case {"key": str(key), "caption": str(caption)}:
            return key, Prediction(PREDICTED, caption)
    raise InputError(
        f"{where}: expected an object with the texts key and caption, found {line[:60]!r}; "
        "motiondata caption --out writes such a file"
    )
