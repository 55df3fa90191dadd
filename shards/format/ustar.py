"""Deterministic tar headers and padding: POSIX ustar without varying fields.

A header depends only on a member's name and size: owner 0, mode 0644, time 0. Equal samples thus
give equal bytes, and a reader can compare a header with its exact value instead of parsing it.
`tarfile` creates a blank header once; only the name, size and checksum are then filled in, because
a build and its verification create eight headers per clip. Format: POSIX.1-1988, "ustar".
"""

import tarfile

from shards.errors import SampleError

BLOCK = tarfile.BLOCKSIZE
"""Bytes of a header; members are padded to a multiple of it."""

_BLANK = tarfile.TarInfo().tobuf(tarfile.USTAR_FORMAT)
"""The header of an empty file without a name."""
_NAME, _SIZE, _CHECKSUM = slice(0, 100), slice(124, 135), slice(148, 154)
"""Positions in a header: a text padded with zeros, and two octal numbers."""
_BLANK_CHECKSUM = int(_BLANK[_CHECKSUM], 8)
"""The sum of the blank header's bytes, with its checksum field counted as spaces."""


def member_header(name: str, size: int) -> bytes:
    """Return the 512-byte header that precedes a member.

    Raises `SampleError` for a name that is not ASCII or longer than 100 characters, and for a size
    of 8 GiB or more.
    """
    digits = b"%011o" % size
    if not name.isascii() or len(name) > _NAME.stop or len(digits) > len(_BLANK[_SIZE]):
        raise SampleError(
            f"{name}: {size} bytes with this name do not fit into a tar file; expected a name of "
            f"at most {_NAME.stop} ASCII characters, and less than 8 GiB"
        )
    letters = name.encode()
    header = bytearray(_BLANK)
    header[: len(letters)] = letters
    header[_SIZE] = digits
    header[_CHECKSUM] = b"%06o" % (
        _BLANK_CHECKSUM + sum(letters) + sum(digits) - sum(_BLANK[_SIZE])
    )
    return bytes(header)


def padding(size: int) -> bytes:
    """Return the zeros that follow a member, up to the next header."""
    return bytes(-size % BLOCK)


def archive_end(offset: int) -> bytes:
    """Return the zeros after the last member: two blocks, then padding to a full record."""
    return bytes(2 * BLOCK + -(offset + 2 * BLOCK) % tarfile.RECORDSIZE)
