"""How much a command writes to standard error while it works.

Errors and warnings are always written. The setting belongs to the command that runs, so that a
program that calls two jobs can choose for each.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from enum import IntEnum


class Verbosity(IntEnum):
    """How much is written about the progress of a job."""

    QUIET = 0
    """Nothing."""
    NORMAL = 1
    """A bar on a terminal, and a line every ten seconds in a log."""
    VERBOSE = 2
    """A line every second in a log, and the rate at the end of each job."""


_VERBOSITY: ContextVar[Verbosity] = ContextVar("verbosity", default=Verbosity.NORMAL)


def verbosity() -> Verbosity:
    """Return the setting of the job that runs."""
    return _VERBOSITY.get()


@contextmanager
def set_verbosity(chosen: Verbosity) -> Iterator[None]:
    """Use a setting in the block."""
    token = _VERBOSITY.set(chosen)
    try:
        yield
    finally:
        _VERBOSITY.reset(token)
