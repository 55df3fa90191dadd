"""Annotations of a recording of AMASS, and the files that they are read from."""

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from motiondata.errors import InputError
from motiondata.files import expect_of_the_file

MOST = 1e6
"""Seconds that no recording lasts; NaN is not below it either."""


@dataclass(frozen=True)
class Annotation:
    """A sentence about a part of a recording."""

    text: str
    start: float = 0.0
    """Seconds since the first frame of the recording."""
    end: float | None = None
    """Seconds; None for a sentence about the whole recording."""


@dataclass(frozen=True)
class Annotated:
    """The annotations of a recording, or of a part of it, which become a clip."""

    key: str
    """The name of the clip."""
    path: str
    """The path of the recording from the subset on, such as `KIT/3/kick_high_left02_poses.npz`."""
    annotations: tuple[Annotation, ...]
    split: str = ""
    """The list that the clip is in, if the dataset has lists."""
    seconds: float | None = None
    """How long the dataset says that the recording lasts."""
    part: tuple[float, float] | None = None
    """Start and end of the clip in seconds of the recording; None for all of it."""


@dataclass(frozen=True)
class AnnotationKind:
    """How the annotations of a dataset are read."""

    name: str
    files: Callable[[Path], list[Path]]
    """Returns the files of a source; raises `InputError` if there are none."""
    read: Callable[[Sequence[Path]], list[Annotated]]
    """Returns what files hold; raises `InputError`."""
    licence: str
    """What is known of the license of the texts, for people."""


def read_json(path: Path) -> Any:
    """Return the content of a JSON file; raise `InputError` if it is not one."""
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        expect_of_the_file(error)
        raise InputError(f"{path}: cannot be read ({error.strerror})") from error
    except (ValueError, RecursionError) as error:
        raise InputError(f"{path}: expected JSON in UTF-8; {error}") from error


def entries_of(path: Path, expected: str) -> Mapping[str, Any]:
    """Return the entries of a JSON object of objects; raise `InputError` for other content."""
    found = read_json(path)
    if not isinstance(found, dict) or not all(isinstance(value, dict) for value in found.values()):
        raise InputError(f"{path}: expected {expected}, found a {type(found).__name__}")
    return found


def text_of(entry: Mapping[str, Any], name: str, where: str) -> str:
    """Return a text of an entry; raise `InputError` if there is none."""
    value = entry.get(name)
    if not isinstance(value, str):
        raise InputError(f"{where}: expected a text as {name!r}, found {value!r:.60}")
    return value


def seconds_of(entry: Mapping[str, Any], name: str, where: str) -> float:
    """Return a number of seconds of an entry; raise `InputError` if there is none."""
    value = entry.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) < MOST:
        raise InputError(f"{where}: expected seconds as {name!r}, found {value!r:.60}")
    return float(value)


def objects_of(value: Any, what: str, where: str) -> list[Mapping[str, Any]]:
    """Return a list of objects, or none for null; raise `InputError` for other values."""
    listed = [] if value is None else value
    if not isinstance(listed, list) or not all(isinstance(each, dict) for each in listed):
        raise InputError(f"{where}: expected a list of {what}, found {value!r:.60}")
    return listed


def clean_key(name: str) -> str:
    """Return a name with the characters that keys of a dataset have."""
    return re.sub(r"[^A-Za-z0-9_-]+", "_", name).lstrip("-_")
