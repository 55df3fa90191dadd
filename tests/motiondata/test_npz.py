"""Reading arbitrary `.npz` files gives the right arrays, or one of our errors."""

import contextlib
import io
import struct
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as st_np
from numpy.testing import assert_array_equal
from numpy.typing import NDArray

from motiondata.errors import DropReason, RecordingError
from motiondata.npz import MAX_ARRAY_BYTES, open_npz
from tests.support.amass_files import save_npz, smplh_arrays

DTYPES = st.sampled_from(["<f8", ">f4", "<i4", "u1", "?", "<U5", "S4"])
ARRAYS = st_np.arrays(DTYPES, st_np.array_shapes(min_dims=0, min_side=0))


def read(path: Path, key: str, max_array_bytes: int = MAX_ARRAY_BYTES) -> NDArray[Any]:
    with open_npz(path, path.name, max_array_bytes=max_array_bytes) as npz:
        return npz.read(key)


def fault(path: Path, key: str = "a", max_array_bytes: int = MAX_ARRAY_BYTES) -> RecordingError:
    with pytest.raises(RecordingError) as caught:
        read(path, key, max_array_bytes)
    assert str(caught.value).startswith(f"{path.name}: ")
    return caught.value


def npy_bytes(header: str, data: bytes = b"", version: int = 1) -> bytes:
    length = struct.pack("<H" if version == 1 else "<I", len(header))
    return b"\x93NUMPY" + bytes((version, 0)) + length + header.encode("latin-1") + data


def npz_of(folder: Path, member: bytes, compression: int = zipfile.ZIP_STORED) -> Path:
    path = folder / "made.npz"
    with zipfile.ZipFile(path, "w", compression) as archive:
        archive.writestr("a.npy", member)
    return path


@given(array=ARRAYS, compressed=st.booleans(), by_column=st.booleans())
def test_arrays_are_read_as_numpy_reads_them(
    tmp_path_factory: pytest.TempPathFactory, array: NDArray[Any], compressed: bool, by_column: bool
) -> None:
    array = np.asfortranarray(array) if by_column else array
    path = save_npz(tmp_path_factory.mktemp("npz") / "a.npz", {"a": array}, compressed=compressed)
    found = read(path, "a")
    assert found.dtype == array.dtype
    assert_array_equal(found, np.load(path)["a"])


def test_objects_are_never_unpickled(tmp_path: Path) -> None:
    path = save_npz(tmp_path / "a.npz", {"a": np.array([{"a": 1}], dtype=object)})
    error = fault(path)
    assert error.reason is DropReason.INVALID
    assert "nothing is ever unpickled" in str(error)


def test_records_are_refused(tmp_path: Path) -> None:
    path = save_npz(tmp_path / "a.npz", {"a": np.zeros(2, dtype=[("x", "f8")])})
    assert fault(path).reason is DropReason.UNREADABLE


@pytest.mark.parametrize(
    "shape",
    [
        "(100000000000,)",
        "(3,)",
        "(1, 2)",
        "(-4,)",
        "(-2, -2)",
        f"({'9' * 150}, 0)",
        f"({'9, ' * 60}0)",
    ],
)
def test_a_header_that_claims_another_size_is_refused(tmp_path: Path, shape: str) -> None:
    header = f"{{'descr': '<f8', 'fortran_order': False, 'shape': {shape}, }}"
    error = fault(npz_of(tmp_path, npy_bytes(header, bytes(32))))
    assert error.reason is DropReason.UNREADABLE
    assert "header" in str(error)


def test_a_member_that_claims_to_be_huge_is_refused_unread(tmp_path: Path) -> None:
    shape = (MAX_ARRAY_BYTES,)
    header = f"{{'descr': '<f8', 'fortran_order': False, 'shape': {shape}, }}"
    path = npz_of(tmp_path, npy_bytes(header))
    content = path.read_bytes()
    size = struct.pack("<I", len(npy_bytes(header)))
    path.write_bytes(content.replace(size, struct.pack("<I", 2**32 - 2)))
    assert fault(path).reason is DropReason.INVALID


def test_a_member_that_claims_to_be_huge_while_packed_is_refused_unread(tmp_path: Path) -> None:
    path = npz_of(tmp_path, b"")
    content = bytearray(path.read_bytes())
    packed_size = content.index(b"PK\x01\x02") + 20
    content[packed_size : packed_size + 4] = struct.pack("<I", 2**32 - 2)
    path.write_bytes(content)
    error = fault(path)  # a hole in the file, which takes no room, could be as large
    assert error.reason is DropReason.INVALID
    assert f"{2**32 - 2} bytes" in str(error)


def test_the_size_limit_counts_an_array_as_float64(tmp_path: Path) -> None:
    small = save_npz(tmp_path / "small.npz", {"a": np.zeros(900, np.float16)})
    large = save_npz(tmp_path / "large.npz", {"a": np.zeros(1001, np.float16)})
    assert len(read(small, "a", max_array_bytes=8000)) == 900
    error = fault(large, max_array_bytes=8000)
    assert error.reason is DropReason.INVALID
    assert "float64" in str(error)


def test_a_packed_member_that_is_larger_than_it_says_is_refused(tmp_path: Path) -> None:
    header = "{'descr': '<f8', 'fortran_order': False, 'shape': (1,), }"
    member = npy_bytes(header, bytes(10**6))
    path = npz_of(tmp_path, member, zipfile.ZIP_DEFLATED)
    content = path.read_bytes()
    honest = struct.pack("<I", len(member))
    path.write_bytes(content.replace(honest, struct.pack("<I", len(npy_bytes(header)) + 8)))
    assert fault(path).reason is DropReason.UNREADABLE


def test_a_packed_member_that_is_smaller_than_it_and_its_header_say_is_refused(
    tmp_path: Path,
) -> None:
    header = "{'descr': '<f8', 'fortran_order': False, 'shape': (2,), }"
    member = npy_bytes(header, bytes(8))
    path = npz_of(tmp_path, member, zipfile.ZIP_DEFLATED)
    sizes = (struct.pack("<I", len(member)), struct.pack("<I", len(member) + 8))
    path.write_bytes(path.read_bytes().replace(*sizes))
    assert "its recorded size" in str(fault(path))


@pytest.mark.parametrize("compression", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_packings_that_numpy_does_not_write_are_refused(tmp_path: Path, compression: int) -> None:
    path = npz_of(tmp_path, b"", compression)
    assert fault(path).reason is DropReason.UNREADABLE


def test_an_encrypted_member_is_refused(tmp_path: Path) -> None:
    path = save_npz(tmp_path / "a.npz", {"a": np.zeros(3)})
    content = bytearray(path.read_bytes())
    content[content.index(b"PK\x01\x02") + 8] |= 1
    path.write_bytes(content)
    assert "encrypted" in str(fault(path))


@pytest.mark.parametrize(
    "member",
    [
        b"",
        b"\x93NUM",
        b"no numpy array",
        npy_bytes("{"),
        npy_bytes("{'descr': 3}"),
        npy_bytes("[]" * 40000, version=2),
        npy_bytes("", version=3),
        npy_bytes("{'descr': '<f16', 'fortran_order': False, 'shape': (0,), }"),  # x86's alone
    ],
)
def test_members_that_are_no_arrays_are_refused(tmp_path: Path, member: bytes) -> None:
    assert fault(npz_of(tmp_path, member)).reason is DropReason.UNREADABLE


def test_headers_that_python_2_wrote_are_read(tmp_path: Path) -> None:
    header = "{'descr': '<f8', 'fortran_order': False, 'shape': (2L, 3L), }"
    data = np.arange(6.0)
    found = read(npz_of(tmp_path, npy_bytes(header, data.tobytes())), "a")
    assert_array_equal(found, data.reshape(2, 3))


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04", b"\x93NUMPY", b"<html></html>"])
def test_files_that_are_no_zip_files_are_unreadable(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "a.npz"
    path.write_bytes(content)
    assert fault(path).reason is DropReason.UNREADABLE


def test_files_that_are_absent_or_folders_are_unreadable(tmp_path: Path) -> None:
    assert fault(tmp_path / "a.npz").reason is DropReason.UNREADABLE
    assert fault(tmp_path).reason is DropReason.UNREADABLE


@pytest.mark.parametrize("compressed", [False, True])
def test_a_file_cut_anywhere_is_unreadable(tmp_path: Path, compressed: bool) -> None:
    path = save_npz(tmp_path / "a.npz", {"a": np.arange(99.0)}, compressed=compressed)
    content = path.read_bytes()
    for size in range(0, len(content), 7):
        path.write_bytes(content[:size])
        assert fault(path).reason is DropReason.UNREADABLE


@pytest.fixture(scope="module", params=[False, True])
def whole_file(request: pytest.FixtureRequest) -> bytes:
    file = io.BytesIO()
    (np.savez_compressed if request.param else np.savez)(file, **smplh_arrays())
    return file.getvalue()


PLACES = st.integers(0, 300) | st.integers(-500, -1) | st.integers(0, 10**6)


@settings(max_examples=300, deadline=None)
@given(damage=st.lists(st.tuples(PLACES, st.integers(0, 255)), min_size=1, max_size=4))
def test_damage_gives_an_error_of_ours_or_an_array(
    tmp_path_factory: pytest.TempPathFactory, whole_file: bytes, damage: list[tuple[int, int]]
) -> None:
    content = bytearray(whole_file)
    for place, value in damage:
        content[place % len(content)] = value
    path = tmp_path_factory.mktemp("npz") / "a.npz"
    path.write_bytes(content)
    with contextlib.suppress(RecordingError), open_npz(path, "a.npz") as npz:
        for key in npz.members:
            assert npz.read(key).nbytes <= len(whole_file)
