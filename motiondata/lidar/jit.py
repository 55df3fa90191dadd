"""The one way in which kernels are compiled here: at the first call, for one core, then cached.

Parallelism is a process a core, so kernels stay on theirs and let go of the interpreter lock.
Division follows NumPy's rules, because a check for zero would keep loops from being vectorised.
`fastmath` stays off: it assumes away NaN and the order of sums, on which exact results rest.
"""

from collections.abc import Callable
from typing import TypeVar, cast

from llvmlite import ir
from numba import njit, types
from numba.extending import intrinsic

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


@intrinsic  # type: ignore[untyped-decorator]
def lesser_of_each(typing, first, second):  # type: ignore[no-untyped-def]  # noqa: ANN001, ARG001
    """Return the lesser of each of the four 16-bit numbers that two words of 64 bits hold."""

    def generate(context, builder, signature, arguments):  # type: ignore[no-untyped-def]  # noqa: ANN001, ARG001
        fours = (builder.bitcast(word, ir.VectorType(ir.IntType(16), 4)) for word in arguments)
        one, other = fours
        lesser = builder.select(builder.icmp_signed("<", one, other), one, other)
        return builder.bitcast(lesser, ir.IntType(64))

    return types.int64(types.int64, types.int64), generate
