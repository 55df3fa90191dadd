"""A reader of SMPL's pickles that can make arrays and nothing else.

A pickle is a program: it calls what it names. So every name is looked up in one short table, and
what it finds there are stand-ins of this module, for NumPy's and SciPy's classes too: forged state
makes their real ones read memory that is not theirs. Official files hold objects of `chumpy`, which
neither builds nor imports on today's Python; their values are all that is taken. Sources: the
`pickle` documentation, "Restricting Globals"; `chumpy/ch.py` and `chumpy/reordering.py`.
"""

import io
import math
import pickle
import pickletools
import re
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from motiondata.errors import InputError

NUMBERS = re.compile("[<>=|]?[biuf][1248]")
"""The element types that arrays are made of, as NumPy spells them; others make no array."""

OPCODES = {opcode.code: opcode for opcode in pickletools.opcodes}
NUMBERING = [op.code for op in pickletools.opcodes if op.name in ("PUT", "BINPUT", "LONG_BINPUT")]
"""What gives the last object a number, by which it is found again."""

MAX_DENSE = 2**24
"""The most elements that a sparse matrix may have; SMPL-X's regressor has 55 x 10,475."""

MALFORMED = (
    pickle.UnpicklingError,
    AttributeError,
    EOFError,
    IndexError,
    KeyError,
    MemoryError,
    OverflowError,
    TypeError,
    ValueError,
)
"""What a broken pickle raises, in its own reading or in the stand-ins below."""


class _Standin:
    """Stands for an object of a pickle; harmless whatever it is called with or set to."""

    array: NDArray[Any] | None = None
    """The object's value, where it is an array of numbers."""

    def __init__(self, *arguments: object) -> None:
        pass

    def __setstate__(self, state: object) -> None:
        pass


class _DType(_Standin):
    """`numpy.dtype`: made of a type such as `f8`, then told its byte order."""

    def __init__(self, spelling: str, *_: object) -> None:
        self.spelling = spelling

    def __setstate__(self, state: Any) -> None:
        self.spelling = state[1] + self.spelling

    def read(self, data: bytes | bytearray | str, shape: tuple[int, ...], order: Any) -> Any:
        """Return the array that `data` holds; Python 2's bytes arrive as Latin-1 text."""
        if not NUMBERS.fullmatch(self.spelling):
            return None
        stored = data.encode("latin1") if isinstance(data, str) else data
        return np.frombuffer(stored, self.spelling).reshape(shape, order=order)


class _Array(_Standin):
    """`numpy.ndarray`, as `__reduce__` writes it in all protocols but 5."""

    def __setstate__(self, state: Any) -> None:
        _, shape, dtype, is_fortran, data = state
        self.array = dtype.read(data, shape, "F" if is_fortran else "C")


class _Reconstruct(_Standin):
    """`numpy.core.multiarray._reconstruct(ndarray, shape, type)`: an array yet to be set."""

    def __new__(cls, *_: object) -> Any:
        return _Array()


class _FromBuffer(_Standin):
    """`numpy.core.numeric._frombuffer(data, dtype, shape, order)`: protocol 5's array."""

    def __init__(self, data: Any, dtype: Any, shape: Any, order: Any) -> None:
        self.array = dtype.read(data, shape, order)


class _Bytes(_Standin):
    """`_codecs.encode(text, 'latin1')` or `bytes()`: how Python 3 writes bytes for Python 2."""

    def __new__(cls, text: str = "", encoding: str = "latin1") -> Any:
        if encoding != "latin1":
            raise pickle.UnpicklingError(f"bytes written as {encoding}")
        return text.encode("latin1")


class _Reconstructor(_Standin):
    """`copy_reg._reconstructor(class, object, None)`: protocol 0 and 1's new instance."""

    def __new__(cls, made: type[_Standin], *_: object) -> Any:
        if not issubclass(made, _Standin):
            raise pickle.UnpicklingError(f"an instance of {made}")
        return made()


class _CompressedColumns(_Standin):
    """`scipy.sparse.csc_matrix`, as its dense array."""

    def __setstate__(self, state: Any) -> None:
        self.array = self._dense(state, state["_shape"])

    def _dense(self, state: Any, shape: tuple[int, int]) -> NDArray[Any]:
        data, inner, starts = (state[key].array for key in ("data", "indices", "indptr"))
        fits = len(starts) == shape[1] + 1 and starts[-1] - starts[0] == len(inner)
        if not fits or math.prod(shape) > MAX_DENSE or (np.diff(starts) < 0).any():
            raise pickle.UnpicklingError(f"a sparse matrix of shape {shape} that does not fit")
        outer = np.repeat(np.arange(shape[1]), np.diff(starts))
        dense = np.zeros(shape, data.dtype)
        np.add.at(dense, (inner, outer), data)
        return dense


class _CompressedRows(_CompressedColumns):
    """`scipy.sparse.csr_matrix`, as its dense array."""

    def _dense(self, state: Any, shape: tuple[int, int]) -> NDArray[Any]:
        return super()._dense(state, shape[::-1]).T


class _Chumpy(_Standin):
    """`chumpy.ch.Ch`: a value `x`."""

    def __setstate__(self, state: Any) -> None:
        self.array = getattr(state.get("x"), "array", None)


class _ChumpySelect(_Standin):
    """`chumpy.reordering.Select`: elements `idxs` of the flattened `a`, reshaped."""

    def __setstate__(self, state: Any) -> None:
        chosen = state["a"].array.ravel()[state["idxs"].array]
        self.array = chosen.reshape(state.get("preferred_shape", -1))


ALLOWED: dict[tuple[str, str], type[_Standin]] = {
    ("__builtin__", "bytes"): _Bytes,
    ("__builtin__", "object"): _Standin,
    ("__builtin__", "set"): _Standin,
    ("_codecs", "encode"): _Bytes,
    ("builtins", "object"): _Standin,
    ("builtins", "set"): _Standin,
    ("chumpy.ch", "Ch"): _Chumpy,
    ("chumpy.reordering", "Select"): _ChumpySelect,
    ("copy_reg", "_reconstructor"): _Reconstructor,
    ("copyreg", "_reconstructor"): _Reconstructor,
    ("numpy", "dtype"): _DType,
    ("numpy", "ndarray"): _Array,
    ("numpy._core.multiarray", "_reconstruct"): _Reconstruct,
    ("numpy._core.multiarray", "scalar"): _Standin,
    ("numpy._core.numeric", "_frombuffer"): _FromBuffer,
    ("numpy.core.multiarray", "_reconstruct"): _Reconstruct,
    ("numpy.core.multiarray", "scalar"): _Standin,
    ("numpy.core.numeric", "_frombuffer"): _FromBuffer,
    ("scipy.sparse._csc", "csc_matrix"): _CompressedColumns,
    ("scipy.sparse._csr", "csr_matrix"): _CompressedRows,
    ("scipy.sparse.csc", "csc_matrix"): _CompressedColumns,
    ("scipy.sparse.csr", "csr_matrix"): _CompressedRows,
}
"""Every name that a pickle may use, under its old and its new module, and what stands for it."""


class _Unpickler(pickle.Unpickler):
    def __init__(self, file: Any, where: str) -> None:
        super().__init__(file, encoding="latin1")
        self.where = where

    def find_class(self, module: str, name: str) -> Any:
        """Return the stand-in for a name, or refuse the pickle."""
        if (module, name) not in ALLOWED:
            raise InputError(
                f"{self.where}: the pickle asks for {module}.{name}; expected arrays, chumpy's Ch "
                f"and Select, and scipy's csc_matrix and csr_matrix only. Nothing was run: load it "
                f"where you trust it, and save its arrays as .npz"
            )
        return ALLOWED[module, name]


def _expect_modest_numbers(content: bytes) -> None:
    """Raise `UnpicklingError` where a pickle numbers more objects than it has bytes.

    The unpickler makes room for all objects up to a number, so that five bytes could cost 64 GiB.
    """
    stream = io.BytesIO(content)
    code = ""
    while code != pickle.STOP.decode():
        code = stream.read(1).decode("latin1")
        argument = _read_argument(OPCODES[code], stream)
        if code in NUMBERING and int(argument) > len(content):
            raise pickle.UnpicklingError(f"an object with the number {int(argument)}")


def _read_argument(opcode: pickletools.OpcodeInfo, stream: io.BytesIO) -> Any:
    """Return an opcode's argument as its own reader does, or as the line that it is.

    The readers of lines take the bytes in Python 2's texts for escapes and ASCII.
    """
    if opcode.arg is None:
        return None
    if opcode.arg.n != pickletools.UP_TO_NEWLINE:
        return opcode.arg.reader(stream)
    # A name comes after its module, on a line of its own.
    lines = 2 if opcode.name in ("GLOBAL", "INST") else 1
    return b"".join(stream.readline() for _ in range(lines))


def read_pickle(path: Path) -> dict[str, object]:
    """Read the arrays, texts and numbers of a pickled dict, running nothing that it asks for.

    Values that are no arrays of numbers come as they are, or as objects that no array is made of.
    Raises `InputError` for a pickle that names anything else, is broken, or holds no dict.
    """
    content = path.read_bytes()
    try:
        _expect_modest_numbers(content)
        found = _Unpickler(io.BytesIO(content), str(path)).load()
    except MALFORMED as error:
        raise InputError(
            f"{path}: not a readable pickle ({error!s:.200}); expected a body file in SMPL's "
            f"format. Is it complete?"
        ) from error
    if not isinstance(found, dict):
        raise InputError(f"{path}: the pickle holds no dict of arrays; is this a body file?")
    return {
        key: value.array if isinstance(value, _Standin) and value.array is not None else value
        for key, value in found.items()
    }
