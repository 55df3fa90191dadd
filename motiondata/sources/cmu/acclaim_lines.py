"""The lines of an Acclaim file, each with its number, so that a bad one can be named.

A comment is a word that begins with `#`, and what follows it on its line; commas and parentheses
count as white space. A `#` within a word is data, as in `-1.#IND`, Windows' way of writing NaN.
Source: "Acclaim Skeleton File Definition V1.10", M. Schafer 1994.
"""

from collections.abc import Sequence
from itertools import takewhile
from math import isfinite
from pathlib import Path
from textwrap import shorten
from typing import NamedTuple

from motiondata.errors import DropReason, RecordingError

MAX_NUMBER = 1e6
"""Far beyond any angle in degrees, and any place or length in CMU's unit."""


WHITE_SPACE = str.maketrans(",()", "   ")


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

    def numbers(self, words: Sequence[str], expected: str) -> list[float]:
        """Return some of the line's words as numbers; `expected` is what an error says of them."""
        try:
            numbers = [float(word) for word in words]
        except ValueError as error:
            raise self.error(expected) from error
        if not all(map(isfinite, numbers)):
            raise self.error(expected)
        if any(abs(number) > MAX_NUMBER for number in numbers):
            raise self.error(f"numbers up to {MAX_NUMBER:g}")
        return numbers


def read_lines(path: Path) -> list[Line]:
    """Return a file's lines without comments; those that hold nothing else are left out.

    Raises `RecordingError` where the file cannot be read or holds no line.
    """
    try:
        text = path.read_text(encoding="latin-1")
    except OSError as error:
        raise RecordingError(
            DropReason.UNREADABLE, f"{path}: cannot be read ({error.strerror})"
        ) from error
    split = [_words(line) for line in text.translate(WHITE_SPACE).split("\n")]
    lines = [Line(path.name, number, words) for number, words in enumerate(split, start=1) if words]
    if not lines:
        raise RecordingError(DropReason.UNREADABLE, f"{path}: expected text, found none")
    return lines


def _words(line: str) -> tuple[str, ...]:
    """Return the words of a line up to its comment."""
    words = line.split()
    if "#" in line:
        words = [*takewhile(lambda word: not word.startswith("#"), words)]
    return tuple(words)
