"""Lines of a BVH file that keep their numbers for error messages."""

import re
from math import isfinite
from textwrap import shorten
from typing import NamedTuple

from motiondata.errors import DropReason, RecordingError


class BvhLine(NamedTuple):
    """The text of one line, the name of its file, and its line number."""

    source: str
    number: int
    text: str

    def error(self, expected: str, reason: DropReason = DropReason.INVALID) -> RecordingError:
        """Return an error that states the expectation, the file, the line number, and the line."""
        found = shorten(self.text, width=60, placeholder=" ...")
        return RecordingError(
            reason, f"{self.source}, line {self.number}: expected {expected}, found '{found}'"
        )


def find_number(
    line: BvhLine, pattern: re.Pattern[str], expected: str, *, whole: bool = False
) -> float:
    """Return the number of a line that matches a pattern; raise `RecordingError` otherwise.

    The number is above zero and, with `whole`, a whole number of at most nine digits.
    """
    found = pattern.fullmatch(line.text)
    text = found[1] if found else ""
    if whole and not (text.isdecimal() and len(text) < 10):
        raise line.error(expected)
    try:
        number = float(text)
    except ValueError as error:
        raise line.error(expected) from error
    if not isfinite(number) or number <= 0:
        raise line.error(expected)
    return number
