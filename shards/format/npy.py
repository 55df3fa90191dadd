"""Encode and decode arrays as `.npy` bytes, without pickle.

NumPy writes the header. Reading uses a parser defined here: NumPy's reader evaluates the header as
Python and allocates the size that it declares. Here the header must match one pattern, and the
declared size must equal the size of the data before an array is created. Format:
numpy.org/doc/stable/reference/generated/numpy.lib.format.html, version 1.0.
"""

import math
import re
from functools import lru_cache
from io import BytesIO
from typing import Any

import numpy as np
from numpy.typing import NDArray

from shards.errors import MemberError, SampleError

MAGIC = b"\x93NUMPY\x01\x00"
INTEGERS = ("bool", "uint8", "uint16", "uint32", "uint64", "int8", "int16", "int32", "int64")
FLOATS = ("float16", "float32", "float64")
DTYPES = {name: np.dtype(name).newbyteorder("<") for name in (*INTEGERS, *FLOATS)}
"""The allowed dtypes of members, by name; all little-endian."""

_BY_CODE = {dtype.str.encode(): dtype for dtype in DTYPES.values()}
_HEADER = re.compile(
    rb"\{'descr': '([<|][bfiu][1248])', 'fortran_order': False, "
    rb"'shape': \(((?:[0-9]{1,18}, ){0,31}[0-9]{1,18},?|)\), \} *\n"
)


def array_to_npy(array: NDArray[Any]) -> bytes:
    """Encode an array as a `.npy` file, little-endian and in C order.

    Raises `SampleError` for a dtype that is not in `DTYPES`.
    """
    if array.dtype.name not in DTYPES:
        raise SampleError(f"an array is of type {array.dtype}; expected one of {', '.join(DTYPES)}")
    dtype = DTYPES[array.dtype.name]
    values = np.asarray(array, dtype, order="C")
    return b"".join((npy_header(dtype.name, array.shape), values.data))


@lru_cache(maxsize=4096)
def npy_header(dtype: str, shape: tuple[int, ...]) -> bytes:
    """Return the `.npy` header of an array of this dtype and shape."""
    stream = BytesIO()
    np.lib.format.write_array_header_1_0(
        stream, {"descr": DTYPES[dtype].str, "fortran_order": False, "shape": shape}
    )
    return stream.getvalue()


def npy_to_array(data: bytes) -> NDArray[Any]:
    """Decode `.npy` bytes as a read-only view of them, or raise `MemberError`."""
    dtype, shape, start = _parse(data)
    expected = math.prod(shape) * dtype.itemsize
    if expected != len(data) - start:
        raise MemberError(
            f"a {dtype.name} array of shape {shape} needs {expected} bytes, "
            f"but {len(data) - start} follow the header"
        )
    try:
        return np.ndarray(shape, dtype, buffer=data, offset=start)
    except ValueError as error:
        raise MemberError(f"no array can have the shape {shape}") from error


def _parse(data: bytes) -> tuple[np.dtype[Any], tuple[int, ...], int]:
    start = len(MAGIC) + 2 + int.from_bytes(data[len(MAGIC) : len(MAGIC) + 2], "little")
    header = _HEADER.fullmatch(data[len(MAGIC) + 2 : start])
    if not data.startswith(MAGIC) or header is None or header[1] not in _BY_CODE:
        raise MemberError("expected a .npy file of plain numbers in C order, version 1.0")
    return _BY_CODE[header[1]], tuple(map(int, re.findall(rb"[0-9]+", header[2]))), start
