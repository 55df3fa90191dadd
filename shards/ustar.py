"""The bytes of a tar file between its members: POSIX ustar, with nothing in it that varies.

A header here is a function of a member's name and size alone: owner 0, mode 0644, time 0. So the
same samples give the same bytes, and a reader can demand the exact header instead of parsing one.
The header itself comes from `tarfile`; a float time or a long name would make it a PAX header of
three blocks.
"""

import tarfile

from shards.errors import SampleError

BLOCK = tarfile.BLOCKSIZE
"""Bytes of a header, and what members are padded to a multiple of."""


def member_header(name: str, size: int) -> bytes:
    """Return the 512 bytes that precede a member.

    Raises `SampleError` for a name longer than 100 letters, or 8 GiB and more.
    """
    info = tarfile.TarInfo(name)
    info.size = size
    try:
        return info.tobuf(tarfile.USTAR_FORMAT, "ascii", "strict")
    except ValueError as error:
        raise SampleError(f"{name}: {size} bytes fit no header of a tar file: {error}") from error


def padding(size: int) -> bytes:
    """Return the zeros that follow a member, up to the next header."""
    return bytes(-size % BLOCK)


def archive_end(offset: int) -> bytes:
    """Return the zeros that follow the last member: two blocks, then up to a whole record."""
    return bytes(2 * BLOCK + -(offset + 2 * BLOCK) % tarfile.RECORDSIZE)
