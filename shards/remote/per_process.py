"""Values that a process makes anew, because they do not survive a fork: threads and connections."""

import os
import threading
from collections.abc import Callable
from typing import Generic, TypeVar

T = TypeVar("T")


class PerProcess(Generic[T]):
    """A value that is made when a process first asks for it."""

    def __init__(self, make: Callable[[], T]) -> None:
        self._make = make
        self._made: tuple[int, T] | None = None

    def get(self) -> T:
        """Return the value of this process."""
        made = self._made
        if made is None or made[0] != os.getpid():
            with _lock:
                made = self._made
                if made is None or made[0] != os.getpid():
                    made = self._made = os.getpid(), self._make()
        return made[1]


_lock = threading.RLock()


def _renew_lock() -> None:
    """Replace the lock, which another thread may have held at the moment of a fork."""
    global _lock
    _lock = threading.RLock()


os.register_at_fork(after_in_child=_renew_lock)
