"""Stand-ins for the classes in SMPL's pickles, which produce only arrays of numbers.

NumPy's and SciPy's own classes are not used, because forged state makes them read out of bounds.
Official files contain objects of `chumpy`, which neither builds nor imports on current Python; only
their values are read. Sources: `chumpy/ch.py` and `chumpy/reordering.py`.
"""

import math
import pickle
import re
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

NUMBERS = re.compile("[<>=|]?[biuf][1248]")
"""The allowed element types in NumPy's notation; other types give no array."""

BYTE_ORDERS = ("<", ">", "|", "=")
LONGEST_TYPE = 16
"""The maximum length of an element type without its byte order, in characters."""

MAX_DENSE = 2**24
"""The maximum number of elements of a sparse matrix; SMPL-X's regressor has 55 x 10,475."""


class Standin:
    """Replaces an object of a pickle; accepts and ignores any arguments and state."""

    array: NDArray[Any] | None = None
    """The object's value if it is an array of numbers, or None."""

    def __init__(self, *arguments: object) -> None:
        pass

    def __setstate__(self, state: object) -> None:
        pass


class _DType(Standin):
    """`numpy.dtype`: constructed from a type such as `f8`; the byte order follows as state."""

    def __init__(self, spelling: str, *_: object) -> None:
        self.spelling = spelling

    def __setstate__(self, state: Any) -> None:
        known = state[1] in BYTE_ORDERS and len(self.spelling) <= LONGEST_TYPE
        self.spelling = state[1] + self.spelling if known else ""

    def read(self, data: Any, shape: tuple[int, ...], order: Any) -> Any:
        """Return the array in `data`; bytes of Python 2 are decoded as Latin-1 text."""
        if not NUMBERS.fullmatch(self.spelling):
            return None
        # A copy: another part of a pickle could change a bytearray that an array views.
        if not isinstance(data, str | bytes | bytearray):
            raise pickle.UnpicklingError("an array whose data is not bytes")
        stored = data.encode("latin1") if isinstance(data, str) else bytes(data)
        return np.frombuffer(stored, self.spelling).reshape(shape, order=order)


class _Array(Standin):
    """`numpy.ndarray`, as `__reduce__` writes it in all protocols except 5."""

    objects: list[Any] | None = None
    """The elements of an array of objects."""

    def __setstate__(self, state: Any) -> None:
        _, shape, dtype, is_fortran, data = state
        if not isinstance(dtype, _DType):
            raise pickle.UnpicklingError("an array without a type")
        self.array = dtype.read(data, shape, "F" if is_fortran else "C")
        if type(data) is list and self.array is None:
            self.objects = data


class _Reconstruct(Standin):
    """`numpy.core.multiarray._reconstruct(ndarray, shape, type)`: an array without state."""

    def __new__(cls, *_: object) -> Any:
        return _Array()


class _FromBuffer(Standin):
    """`numpy.core.numeric._frombuffer(data, dtype, shape, order)`: an array in protocol 5."""

    def __init__(self, data: Any, dtype: Any, shape: Any, order: Any) -> None:
        if not isinstance(dtype, _DType):
            raise pickle.UnpicklingError("an array without a type")
        self.array = dtype.read(data, shape, order)


class JoblibArray(Standin):
    """`joblib.numpy_pickle.NumpyArrayWrapper`: an array whose bytes follow the object.

    Source: `joblib/numpy_pickle.py`. Since joblib 1.2, a byte with the length of a padding, and the
    padding, precede the bytes.
    """

    def __setstate__(self, state: Any) -> None:
        self.shape, self.order, self.dtype = state["shape"], state["order"], state["dtype"]
        self.is_aligned = state.get("numpy_array_alignment_bytes") is not None

    def read(self, read: Callable[[int], bytes]) -> None:
        """Read the bytes of the array."""
        if not isinstance(self.dtype, _DType) or not NUMBERS.fullmatch(self.dtype.spelling):
            raise pickle.UnpicklingError("an array of joblib that has no numbers")
        if self.is_aligned:
            read(read(1)[0])
        size = int(self.dtype.spelling[-1])
        count = math.prod(int(length) for length in self.shape)
        if any(length < 0 for length in self.shape):
            raise pickle.UnpicklingError("an array whose shape is negative")
        self.array = self.dtype.read(read(count * size), self.shape, self.order)


class _Dict(Standin):
    """`collections.defaultdict` and `OrderedDict`, as a dict without items."""

    def __new__(cls, *_: object) -> Any:
        return {}


class _Bytes(Standin):
    """`_codecs.encode(text, 'latin1')` or `bytes()`: bytes that Python 3 writes for Python 2."""

    def __new__(cls, text: str = "", encoding: str = "latin1") -> Any:
        if encoding != "latin1":
            raise pickle.UnpicklingError(f"bytes written as {encoding}")
        return text.encode("latin1")


class _Reconstructor(Standin):
    """`copy_reg._reconstructor(class, object, None)`: a new instance in protocols 0 and 1."""

    def __new__(cls, made: type[Standin], *_: object) -> Any:
        if not issubclass(made, Standin):
            raise pickle.UnpicklingError(f"an instance of {made}")
        return made()


class _CompressedColumns(Standin):
    """`scipy.sparse.csc_matrix`, as its dense array."""

    def __setstate__(self, state: Any) -> None:
        self.array = self._dense(state, state["_shape"])

    def _dense(self, state: Any, shape: Any) -> NDArray[Any]:
        data, inner, starts = (_vector(state[key]) for key in ("data", "indices", "indptr"))
        rows, columns = _sizes(shape)
        _check_sparse(inner, starts, (rows, columns))
        if len(data) != len(inner):
            raise pickle.UnpicklingError("a sparse matrix with more indices than values")
        outer = np.repeat(np.arange(columns), np.diff(starts))
        dense = np.zeros((rows, columns), data.dtype)
        np.add.at(dense, (inner, outer), data)
        return dense


def _vector(standin: Any) -> NDArray[Any]:
    array: NDArray[Any] = standin.array
    if array.ndim != 1:
        raise pickle.UnpicklingError(f"a sparse matrix of arrays of {array.ndim} axes")
    return array


def _sizes(shape: Any) -> tuple[int, int]:
    """Return the shape of a sparse matrix; raise `UnpicklingError` if invalid or too large."""
    if type(shape) is not tuple or [type(size) for size in shape] != [int, int]:
        raise pickle.UnpicklingError("a sparse matrix whose shape is not two numbers")
    rows, columns = shape
    if not (0 <= rows <= MAX_DENSE and 0 <= columns <= MAX_DENSE and rows * columns <= MAX_DENSE):
        raise pickle.UnpicklingError(f"a sparse matrix of shape {shape} that does not fit")
    return rows, columns


def _check_sparse(inner: NDArray[Any], starts: NDArray[Any], shape: tuple[int, int]) -> None:
    """Raise unless pointers do not decrease, from 0 to the number of indices, and indices are rows.

    Pointers are compared, not subtracted: differences of forged pointers overflow.
    """
    rows, columns = shape
    integers = starts.dtype.kind in "iu" and inner.dtype.kind in "iu"
    fits = (
        integers
        and len(starts) == columns + 1
        and starts[0] == 0
        and starts[-1] == len(inner)
        and (starts[:-1] <= starts[1:]).all()
        and ((inner >= 0) & (inner < rows)).all()
    )
    if not fits:
        raise pickle.UnpicklingError(f"a sparse matrix of shape {shape} that does not fit")


class _CompressedRows(_CompressedColumns):
    """`scipy.sparse.csr_matrix`, as its dense array."""

    def _dense(self, state: Any, shape: Any) -> NDArray[Any]:
        rows, columns = _sizes(shape)
        return super()._dense(state, (columns, rows)).T


class _Chumpy(Standin):
    """`chumpy.ch.Ch`: the value is `x`."""

    def __setstate__(self, state: Any) -> None:
        self.array = getattr(state.get("x"), "array", None)


class _ChumpySelect(Standin):
    """`chumpy.reordering.Select`: the elements `idxs` of the flattened `a`, reshaped."""

    def __setstate__(self, state: Any) -> None:
        chosen = state["a"].array.ravel()[state["idxs"].array]
        self.array = chosen.reshape(state.get("preferred_shape", -1))


ALLOWED: dict[tuple[str, str], type[Standin]] = {
    ("__builtin__", "bytes"): _Bytes,
    ("__builtin__", "object"): Standin,
    ("__builtin__", "set"): Standin,
    ("_codecs", "encode"): _Bytes,
    ("builtins", "dict"): _Dict,
    ("builtins", "object"): Standin,
    ("builtins", "set"): Standin,
    ("chumpy.ch", "Ch"): _Chumpy,
    ("chumpy.reordering", "Select"): _ChumpySelect,
    ("collections", "OrderedDict"): _Dict,
    ("collections", "defaultdict"): _Dict,
    ("copy_reg", "_reconstructor"): _Reconstructor,
    ("copyreg", "_reconstructor"): _Reconstructor,
    ("joblib.numpy_pickle", "NumpyArrayWrapper"): JoblibArray,
    ("numpy", "dtype"): _DType,
    ("numpy", "ndarray"): _Array,
    ("numpy._core.multiarray", "_reconstruct"): _Reconstruct,
    ("numpy._core.multiarray", "scalar"): Standin,
    ("numpy._core.numeric", "_frombuffer"): _FromBuffer,
    ("numpy.core.multiarray", "_reconstruct"): _Reconstruct,
    ("numpy.core.multiarray", "scalar"): Standin,
    ("numpy.core.numeric", "_frombuffer"): _FromBuffer,
    ("scipy.sparse._csc", "csc_matrix"): _CompressedColumns,
    ("scipy.sparse._csr", "csr_matrix"): _CompressedRows,
    ("scipy.sparse.csc", "csc_matrix"): _CompressedColumns,
    ("scipy.sparse.csr", "csr_matrix"): _CompressedRows,
}
"""Every name that a pickle may use, in its old and its new module, and its stand-in."""
