"""Explicit vector instructions of a scan, where the compiler does not vectorize.

The compiler cannot know that the arrays read and written do not overlap, so it handles one number
at a time.
"""

from typing import TYPE_CHECKING, Any, cast

import numpy as np
from llvmlite import ir
from numba import types
from numba.extending import intrinsic
from numba.np.arrayobj import make_array

if TYPE_CHECKING:
    from collections.abc import Callable

LINE = 4
"""The count of numbers that `write_line` writes; eight are slower, as most cross a cache line."""

FOUR = 4
"""The count of numbers that `gather_four` gathers."""

Whole = int | np.integer[Any]

_WHOLE = ir.IntType(64)


def _write_lesser_of_each(typing, first, second):  # type: ignore[no-untyped-def]  # noqa: ARG001
    """Return the elementwise minimum of the four signed 16-bit numbers in two 64-bit words."""

    def generate(context, builder, signature, arguments):  # type: ignore[no-untyped-def]  # noqa: ARG001
        four = ir.VectorType(ir.IntType(16), 4)
        one, other = (builder.bitcast(word, four) for word in arguments)
        lesser = builder.select(builder.icmp_signed("<", one, other), one, other)
        return builder.bitcast(lesser, _WHOLE)

    return types.int64(types.int64, types.int64), generate


def _write_line(typing, target, place, first):  # type: ignore[no-untyped-def]  # noqa: ARG001
    """Write LINE consecutive whole numbers, counting up from `first`, starting at `place`."""

    def generate(context, builder, signature, arguments):  # type: ignore[no-untyped-def]
        line = ir.VectorType(_WHOLE, LINE)
        firsts = _row(builder, line, [arguments[2]] * LINE)
        numbers = builder.add(firsts, ir.Constant(line, list(range(LINE))))
        _store(context, builder, signature, arguments, numbers)
        return context.get_dummy_value()

    return types.none(target, types.intp, types.int64), generate


def _write_gather_four(typing, target, place, source, i, j, k, m):  # type: ignore[no-untyped-def]  # noqa: ARG001
    """Copy four numbers of `source`, given by flat indices, to `target`, starting at `place`."""

    def generate(context, builder, signature, arguments):  # type: ignore[no-untyped-def]
        source = make_array(signature.args[2])(context, builder, arguments[2]).data
        numbers = [builder.load(builder.gep(source, [place])) for place in arguments[3:]]
        four = _row(builder, ir.VectorType(source.type.pointee, FOUR), numbers)
        _store(context, builder, signature, arguments, four)
        return context.get_dummy_value()

    index = types.intp
    return types.none(target, index, source, index, index, index, index), generate


def _row(builder: Any, kind: ir.VectorType, numbers: list[Any]) -> Any:
    row = ir.Constant(kind, ir.Undefined)
    for lane, number in enumerate(numbers):
        row = builder.insert_element(row, number, ir.Constant(ir.IntType(32), lane))
    return row


def _store(context: Any, builder: Any, signature: Any, arguments: Any, row: Any) -> None:
    """Store a row in the array of the first argument, starting at the index of the second."""
    target = make_array(signature.args[0])(context, builder, arguments[0]).data
    address = builder.bitcast(builder.gep(target, [arguments[1]]), row.type.as_pointer())
    builder.store(row, address, align=context.get_abi_sizeof(row.type.element))


lesser_of_each = cast("Callable[[Whole, Whole], Whole]", intrinsic(_write_lesser_of_each))
write_line = cast("Callable[..., None]", intrinsic(_write_line))
gather_four = cast("Callable[..., None]", intrinsic(_write_gather_four))
