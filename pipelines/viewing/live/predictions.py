"""Predicted captions of clips, from the JSON lines that `motiondata caption --out` writes."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from motiondata.errors import InputError

Predictions = Mapping[str, tuple[str, ...]]
"""The predicted captions of each clip, by key."""


def read_predictions(path: Path) -> Predictions:
    """Read a file with one object per line, each with the texts `key` and `caption`.

    Several lines of one key are kept in the order of the file. Raises `InputError`.
    """
    try:
        lines = path.read_text("utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{path}: expected JSON lines in UTF-8: {error}") from error
    found: dict[str, tuple[str, ...]] = {}
    for number, line in enumerate(lines, 1):
        if line.strip():
            key, caption = _line_to_prediction(line, f"{path}, line {number}")
            found[key] = (*found.get(key, ()), caption)
    return found


def _line_to_prediction(line: str, where: str) -> tuple[str, str]:
    try:
        value: Any = json.loads(line)
    except (ValueError, RecursionError):
        value = None
    match value:
        case {"key": str(key), "caption": str(caption)}:
            return key, caption
    raise InputError(
        f"{where}: expected an object with the texts key and caption, found {line[:60]!r}; "
        "motiondata caption --out writes such a file"
    )
