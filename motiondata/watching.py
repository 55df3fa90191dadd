"""How a long job tells its caller how much of it is done, without knowing what the caller shows."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

Advance = Callable[[int], None]
"""Counts further steps as done."""
Watch = Callable[[int], AbstractContextManager[Advance]]
"""Begins to watch a job, given the number of its steps."""


def unnoticed(steps: int) -> None:
    """Count nothing."""


@contextmanager
def unwatched(steps: int) -> Iterator[Advance]:  # noqa: ARG001
    """Watch nothing."""
    yield unnoticed
