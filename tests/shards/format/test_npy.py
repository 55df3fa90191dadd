"""Arrays as `.npy` bytes: as NumPy writes them; headers that claim too much are refused."""

import io
from contextlib import suppress
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from numpy.typing import NDArray

from shards.errors import MemberError, SampleError
from shards.format.npy import DTYPES, array_to_npy, npy_header, npy_to_array

ARRAYS = st.sampled_from(list(DTYPES)).flatmap(
    lambda name: hnp.arrays(name, hnp.array_shapes(min_dims=0, max_dims=5, min_side=0))
)


def saved(array: NDArray[Any]) -> bytes:
    stream = io.BytesIO()
    np.save(stream, array)
    return stream.getvalue()


def claiming(header: str) -> bytes:
    """Return a .npy of a given header and no values."""
    text = header.ljust(117).encode() + b"\n"
    return b"\x93NUMPY\x01\x00" + len(text).to_bytes(2, "little") + text


@given(ARRAYS)
def test_the_bytes_are_those_that_numpy_saves(array: NDArray[Any]) -> None:
    assert array_to_npy(array) == saved(array)


@given(ARRAYS)
def test_an_array_survives_the_round_trip(array: NDArray[Any]) -> None:
    back = npy_to_array(array_to_npy(array))
    assert back.dtype == array.dtype
    assert back.shape == array.shape
    assert back.tobytes() == array.tobytes()


def test_fortran_order_and_big_endian_are_written_in_the_one_form() -> None:
    array = np.arange(6, dtype="float32").reshape(2, 3)
    assert array_to_npy(np.asfortranarray(array)) == array_to_npy(array)
    assert array_to_npy(array.astype(">f4")) == array_to_npy(array)


def test_the_array_is_a_read_only_view_of_the_bytes() -> None:
    array = npy_to_array(array_to_npy(np.zeros(3)))
    assert not array.flags.writeable
    assert not array.flags.owndata


def test_the_header_is_what_precedes_the_values() -> None:
    array = np.ones((7, 384, 3), np.float32)
    assert npy_header("float32", array.shape) + array.tobytes() == array_to_npy(array)


@pytest.mark.parametrize("array", [np.array([None]), np.array(["a"]), np.zeros(2, complex)])
def test_what_is_not_plain_numbers_is_not_written(array: NDArray[Any]) -> None:
    with pytest.raises(SampleError, match="expected one of"):
        array_to_npy(array)


REFUSED = {
    "nothing": b"",
    "another file": b"PK\x03\x04" + bytes(200),
    "pickled objects": saved(np.array([{}], dtype=object)),
    "Fortran order": saved(np.asfortranarray(np.zeros((2, 3)))),
    "big-endian": saved(np.zeros(2, ">f4")),
    "a record type": saved(np.zeros(2, [("x", "f4")])),
    "too few bytes": saved(np.zeros(9))[:-1],
    "too many bytes": saved(np.zeros(9)) + b"\0",
    "a header cut short": saved(np.zeros(9))[:40],
    "a type of nine bytes": claiming("{'descr': '<f9', 'fortran_order': False, 'shape': (0,), }"),
    "code": claiming("{'descr': __import__('os'), 'fortran_order': False, 'shape': (0,), }"),
    "a negative length": claiming("{'descr': '<f4', 'fortran_order': False, 'shape': (-1,), }"),
    "100 GB": claiming("{'descr': '<f4', 'fortran_order': False, 'shape': (25000000000,), }"),
    "nothing of a huge shape": claiming(
        "{'descr': '<f4', 'fortran_order': False, 'shape': (0, 99999999999999999, 99999999999), }"
    ),
}


@pytest.mark.parametrize("data", REFUSED.values(), ids=REFUSED)
def test_it_is_refused(data: bytes) -> None:
    with pytest.raises(MemberError):
        npy_to_array(data)


@given(st.binary(max_size=200), st.integers(0, 140), st.integers(0, 255))
def test_no_bytes_raise_anything_else(noise: bytes, position: int, byte: int) -> None:
    changed = bytearray(array_to_npy(np.zeros((2, 3), np.float32)))
    changed[position] = byte
    for data in (noise, bytes(changed), bytes(changed[:128]) + noise):
        with suppress(MemberError):
            npy_to_array(data)
