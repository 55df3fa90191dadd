"""The one hash of a dataset: BLAKE3, as 64 hexadecimal digits, which `b3sum FILE` prints too.

It runs at 4 GB/s on one core where BLAKE2b does 0.95 and SHA-256 1.8 (measured on the processor of
benchmarks/README.md, 50 MB each), so that neither building nor verifying waits
for it. Every shard is hashed when it is written and again when it is verified.
"""

import re
from io import BufferedReader
from pathlib import Path

from blake3 import blake3

from shards.errors import ShardError

DIGEST_DIGITS = 64
BLOCK_BYTES = 2**18
"""Of a file that are hashed at once: they fit into a core's cache."""
DIGEST = re.compile(rf"[0-9a-f]{{{DIGEST_DIGITS}}}")


def new_hash() -> blake3:
    """Return the hash of nothing, to be updated."""
    return blake3()


def hash_bytes(data: bytes) -> str:
    """Return the hash of bytes."""
    return blake3(data).hexdigest()


def hash_stream(file: BufferedReader) -> str:
    """Return the hash of what follows in an open file, holding only a block of it in memory."""
    digest, block = blake3(), memoryview(bytearray(BLOCK_BYTES))
    while size := file.readinto(block):
        digest.update(block[:size])
    return digest.hexdigest()


def hash_file(path: Path) -> str:
    """Return the hash of a file."""
    with path.open("rb") as file:
        return hash_stream(file)


def check_entry(digest: str, *numbers: int) -> None:
    """Raise `ShardError` unless a file's record holds a hash and whole numbers from zero up."""
    if not isinstance(digest, str) or not DIGEST.fullmatch(digest):
        raise ShardError(f"a hash is {digest!r}; expected {DIGEST_DIGITS} hexadecimal digits")
    if not all(type(number) is int and number >= 0 for number in numbers):
        raise ShardError(f"sizes and counts are {numbers}; expected whole numbers from zero up")
