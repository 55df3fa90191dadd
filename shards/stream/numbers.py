"""Validate integers from callers and files: counts, positions and seeds.

A loader state may come from any file. Arithmetic with -1, 1.5 or True gives wrong batches instead
of errors, so the values are checked before they are used.
"""

import operator
from typing import Any

from shards.errors import ShardError


def whole_number(what: str, value: Any, least: int | None = None, most: int | None = None) -> int:
    """Return an integer of any type as `int`, or raise `ShardError` with the allowed range.

    The limits are inclusive; None means no limit.
    """
    if not isinstance(value, bool):
        try:
            number = operator.index(value)
        except TypeError:
            pass
        else:
            if (least is None or least <= number) and (most is None or number <= most):
                return number
    raise ShardError(f"the {what} is {value!r}; expected a whole number{_range(least, most)}")


def _range(least: int | None, most: int | None) -> str:
    if most is not None:
        return f" from {least} to {most}" if least is not None else f" of at most {most}"
    return "" if least is None else f" of at least {least}"
