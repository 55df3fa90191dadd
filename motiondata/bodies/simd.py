"""Explicit vector instructions of skinning: load, compute and store rows of LANES numbers.

Without them, the compiler checks at every short loop whether arrays overlap. It would also not
select `fma`, which rounds once on every machine.
"""

from typing import TYPE_CHECKING, Any, TypeAlias, cast

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic
from numba.np.arrayobj import make_array

from motiondata.skeletons import JOINTS

if TYPE_CHECKING:
    from collections.abc import Callable

LANES = 16
"""Vertices per block: one vector register with AVX-512, two or four registers without."""

TILE_FRAMES = 2
"""Frames whose pose blend shapes are summed together; each blend shape is loaded once for both."""

_Value: TypeAlias = Any
"""The result of an instruction."""

_ROW = ir.VectorType(ir.FloatType(), LANES)
_FLOAT_BYTES = 4


def _number(value: int) -> ir.Constant:
    return ir.Constant(ir.IntType(64), value)


class _Numbers:
    """An array during code generation: emits instructions on its elements."""

    def __init__(self, context: Any, builder: Any, kind: Any, value: _Value, *inner: int) -> None:
        """Wrap an array; `inner` are known lengths of its last axes, which save multiplications."""
        self._builder = builder
        array = make_array(kind)(context, builder, value)
        outer = cgutils.unpack_tuple(builder, array.shape)[: kind.ndim - len(inner)]
        self._data, self.shape = array.data, [*outer, *map(_number, inner)]

    def address(self, *place: _Value | int) -> _Value:
        """Return the address of an element; each index is a constant or a value."""
        flat = _number(0)
        for length, index in zip(self.shape, place, strict=True):
            index = _number(index) if isinstance(index, int) else index
            flat = self._builder.add(self._builder.mul(flat, length), index)
        return self._builder.gep(self._data, [flat])

    def load(self, *place: _Value | int) -> _Value:
        """Load one element."""
        return self._builder.load(self.address(*place))

    def load_row(self, *place: _Value | int) -> _Value:
        """Load LANES consecutive elements, starting at `place`."""
        address = self._builder.bitcast(self.address(*place), _ROW.as_pointer())
        return self._builder.load(address, align=_FLOAT_BYTES)

    def store_row(self, row: _Value, *place: _Value | int) -> None:
        """Store LANES consecutive elements, starting at `place`."""
        address = self._builder.bitcast(self.address(*place), _ROW.as_pointer())
        self._builder.store(row, address, align=_FLOAT_BYTES)

    def spread(self, *place: _Value | int) -> _Value:
        """Load one element into all lanes."""
        undefined, lanes = ir.Constant(_ROW, ir.Undefined), ir.VectorType(ir.IntType(32), LANES)
        first = ir.Constant(ir.IntType(32), 0)
        one = self._builder.insert_element(undefined, self.load(*place), first)
        return self._builder.shuffle_vector(one, undefined, ir.Constant(lanes, [0] * LANES))


class _Sums:
    """Accumulator rows, initially zero, which the compiler keeps in registers."""

    def __init__(self, builder: Any, count: int) -> None:
        self._builder = builder
        zeros = ir.Constant(_ROW, [0.0] * LANES)
        self._places = [cgutils.alloca_once_value(builder, zeros) for _ in range(count)]

    def __getitem__(self, number: int) -> _Value:
        return self._builder.load(self._places[number])

    def add_product(self, number: int, a: _Value, b: _Value) -> None:
        """Add a product to one accumulator, rounding once."""
        self._builder.store(_fma(self._builder, a, b, self[number]), self._places[number])


def _fma(builder: Any, a: _Value, b: _Value, c: _Value) -> _Value:
    kind, name = ir.FunctionType(_ROW, [_ROW] * 3), f"llvm.fma.v{LANES}f32"
    return builder.call(cgutils.get_or_insert_function(builder.module, kind, name), [a, b, c])


def _write_blend(typing, vertices, pose_dirs, block, features, frame, tile):  # type: ignore[no-untyped-def]  # noqa: ARG001
    """Add the pose blend shapes of TILE_FRAMES frames to a block's vertices; write to `tile`."""

    def generate(context, builder, signature, arguments):  # type: ignore[no-untyped-def]
        vertices, pose_dirs, features, tile = (
            _Numbers(context, builder, signature.args[at], arguments[at], *inner)
            for at, inner in ((0, (3, LANES)), (1, (3, LANES)), (3, ()), (5, (3, LANES)))
        )
        block, frame = arguments[2], arguments[4]
        frames = [builder.add(frame, _number(later)) for later in range(TILE_FRAMES)]
        sums = _Sums(builder, 3 * TILE_FRAMES)
        with cgutils.for_range(builder, pose_dirs.shape[1]) as loop:
            dirs = [pose_dirs.load_row(block, loop.index, axis, 0) for axis in range(3)]
            for later, number in enumerate(frames):
                feature = features.spread(number, loop.index)
                for axis in range(3):
                    sums.add_product(3 * later + axis, dirs[axis], feature)
        for later in range(TILE_FRAMES):
            for axis in range(3):
                moved = builder.fadd(vertices.load_row(block, axis, 0), sums[3 * later + axis])
                tile.store_row(moved, later, axis, 0)
        return context.get_dummy_value()

    whole = types.int64
    return types.none(vertices, pose_dirs, whole, features, whole, tile), generate


def _write_follow(typing, rest, joints, weights, rows, transforms, roots, planes, place):  # type: ignore[no-untyped-def]  # noqa: ARG001
    """Move a block's vertices with the joints in the block's rows of the skin.

    `place` has the block in `rest`, the frame, and the first vertex in the plane.
    """

    def generate(context, builder, signature, arguments):  # type: ignore[no-untyped-def]
        inner = {0: (3, LANES), 1: (), 2: (LANES,), 4: (JOINTS, 3, 4), 5: (3,), 6: ()}
        rest, joints, weights, transforms, roots, planes = (
            _Numbers(context, builder, signature.args[at], arguments[at], *inner[at])
            for at in inner
        )
        first, end = cgutils.unpack_tuple(builder, arguments[3])
        block, frame, start = cgutils.unpack_tuple(builder, arguments[7])
        corner = [rest.load_row(block, axis, 0) for axis in range(3)]
        sums = _Sums(builder, 3)
        with cgutils.for_range(builder, builder.sub(end, first)) as loop:
            row = builder.add(first, loop.index)
            joint, weight = joints.load(row), weights.load_row(row, 0)
            for axis in range(3):
                moved = transforms.spread(frame, joint, axis, 3)
                for other in range(3):
                    turn = transforms.spread(frame, joint, axis, other)
                    moved = _fma(builder, turn, corner[other], moved)
                sums.add_product(axis, weight, moved)
        for axis in range(3):
            moved = builder.fadd(sums[axis], roots.spread(frame, axis))
            planes.store_row(moved, frame, axis, start)
        return context.get_dummy_value()

    two, three = types.UniTuple(types.int64, 2), types.UniTuple(types.int64, 3)
    return types.none(rest, joints, weights, two, transforms, roots, planes, three), generate


blend = cast("Callable[..., None]", intrinsic(_write_blend))
follow = cast("Callable[..., None]", intrinsic(_write_follow))
