"""Compile CPU kernels with Numba: at the first call, for one core, with a cache.

Parallelism is one process per core, so kernels are single-threaded and release the GIL. Division
follows NumPy's rules, because a check for zero prevents vectorization. `fastmath` is off: it
ignores NaN and the order of sums, on which exact results depend.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, TypeVar, cast

from numba import njit
from numba.core.event import Event, Listener, install_listener

from motiondata.kernel_cache import KernelCache
from motiondata.locks import wait_for_lock

COMPILING = "Compiling the kernels for this machine, which takes about twenty seconds ..."
QUIET_SECONDS = 2.0
"""Seconds to wait for the lock before announcing it; loading all kernels takes less."""
MOST_SECONDS = 180.0
"""Seconds to wait for the lock at most; then the process compiles without it. Compiling takes a
tenth of this time, and any user who can read this file can hold the lock."""

Function = TypeVar("Function", bound=Callable[..., object])


def kernel(function: Function) -> Function:
    """Compile a function that Python calls, and cache it if a cache folder is writable.

    Its arguments must be arrays, numbers and plain tuples: for other types, the cache stores the
    names of their classes, and breaks when a class has moved. The function is compiled again when
    its module, or a module of this package that it imports, has changed.
    """
    dispatcher: Any = step(function)
    with suppress(RuntimeError):  # no writable cache folder: every process compiles for itself
        dispatcher._cache = KernelCache(function)
    return cast("Function", dispatcher)


def step(function: Function) -> Function:
    """Compile a function that kernels call."""
    return cast("Function", njit(nogil=True, error_model="numpy")(function))


def inlined(function: Function) -> Function:
    """Inline a small function into the kernels that call it.

    A call that passes arrays counts references atomically, which in an inner loop costs more than
    the work of the loop.
    """
    return cast("Function", njit(inline="always", error_model="numpy")(function))


@contextmanager
def compiling_once(announce: Callable[[str], None]) -> Iterator[None]:
    """Let one process at a time compile; call `announce` when it compiles or waits for another.

    Other processes on the machine wait, and then load the compiled kernels from the cache.
    """

    def announce_holder(holder: str) -> None:
        announce(f"Waiting for {holder}, which loads or compiles the kernels ...")

    with Path(__file__).open("rb") as file:
        wait_for_lock(file, announce_holder, QUIET_SECONDS, MOST_SECONDS)
        with install_listener("numba:compile", _Announcer(announce)):
            yield


class _Announcer(Listener):
    """Listens for compilations; loading from the cache is not one."""

    def __init__(self, announce: Callable[[str], None]) -> None:
        self._announce = announce
        self._said = False

    def on_start(self, event: Event) -> None:  # noqa: ARG002
        """Announce the first compilation."""
        if not self._said:
            self._said = True
            self._announce(COMPILING)

    def on_end(self, event: Event) -> None:
        """Do nothing."""
