"""The one way in which kernels are compiled here: at the first call, for one core, then cached.

Parallelism is a process a core, so kernels stay on theirs and let go of the interpreter lock.
Division follows NumPy's rules, because a check for zero would keep loops from being vectorised.
`fastmath` stays off: it assumes away NaN and the order of sums, on which exact results rest.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, TypeVar, cast

from numba import njit
from numba.core.event import Event, Listener, install_listener

from motiondata.kernel_cache import KernelCache
from motiondata.locks import wait_for_lock

COMPILING = "Compiling the kernels for this machine, some twenty seconds ..."
QUIET_SECONDS = 2.0
"""How long the lock is waited for before it is said: loading all kernels takes less."""
MOST_SECONDS = 180.0
"""After so long a process compiles without the lock, which takes a tenth of it: whoever can read
this file can hold the lock."""

Function = TypeVar("Function", bound=Callable[..., object])


def kernel(function: Function) -> Function:
    """Compile a function that Python calls, and cache it, if there is any folder for caches.

    Its arguments must be arrays, numbers and plain tuples: the cache names the classes of others,
    and breaks when one has moved. It is compiled again when
    its module, or a module of this package that it imports, has changed.
    """
    dispatcher: Any = step(function)
    with suppress(RuntimeError):  # no folder can be written: every process compiles for itself
        dispatcher._cache = KernelCache(function)
    return cast("Function", dispatcher)


def step(function: Function) -> Function:
    """Compile a function that kernels call."""
    return cast("Function", njit(nogil=True, error_model="numpy")(function))


def inlined(function: Function) -> Function:
    """Paste a small function into those that call it.

    A call that passes arrays counts references atomically, which in an inner loop costs more than
    the loop's own work.
    """
    return cast("Function", njit(inline="always", error_model="numpy")(function))


@contextmanager
def compiling_once(announce: Callable[[str], None]) -> Iterator[None]:
    """Let one process at a time compile; `announce` that a kernel has to be, or who is waited for.

    Others on the machine wait, and then find in the cache what was compiled.
    """

    def announce_holder(holder: str) -> None:
        announce(f"Waiting for {holder}, which loads or compiles the kernels ...")

    with Path(__file__).open("rb") as file:
        wait_for_lock(file, announce_holder, QUIET_SECONDS, MOST_SECONDS)
        with install_listener("numba:compile", _Announcer(announce)):
            yield


class _Announcer(Listener):
    """Hears that something is compiled, which loading from the cache is not."""

    def __init__(self, announce: Callable[[str], None]) -> None:
        self._announce = announce
        self._said = False

    def on_start(self, event: Event) -> None:  # noqa: ARG002
        """Say so the first time."""
        if not self._said:
            self._said = True
            self._announce(COMPILING)

    def on_end(self, event: Event) -> None:
        """Say nothing."""
