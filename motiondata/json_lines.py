"""Read a file of JSON lines that the user gave."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from motiondata.errors import InputError

SHOWN = 80
"""Maximum number of characters that a message shows of a line."""


def no_acts(where: str, line: Mapping[str, Any], remedy: str) -> InputError:
    """Return the error of a line of labels that has no acts of the synthesizer, with a remedy."""
    found = (
        f"the attributes {', '.join(map(str, line['attributes']))}, which motiondata import writes"
        if isinstance(line.get("attributes"), dict)
        else str(line)[:SHOWN]
    )
    return InputError(
        f"{where}: expected the name and the acts of a clip, as motiondata synthesize writes them, "
        f"found {found}; {remedy}"
    )


def read_json_lines(path: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the location (file and line number) and the object of each line of a JSON lines file.

    Raises `InputError` for a file that is not UTF-8 or a line that is not a JSON object.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{path}: expected a file of JSON lines in UTF-8; {error}") from error
    lines = text.removesuffix("\n").split("\n") if text else []
    for number, line in enumerate(lines, start=1):
        where = f"{path}, line {number}"
        try:
            parsed = json.loads(line)
        except (ValueError, RecursionError) as error:
            raise InputError(f"{where}: expected a JSON object, found {line[:40]!r}") from error
        if not isinstance(parsed, dict):
            raise InputError(f"{where}: expected a JSON object, found {line[:40]!r}")
        yield where, parsed
