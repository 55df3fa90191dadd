"""The hash used throughout a dataset: BLAKE3, 64 hexadecimal digits, as printed by `b3sum FILE`.

On one core BLAKE3 runs at 4 GB/s, BLAKE2b at 0.95 GB/s and SHA-256 at 1.8 GB/s (measured on the
processor of benchmarks/README.md, 50 MB each), so hashing limits neither building nor verifying.
Every shard is hashed when it is written and again when it is verified.
"""

import re
from io import BufferedReader, RawIOBase
from pathlib import Path
from typing import Any

from blake3 import blake3
from numpy.typing import NDArray

from shards.errors import ShardError
from shards.format.places import Place, open_file

DIGEST_DIGITS = 64
BLOCK_BYTES = 2**18
"""Bytes of a file that are hashed at once; a block fits into a core's cache."""
DIGEST = re.compile(rf"[0-9a-f]{{{DIGEST_DIGITS}}}")


def new_hash() -> blake3:
    """Return an empty hash object to update."""
    return blake3()


def hash_bytes(data: bytes) -> str:
    """Return the hash of bytes."""
    return blake3(data).hexdigest()


def hash_values(*parts: bytes | NDArray[Any]) -> str:
    """Return the hash of bytes and of the values of arrays, one after the other.

    Arrays are hashed in little-endian and C order, without their types and shapes.
    """
    digest = blake3()
    for part in parts:
        digest.update(part if isinstance(part, bytes) else _to_bytes(part))
    return digest.hexdigest()


def _to_bytes(array: NDArray[Any]) -> bytes:
    return array.astype(array.dtype.newbyteorder("<"), copy=False).tobytes()


def hash_stream(file: BufferedReader | RawIOBase) -> str:
    """Return the hash of the rest of an open file, with one block in memory at a time."""
    digest, block = blake3(), memoryview(bytearray(BLOCK_BYTES))
    while size := file.readinto(block):
        digest.update(block[:size])
    return digest.hexdigest()


def hash_of(place: Place, name: str) -> str:
    """Return the hash of a file; raise `DatasetError` if there is none."""
    with open_file(place, name) as file:
        return hash_stream(file)


def hash_file(path: Path) -> str:
    """Return the hash of a file."""
    with path.open("rb") as file:
        return hash_stream(file)


def check_entry(digest: str, *numbers: int) -> None:
    """Raise `ShardError` unless a file entry has a valid hash and non-negative integers."""
    if not isinstance(digest, str) or not DIGEST.fullmatch(digest):
        raise ShardError(f"a hash is {digest!r}; expected {DIGEST_DIGITS} hexadecimal digits")
    if not all(type(number) is int and number >= 0 for number in numbers):
        raise ShardError(f"sizes and counts are {numbers}; expected whole numbers of at least 0")
