"""The lines of an Acclaim file, each with its number, so that a bad one can be named.

Comments start a line: a `#` within one is data, as in `-1.#IND`, Windows' way of writing NaN.
"""

from pathlib import Path
from textwrap import shorten
from typing import NamedTuple

from motiondata.errors import DropReason, RecordingError


class Line(NamedTuple):
    """The words of one line, and where it stands."""

    source: str
    number: int
    words: tuple[str, ...]

    def error(self, expected: str) -> RecordingError:
        """Return the error that this line is not what was expected."""
        found = shorten(" ".join(self.words), width=60, placeholder=" ...")
        return RecordingError(
            DropReason.INVALID,
            f"{self.source}, line {self.number}: expected {expected}, found '{found}'",
        )


def read_lines(path: Path) -> list[Line]:
    """Return a file's lines, less blank ones and comments.

    Raises `RecordingError` where the file cannot be read or holds no line.
    """
    try:
        text = path.read_text(encoding="latin-1")
    except OSError as error:
        raise RecordingError(
            DropReason.UNREADABLE, f"{path}: cannot be read ({error.strerror})"
        ) from error
    split = [tuple(line.split()) for line in text.split("\n")]
    lines = [
        Line(path.name, number, words)
        for number, words in enumerate(split, start=1)
        if words and not words[0].startswith("#")
    ]
    if not lines:
        raise RecordingError(DropReason.UNREADABLE, f"{path}: expected text, found none")
    return lines
