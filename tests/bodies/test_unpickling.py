"""What the restricted unpickler reads, and what it refuses."""

import builtins
import importlib
import os
import pickle
import tracemalloc
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import scipy.sparse

from motiondata.bodies.unpickling import read_pickle
from motiondata.errors import InputError
from tests.bodies.made_pickles import Ch, Select, write_as_python_2


def write(path: Path, value: object, protocol: int) -> Path:
    path.write_bytes(pickle.dumps(value, protocol))
    return path


MATRIX = scipy.sparse.random_array((4, 7), density=0.4, rng=0)

ARRAYS = {
    "float64": np.linspace(0, 1, 6).reshape(2, 3),
    "float32": np.linspace(0, 1, 6, dtype=np.float32),
    "column order": np.asfortranarray(np.arange(12.0).reshape(3, 4)),
    "big-endian": np.arange(5, dtype=">i4"),
    "unsigned": np.array([[2**32 - 1, 0]], np.uint32),
    "bool": np.array([True, False]),
    "empty": np.zeros((0, 3)),
    "no axes": np.array(2.5),
}


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_arrays_of_numbers_come_back_as_they_were(protocol: int, tmp_path: Path) -> None:
    found = read_pickle(write(tmp_path / "body.pkl", ARRAYS, protocol))
    for key, array in ARRAYS.items():
        np.testing.assert_array_equal(found[key], array, strict=True)


@pytest.mark.parametrize("protocol", [0, 1, 2])
def test_arrays_of_python_2_come_back_as_they_were(protocol: int, tmp_path: Path) -> None:
    found = read_pickle(write_as_python_2(tmp_path / "body.pkl", ARRAYS, protocol))
    for key, array in ARRAYS.items():
        np.testing.assert_array_equal(found[key], array, strict=True)


@pytest.mark.parametrize("protocol", [0, 1, 2])
def test_chumpy_objects_of_python_2_become_their_values(protocol: int, tmp_path: Path) -> None:
    components = np.random.default_rng(0).normal(size=(5, 3, 20))
    numbers = np.arange(components.size).reshape(components.shape)[..., :10].ravel()
    selected = Select(Ch(components), numbers, (5, 3, 10))
    path = write_as_python_2(
        tmp_path / "body.pkl", {"weights": Ch(components), "shapedirs": selected}, protocol
    )
    assert b"chumpy.reordering\nSelect" in path.read_bytes()
    found = read_pickle(path)
    np.testing.assert_array_equal(found["weights"], components, strict=True)
    np.testing.assert_array_equal(found["shapedirs"], components[..., :10], strict=True)


@pytest.mark.parametrize("protocol", [0, 1, 2])
@pytest.mark.parametrize("make", [scipy.sparse.csc_matrix, scipy.sparse.csr_matrix])
def test_sparse_matrices_become_dense(make: Any, protocol: int, tmp_path: Path) -> None:
    for writer in (write, write_as_python_2):
        found = read_pickle(writer(tmp_path / "body.pkl", {"m": make(MATRIX)}, protocol))
        np.testing.assert_array_equal(found["m"], MATRIX.toarray(), strict=True)


def test_texts_and_numbers_come_as_they_are(tmp_path: Path) -> None:
    plain = {"bs_type": "lrotmin", "shape_space": "anny", "count": 3, "none": None}
    assert read_pickle(write_as_python_2(tmp_path / "body.pkl", plain, 2)) == plain


def test_what_is_no_array_of_numbers_becomes_no_array(tmp_path: Path) -> None:
    others = {"objects": np.array([{}, None]), "texts": np.array(["a"]), "scalar": np.float64(1)}
    found = read_pickle(write(tmp_path / "body.pkl", others, 4))
    assert not any(isinstance(value, np.ndarray) for value in found.values())


class Calling:
    """Pickles as a call."""

    def __init__(self, function: Any, *arguments: object) -> None:
        self.call = function, arguments

    def __reduce__(self) -> tuple[Any, tuple[object, ...]]:
        return self.call


@pytest.mark.parametrize(
    ("function", "argument", "name"),
    [
        (os.system, "touch {}", "posix.system"),
        (builtins.eval, "open({!r}, 'w')", "(builtins|__builtin__).eval"),
        (builtins.exec, "open({!r}, 'w')", "(builtins|__builtin__).exec"),
        (builtins.open, "{}", "_?io.open"),
        (builtins.getattr, "{}", "(builtins|__builtin__).getattr"),
        (importlib.import_module, "this", "importlib.import_module"),
        (np.load, "{}", "numpy.load"),
        (np.fromfile, "{}", "numpy.fromfile"),
        (scipy.sparse.load_npz, "{}", "scipy.sparse.+.load_npz"),
    ],
)
@pytest.mark.parametrize("protocol", [0, 2, 4])
def test_a_call_is_refused_by_name_and_not_made(
    function: Any, argument: str, name: str, protocol: int, tmp_path: Path
) -> None:
    marker = tmp_path / "called"
    hostile = {"v_template": Calling(function, argument.format(marker))}
    path = write(tmp_path / "body.pkl", hostile, protocol)
    with pytest.raises(InputError, match=rf"body.pkl: the pickle asks for {name};"):
        read_pickle(path)
    assert not marker.exists()


REFUSED_PROGRAMS = {
    "an attribute of an allowed class": b"\x80\x04\x8c\x05numpy\x8c\x0endarray.tofile\x93.",
    "an attribute of an allowed module": b"cnumpy\nload\n.",
    "an allowed name of another module": b"cos\n_reconstruct\n.",
    "a persistent object": b"Pwhatever\n.",
    "an extension code": b"\x80\x02\x82\x01.",
    "attributes set on a stand-in": b"cnumpy\ndtype\n(N(S'read'\nI0\ndtb.",
    "an instance of no class": b"ccopy_reg\n_reconstructor\n(S'a'\nNNtR.",
    "a number that is an escape": b"}p\\\xbf\n.",
    "a name that is an escape": b"cnum\\\xbfpy\nload\n.",
    "bytes of another codec": b"c_codecs\nencode\n(S'a'\nS'rot13'\ntR.",
    "no dict": b"I1\n.",
    "nothing": b"",
}


@pytest.mark.parametrize("program", REFUSED_PROGRAMS.values(), ids=REFUSED_PROGRAMS)
def test_a_hand_made_program_is_refused(program: bytes, tmp_path: Path) -> None:
    path = tmp_path / "body.pkl"
    path.write_bytes(program)
    with pytest.raises(InputError, match=r"body.pkl: (the|not a readable) pickle"):
        read_pickle(path)


@pytest.mark.parametrize(
    "element_type", [b"(S'O8'\ntR", b"(S'O,f8'\ntR", b"(S'f8'\ntR(I3\nS'O,'\ntb"]
)
def test_bytes_are_never_read_as_objects(element_type: bytes, tmp_path: Path) -> None:
    array = b"cnumpy\nndarray\n)\x81(I1\n(I1\ntcnumpy\ndtype\n" + element_type
    path = tmp_path / "body.pkl"
    path.write_bytes(b"(S'weights'\n" + array + b"I00\nS'12345678'\ntbd.")
    assert not isinstance(read_pickle(path)["weights"], np.ndarray)


BOMBS = {
    "room for four billion objects": b"}r\xff\xff\xff\xff.",
    "room by a number in words": b"}p4294967295\n.",
    "a text of 16 EiB": b"\x80\x04\x8d\xff\xff\xff\xff\xff\xff\xff\x7f.",
    "bytes of a terabyte": b"\x80\x05\x96\x00\x00\x00\x00\x00\x01\x00\x00.",
}


@pytest.mark.parametrize("program", BOMBS.values(), ids=BOMBS)
def test_a_pickle_costs_no_more_memory_than_it_has_bytes(program: bytes, tmp_path: Path) -> None:
    path = tmp_path / "body.pkl"
    path.write_bytes(program)
    tracemalloc.start()
    try:
        with pytest.raises(InputError, match="not a readable pickle"):
            read_pickle(path)
        assert tracemalloc.get_traced_memory()[1] < 2**22
    finally:
        tracemalloc.stop()


SPARSE_BOMBS: dict[str, dict[str, Any]] = {
    "a shape of terabytes": {"_shape": (10**6, 10**6)},
    "columns without end": {"_shape": (0, 10**12)},
    "counts without end": {"indptr": np.array([0, 10**12, 2, 3, 4, 5, 6, 7])},
}


@pytest.mark.parametrize("forged", SPARSE_BOMBS.values(), ids=SPARSE_BOMBS)
def test_a_sparse_matrix_that_does_not_fit_is_refused(
    forged: dict[str, Any], tmp_path: Path
) -> None:
    matrix = scipy.sparse.csc_matrix(MATRIX)
    matrix.__dict__.update(forged)
    with pytest.raises(InputError, match="that does not fit"):
        read_pickle(write(tmp_path / "body.pkl", {"m": matrix}, 2))


def test_sparse_indices_outside_the_matrix_are_refused(tmp_path: Path) -> None:
    matrix = scipy.sparse.csc_matrix(MATRIX)
    matrix.indices[0] = 10**6
    with pytest.raises(InputError, match="not a readable pickle"):
        read_pickle(write(tmp_path / "body.pkl", {"m": matrix}, 2))


@pytest.mark.parametrize("protocol", [0, 2, 5])
def test_a_truncated_pickle_is_refused_wherever_it_ends(protocol: int, tmp_path: Path) -> None:
    content = {"weights": np.eye(2), "m": scipy.sparse.csc_matrix(MATRIX)}
    path = write(tmp_path / "body.pkl", content, protocol)
    whole = path.read_bytes()
    for length in range(len(whole)):
        path.write_bytes(whole[:length])
        with pytest.raises(InputError, match="not a readable pickle"):
            read_pickle(path)
