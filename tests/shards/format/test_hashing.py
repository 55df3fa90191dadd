"""Hashes: of files as `b3sum` prints them, and of values whatever their layout in memory."""

from pathlib import Path

import numpy as np
import pytest

from shards.format.hashing import BLOCK_BYTES, hash_bytes, hash_file, hash_values


@pytest.mark.parametrize("size", [0, 1, BLOCK_BYTES, BLOCK_BYTES + 1])
def test_a_file_has_the_hash_of_its_bytes(tmp_path: Path, size: int) -> None:
    (tmp_path / "file").write_bytes(bytes(size))
    assert hash_file(tmp_path / "file") == hash_bytes(bytes(size))


def test_values_are_hashed_as_little_endian_bytes_one_after_the_other() -> None:
    first, second = np.array([1, 258], np.int64), np.array([0.5], np.float32)
    data = first.astype("<i8").tobytes() + b"name" + second.astype("<f4").tobytes()
    assert hash_values(first, b"name", second) == hash_bytes(data)


def test_the_layout_of_an_array_does_not_change_its_hash() -> None:
    array = np.arange(12, dtype=np.int32).reshape(3, 4)
    for same in (array.astype(">i4"), np.asfortranarray(array), np.repeat(array, 2, 0)[::2]):
        assert hash_values(same) == hash_values(array)
