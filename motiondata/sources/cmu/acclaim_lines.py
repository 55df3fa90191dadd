"""Split an Acclaim file into lines that keep their line numbers for error messages.

A comment is a word that begins with `#` and the rest of its line. Commas and parentheses count as
white space. A `#` inside a word is data, as in `-1.#IND`, the Windows notation for NaN. Source:
"Acclaim Skeleton File Definition V1.10", M. Schafer 1994.
"""

from collections.abc import Sequence
from itertools import takewhile
from math import isfinite
from pathlib import Path
from textwrap import shorten
from typing import NamedTuple

from motiondata.errors import DropReason, RecordingError

MAX_NUMBER = 1e6
"""Largest accepted number, far above any angle in degrees and any position in CMU's unit."""


WHITE_SPACE = str.maketrans(",()", "   ")


class Line(NamedTuple):
    """The words of one line, the name of its file and its line number."""

    source: str
    number: int
    words: tuple[str, ...]

    def error(self, expected: str) -> RecordingError:
        """Return an error that states the expectation, the file, the line number and the line."""
        found = shorten(" ".join(self.words), width=60, placeholder=" ...")
        return RecordingError(
            DropReason.INVALID,
            f"{self.source}, line {self.number}: expected {expected}, found '{found}'",
        )

    def numbers(self, words: Sequence[str], expected: str) -> list[float]:
        """Parse some words of the line as numbers; `expected` describes them in errors.

        Raises `RecordingError` if a word is not a finite number of at most `MAX_NUMBER`.
        """
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
    """Return the lines of a file without comments; skip empty lines.

    Raises `RecordingError` if the file cannot be read or has no lines.
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
    """Return the words of a line before its comment."""
    words = line.split()
    if "#" in line:
        words = [*takewhile(lambda word: not word.startswith("#"), words)]
    return tuple(words)
