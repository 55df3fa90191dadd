"""What the restricted unpickler reads, and what it refuses."""

import builtins
import importlib
import os
import pickle
import struct
import tracemalloc
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import scipy.sparse

from motiondata.bodies.unpickling import MEMORY_FACTOR, SPARE_BYTES, read_pickle
from motiondata.errors import InputError
from tests.support.pickles import Ch, Select, write_as_python_2


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


TEXT = b"X" + struct.pack("<I", 100_000) + b"a" * 100_000 + b"q\x000"
"""A text of 100 kB, which is used again and again by its number."""
F8 = b"cnumpy\ndtype\n(X\x02\x00\x00\x00f8\x89\x88tR"
AGAIN = {
    "bytes": b"c_codecs\nencode\n(h\x00X\x06\x00\x00\x00latin1tR",
    "arrays": b"cnumpy\nndarray\n)\x81(K\x01(M\xd4\x30t" + F8 + b"\x89h\x00tb",
}
BOMBS = {
    **{
        f"many {name} of one text": b"\x80\x02}" + TEXT + b"](" + program * 2000 + b"es."
        for name, program in AGAIN.items()
    },
    "many small objects": b"\x80\x02" + b"]0" * 300_000 + b"}.",
    "one object many times": b"\x80\x02]" + b"2" * 300_000 + b"}.",
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
        assert (
            tracemalloc.get_traced_memory()[1] < 2**22 + len(program) * MEMORY_FACTOR + SPARE_BYTES
        )
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("program", [b"}r\xff\xff\xff\xff.", b"}p4294967295\n."])
def test_a_large_number_of_an_object_makes_no_room_for_others(
    program: bytes, tmp_path: Path
) -> None:
    path = tmp_path / "body.pkl"
    path.write_bytes(program)
    tracemalloc.start()
    try:
        assert read_pickle(path) == {}
        assert tracemalloc.get_traced_memory()[1] < 2**20
    finally:
        tracemalloc.stop()


DEEP = b")" + b"\x85" * 100_000
DEEP_PROGRAMS = {
    "a key": b"\x80\x04}" + DEEP + b"Ns.",
    "keys": b"\x80\x04}(" + DEEP + b"Nu.",
    "a dictionary's key": b"\x80\x04(" + DEEP + b"Nd.",
    "an array's shape": b"\x80\x02cnumpy\nndarray\n)\x81(K\x01" + DEEP + F8 + b"\x89U\x00tb.",
    "a matrix's shape": b"\x80\x02cscipy.sparse.csc\ncsc_matrix\n)\x81}"
    + b"".join(
        b"X" + struct.pack("<I", len(key)) + key + value + b"s"
        for key, value in {
            b"_shape": DEEP,
            b"data": b"cnumpy\nndarray\n)\x81",
        }.items()
    )
    + b"b.",
}


@pytest.mark.parametrize("program", DEEP_PROGRAMS.values(), ids=DEEP_PROGRAMS)
def test_a_deep_tuple_is_refused_and_does_not_end_the_process(
    program: bytes, tmp_path: Path
) -> None:
    path = tmp_path / "body.pkl"
    path.write_bytes(program)
    with pytest.raises(InputError, match="not a readable pickle"):
        read_pickle(path)


@pytest.mark.parametrize(
    "program",
    [
        b"\x80\x04}(N" + DEEP + b"u.",
        b"\x80\x04}N(" + DEEP + b"\x91s.",
        b"\x80\x04}N\x8f(" + DEEP + b"\x90s.",
    ],
)
def test_a_deep_tuple_that_is_not_hashed_is_no_array(program: bytes, tmp_path: Path) -> None:
    path = tmp_path / "body.pkl"
    path.write_bytes(program)
    assert not isinstance(read_pickle(path)[None], np.ndarray)  # type: ignore[index]


def test_an_array_does_not_see_later_changes_of_its_bytes(tmp_path: Path) -> None:
    content = b"\x96" + struct.pack("<Q", 8) + b"\0" * 8 + b"\x94"
    array = b"cnumpy.core.numeric\n_frombuffer\n(h\x00" + F8 + b"(K\x01tX\x01\x00\x00\x00CtR"
    path = tmp_path / "body.pkl"
    path.write_bytes(b"\x80\x05}N" + content + b"0" + array + b"s.")
    assert read_pickle(path)[None] == np.zeros(1)  # type: ignore[index]
    path.write_bytes(b"\x80\x05}N" + content + array + b"0h\x00(K\x01K\x02es.")
    with pytest.raises(InputError, match="items of something that is not a list"):
        read_pickle(path)


@pytest.mark.parametrize("name", ["\x1b[2J\x1b]0;name\x07os", "os\ud800", "os" * 5000])
def test_a_name_is_shown_in_printable_characters(name: str, tmp_path: Path) -> None:
    module, function = (text.encode("utf-8", "surrogatepass") for text in (name, "system"))
    texts = b"".join(b"X" + struct.pack("<I", len(text)) + text for text in (module, function))
    path = tmp_path / "body.pkl"
    path.write_bytes(b"\x80\x04" + texts + b"\x93.")
    with pytest.raises(InputError, match="the pickle asks for ") as caught:
        read_pickle(path)
    assert str(caught.value).isprintable()
    assert len(str(caught.value)) < 1000


SPARSE_BOMBS: dict[str, dict[str, Any]] = {
    "a shape of terabytes": {"_shape": (10**6, 10**6)},
    "columns without end": {"_shape": (0, 10**12)},
    "counts without end": {"indptr": np.array([0, 10**12, 2, 3, 4, 5, 6, 7])},
    "pointers that wrap round": {"indptr": np.array([0, 2**62, -(2**63), -(2**62), 9, 9, 9, 11])},
    "pointers that wrap round without a sign": {
        "indptr": np.array([0, 2**62, 2**63, 3 * 2**62, 5, 9, 9, 11], np.uint64)
    },
    "pointers that do not begin at 0": {"indptr": np.array([1, 2, 3, 4, 5, 6, 7, 12])},
    "pointers that are no whole numbers": {"indptr": np.array([0, 1, 2, 3, 4, 5, np.nan, 11])},
    "a negative size": {"_shape": (4, -7)},
}


@pytest.mark.parametrize("forged", SPARSE_BOMBS.values(), ids=SPARSE_BOMBS)
def test_a_sparse_matrix_that_does_not_fit_is_refused(
    forged: dict[str, Any], tmp_path: Path
) -> None:
    matrix = scipy.sparse.csc_matrix(MATRIX)
    matrix.__dict__.update(forged)
    assert matrix.nnz == 11 or "indptr" in forged
    with pytest.raises(InputError, match="that does not fit"):
        read_pickle(write(tmp_path / "body.pkl", {"m": matrix}, 2))


def test_pointers_that_wrap_round_a_row_matrix_are_refused(tmp_path: Path) -> None:
    matrix = scipy.sparse.csr_matrix(MATRIX)
    matrix.indptr = np.array([0, 2**62, -(2**63), -(2**62), 11])
    with pytest.raises(InputError, match="that does not fit"):
        read_pickle(write(tmp_path / "body.pkl", {"m": matrix}, 2))


@pytest.mark.parametrize("index", [-1, 4, 10**6])
def test_sparse_indices_outside_the_matrix_are_refused(index: int, tmp_path: Path) -> None:
    matrix = scipy.sparse.csc_matrix(MATRIX)
    matrix.indices[0] = index
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
