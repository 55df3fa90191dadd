"""The one way in which kernels are compiled here: at the first call, for one core, then cached.

Parallelism is a process a core, so kernels stay on theirs and let go of the interpreter lock.
Division follows NumPy's rules, because a check for zero would keep loops from being vectorised.
`fastmath` stays off: it assumes away NaN and the order of sums, on which exact results rest.
"""

from collections.abc import Callable
from typing import TypeVar, cast

from numba import njit

Function = TypeVar("Function", bound=Callable[..., object])


def kernel(function: Function) -> Function:
    """Compile a function that Python calls, and cache it beside its module.

    Its arguments must be arrays, numbers and plain tuples: the cache names the classes of others,
    and breaks when one has moved. All that it calls must be in its own module: the cache is renewed
    only when that file has changed.
    """
    return cast("Function", njit(cache=True, nogil=True, error_model="numpy")(function))


def step(function: Function) -> Function:
    """Compile a function that kernels call."""
    return cast("Function", njit(nogil=True, error_model="numpy")(function))


def inlined(function: Function) -> Function:
    """Paste a small function into those that call it.

    A call that passes arrays counts references atomically, which in an inner loop costs more than
    the loop's own work.
    """
    return cast("Function", njit(inline="always", error_model="numpy")(function))
