"""Vector instructions of a scan, spelled out where the compiler does not find them by itself.

It cannot know that what is read is not what is written, so it reads and writes number by number.
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
"""Numbers that `write_line` writes: eight are slower, since most of them cross two cache lines."""

FOUR = 4
"""Numbers that `gather_four` gathers."""

Whole = int | np.integer[Any]

_WHOLE = ir.IntType(64)


def _write_lesser_of_each(typing, first, second):  # type: ignore[no-untyped-def]  # noqa: ARG001
    """Return the lesser of each of the four 16-bit numbers that two words of 64 bits hold."""

    def generate(context, builder, signature, arguments):  # type: ignore[no-untyped-def]  # noqa: ARG001
        four = ir.VectorType(ir.IntType(16), 4)
        one, other = (builder.bitcast(word, four) for word in arguments)
        lesser = builder.select(builder.icmp_signed("<", one, other), one, other)
        return builder.bitcast(lesser, _WHOLE)

    return types.int64(types.int64, types.int64), generate


def _write_line(typing, target, place, first):  # type: ignore[no-untyped-def]  # noqa: ARG001
    """Write LINE numbers, each one more than the one before, from a place on."""

    def generate(context, builder, signature, arguments):  # type: ignore[no-untyped-def]
        line = ir.VectorType(_WHOLE, LINE)
        firsts = _row(builder, line, [arguments[2]] * LINE)
        numbers = builder.add(firsts, ir.Constant(line, list(range(LINE))))
        _store(context, builder, signature, arguments, numbers)
        return context.get_dummy_value()

    return types.none(target, types.intp, types.int64), generate


def _write_gather_four(typing, target, place, source, i, j, k, m):  # type: ignore[no-untyped-def]  # noqa: ARG001
    """Write four numbers of an array, counted through all its axes, from a place on in another."""

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
    """Store a row in the array that is the first argument, from the place on that is the second."""
    target = make_array(signature.args[0])(context, builder, arguments[0]).data
    address = builder.bitcast(builder.gep(target, [arguments[1]]), row.type.as_pointer())
    builder.store(row, address, align=context.get_abi_sizeof(row.type.element))


lesser_of_each = cast("Callable[[Whole, Whole], Whole]", intrinsic(_write_lesser_of_each))
write_line = cast("Callable[..., None]", intrinsic(_write_line))
gather_four = cast("Callable[..., None]", intrinsic(_write_gather_four))
