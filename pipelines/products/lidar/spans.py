"""Options that are a number, or a range from which each sample draws its own."""

import re
from math import isnan

from motiondata.errors import InputError

NUMBER = r"([-+]?(?:\d+\.?\d*|\.\d+))"
RANGE = re.compile(rf"\s*{NUMBER}\s*-\s*{NUMBER}\s*")


def span_of(value: float | str, name: str = "") -> tuple[float, float]:
    """Return the least and the greatest number that an option allows; a number is both.

    Raises `InputError`, which begins with the option's `name` if it is given, for anything but a
    number and a range such as `4-20`.
    """
    try:
        return float(value), float(value)
    except ValueError:
        found = RANGE.fullmatch(str(value))
    if found is None:
        raise _wrong(name, "a number such as 8, or a range such as 4-20", value)
    least, greatest = map(float, found.groups())
    if least > greatest:
        raise _wrong(name, "a range from the smaller to the larger number", value)
    return least, greatest


def _wrong(name: str, expected: str, value: float | str) -> InputError:
    named = f"{name}: " if name else ""
    return InputError(f"{named}expected {expected}, found {value}")


def canonical(value: float | str, name: str = "") -> float | str:
    """Return equal values as one: a number, or the text of a range, such as `4-20`.

    Numbers are returned as they are. Raises `InputError` as `span_of` does.
    """
    if not isinstance(value, str):
        return value
    least, greatest = span_of(value, name)
    if isnan(least):
        return least
    return least if least == greatest else f"{shown(least)}-{shown(greatest)}"


def shown(value: float | str) -> str:
    """Return a number as short as it can be read again, or the text of a range."""
    if isinstance(value, str):
        return value
    short = f"{value:g}"
    return short if float(short) == value else repr(value)
