"""The numbers of a training log by name, as plots show them."""

from collections.abc import Iterator, Mapping
from itertools import chain
from typing import Any

from pipelines.training.common.logs import WATCH, Record

RATES = "rates"
NOT_CURVES = ("step", "stage", RATES)
"""Keys of the line of a step that are no measures of it."""


def scalars_of(record: Record) -> dict[str, float]:
    """Return the numbers of a line by name; those of a validation begin with `watch/`.

    A learning rate has the number of its group of parameters, as in `rate/group 0`: a later stage
    may have more groups.
    """
    if WATCH in record:
        return dict(_numbers(WATCH, record[WATCH]))
    step = {name: value for name, value in record.items() if name not in NOT_CURVES}
    rates = {f"group {number}": rate for number, rate in enumerate(record.get(RATES, ()))}
    found = [_numbers(name, value) for name, value in {**step, "rate": rates}.items()]
    return dict(chain.from_iterable(found))


def _numbers(name: str, value: Any) -> Iterator[tuple[str, float]]:
    """Yield the numbers of a value that may be nested, each with its path."""
    if isinstance(value, Mapping):
        for key, inner in value.items():
            yield from _numbers(f"{name}/{key}", inner)
    elif isinstance(value, int | float) and not isinstance(value, bool):
        yield name, float(value)
