"""The bytes of a tar file between its members: POSIX ustar, with nothing in it that varies.

A header here is a function of a member's name and size alone: owner 0, mode 0644, time 0. So the
same samples give the same bytes, and a reader can demand the exact header instead of parsing one.
All but a header's name, size and checksum comes from `tarfile`, once: a build and its verification
make eight headers a clip. Format: POSIX.1-1988, "ustar".
"""

import tarfile

from shards.errors import SampleError

BLOCK = tarfile.BLOCKSIZE
"""Bytes of a header, and what members are padded to a multiple of."""

_BLANK = tarfile.TarInfo().tobuf(tarfile.USTAR_FORMAT)
"""The header of an empty file without a name."""
_NAME, _SIZE, _CHECKSUM = slice(0, 100), slice(124, 135), slice(148, 154)
"""Where these are in a header: a text padded with zeros, and two octal numbers."""
_BLANK_CHECKSUM = int(_BLANK[_CHECKSUM], 8)
"""The sum of a header's bytes, those of its checksum taken for blanks."""


def member_header(name: str, size: int) -> bytes:
    """Return the 512 bytes that precede a member.

    Raises `SampleError` for a name longer than 100 letters or not in ASCII, or 8 GiB and more.
    """
    digits = b"%011o" % size
    if not name.isascii() or len(name) > _NAME.stop or len(digits) > len(_BLANK[_SIZE]):
        raise SampleError(
            f"{name}: {size} bytes fit no header of a tar file; expected a name of at most "
            f"{_NAME.stop} ASCII letters, and less than 8 GiB"
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
    """Return the zeros that follow the last member: two blocks, then up to a whole record."""
    return bytes(2 * BLOCK + -(offset + 2 * BLOCK) % tarfile.RECORDSIZE)
