"""The one way in which kernels are compiled here: at the first call, for one core, then cached.

Parallelism is a process a core, so kernels stay on theirs and let go of the interpreter lock.
Division follows NumPy's rules, because a check for zero would keep loops from being vectorised.
`fastmath` stays off: it assumes away NaN and the order of sums, on which exact results rest. Numba
keeps the cache beside the sources, else in the user's own cache folder, or in `NUMBA_CACHE_DIR`;
it looks at a kernel's own file alone, so what is kept is named by the files beside it as well.
"""

import fcntl
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import cache
from hashlib import blake2b
from pathlib import Path
from typing import Any, TypeVar, cast

from numba import njit
from numba.core.caching import FunctionCache
from numba.core.event import Event, Listener, install_listener

Function = TypeVar("Function", bound=Callable[..., object])


def kernel(function: Function) -> Function:
    """Compile a function that Python calls, and cache it, if there is any folder for caches.

    Its arguments must be arrays, numbers and plain tuples: the cache names the classes of others,
    and breaks when one has moved. All that it calls must be in files of its own folder or of this
    one: it is compiled anew when any of them has changed.
    """
    dispatcher: Any = step(function)
    with suppress(RuntimeError):  # no folder can be written: every process compiles for itself
        dispatcher._cache = _Cache(function)  # type: ignore[no-untyped-call]
    return cast("Function", dispatcher)


class _Cache(FunctionCache):
    """Numba's own; what was compiled is found in it by the sources it was made of as well."""

    def _index_key(self, sig: Any, codegen: Any) -> tuple[object, ...]:
        folder = Path(self._py_func.__code__.co_filename).parent
        key: tuple[object, ...] = super()._index_key(sig, codegen)  # type: ignore[no-untyped-call]
        return (*key, _sources_digest(folder))


@cache
def _sources_digest(folder: Path) -> bytes:
    """Return a digest of all files of a folder of kernels, and of this one's."""
    digest = blake2b()
    for files in (folder, Path(__file__).parent):
        for file in sorted(files.glob("*.py")):
            digest.update(blake2b(file.read_bytes()).digest())
    return digest.digest()


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
def compiling_once(announce: Callable[[], None]) -> Iterator[None]:
    """Let one process at a time compile, and `announce` it as soon as a kernel has to be.

    Others on the machine wait, and then find in the cache what was compiled.
    """
    with Path(__file__).open("rb") as file:
        with suppress(OSError):  # such as NFS, which locks no file that is only read
            fcntl.flock(file, fcntl.LOCK_EX)
        with install_listener("numba:compile", _Announcer(announce)):
            yield


class _Announcer(Listener):
    """Hears that something is compiled, which loading from the cache is not."""

    def __init__(self, announce: Callable[[], None]) -> None:
        self._announce = announce
        self._said = False

    def on_start(self, event: Event) -> None:  # noqa: ARG002
        """Say so the first time."""
        if not self._said:
            self._said = True
            self._announce()

    def on_end(self, event: Event) -> None:
        """Say nothing."""
