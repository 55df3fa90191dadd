"""Read arrays from an untrusted `.npz` file.

`numpy.load` allocates the size that a header claims, evaluates the header as Python, and unpickles
if this is allowed. This reader matches a header against the one form that NumPy writes, and accepts
it only if it agrees with the size of its member. Sizes are limited, and nothing is unpickled.
`zipfile` reads the directory; members are decompressed here in one call of zlib-ng, which takes
half the time. Sources of the formats: NEP 1, "A Simple File Format for NumPy Arrays"; PKWARE's
APPNOTE, 4.3.
"""

import math
import os
import re
import struct
import sys
import zipfile
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, Literal, cast

import numpy as np
from numpy.typing import NDArray
from zlib_ng import zlib_ng

from motiondata.errors import DropReason, RecordingError
from motiondata.files import OpenFile, is_of_the_file, open_plain_file

MAX_ARRAY_BYTES = 2**29
"""The largest array, in float64: 50 minutes of AMASS's 156 numbers per frame at 120 fps."""

MAX_TEXT_BYTES = 8192
"""The longest text that is accepted; every sample contains its license note."""

_MAGIC = b"\x93NUMPY"
_HEADER_LENGTH = {1: struct.Struct("<H"), 2: struct.Struct("<I")}
"""The encoding of the header length in each version of the format."""
_MAX_HEADER_BYTES = 10_000
"""NumPy's own limit."""
_HEADER = re.compile(
    rb"\{'descr': '(?P<dtype>[<>|](?:b1|[iu][1248]|f[248]|[SU][0-9]{1,6}|O))', "
    rb"'fortran_order': (?P<by_column>True|False), "
    rb"'shape': \((?P<shape>[0-9L, ]{0,200})\),? ?\}\s*"
)
"""A header as NumPy writes it, also under Python 2 (`601L`), for numbers, texts and objects."""
_DAMAGE = (
    zipfile.BadZipFile,
    cast("type[Exception]", zlib_ng.error),  # typed as an instance in zlib-ng's stubs
    struct.error,
    EOFError,
    NotImplementedError,
    OverflowError,
    ValueError,
)
"""Exceptions for damaged files, and those of NumPy for shapes beyond its limits."""
_LOCAL_HEADER = struct.Struct("<4s22xHH")
"""The header of a zip member: signature, length of the name, and length of the extra field."""
_LOCAL_SIGNATURE = b"PK\x03\x04"
_FLOAT64_BYTES = 8
_COMPRESSIONS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_ENCRYPTED = 0x1
"""The flag bit of an encrypted zip member."""


@dataclass(frozen=True)
class Npz:
    """An open `.npz` file."""

    source: str
    """The name of the file in errors."""
    members: dict[str, zipfile.ZipInfo]
    """The zip members of the arrays by key."""
    file: BinaryIO
    max_array_bytes: int = MAX_ARRAY_BYTES
    """The largest array that is read, in bytes of float64."""

    def expect_keys(self, *keys: str) -> None:
        """Raise `RecordingError` (INVALID) if any of the keys is missing."""
        missing = [key for key in keys if key not in self.members]
        if missing:
            raise self.invalid(f"no key {', '.join(missing)}")

    def read(self, key: str) -> NDArray[Any]:
        """Read one array of numbers or texts; the array is read-only.

        Raises `RecordingError`: INVALID if the type or the size is not allowed, UNREADABLE if the
        member is not a complete `.npy` file.
        """
        member = self.members[key]
        size = max(member.file_size, member.compress_size)
        if size > self.max_array_bytes:
            raise self.invalid(f"{key} has {size} bytes; {self.max_array_bytes} are allowed")
        if member.flag_bits & _ENCRYPTED or member.compress_type not in _COMPRESSIONS:
            raise _unreadable(
                self.source, f"{key} is encrypted or packed otherwise than by deflate"
            )
        with _damage_reported(self.source):
            data = self._unpacked(member)
        dtype, shape, order, data_at = self._header(key, data)
        if math.prod(shape) * dtype.itemsize != len(data) - data_at:
            raise _unreadable(self.source, f"{key} is not of the size that its header claims")
        if math.prod(shape) * _FLOAT64_BYTES > self.max_array_bytes:
            raise self.invalid(f"{key} is shaped {shape}, too large to hold in float64")
        with _damage_reported(self.source):
            return np.ndarray(shape, dtype, data, data_at, order=order)

    def _unpacked(self, member: zipfile.ZipInfo) -> bytes:
        """Return a member's bytes after checking them against the recorded size and checksum."""
        self.file.seek(member.header_offset)
        signature, name, extra = _LOCAL_HEADER.unpack(self.file.read(_LOCAL_HEADER.size))
        self.file.seek(name + extra, os.SEEK_CUR)
        rest = os.fstat(self.file.fileno()).st_size - self.file.tell()
        if signature != _LOCAL_SIGNATURE or member.compress_size > rest:
            raise zipfile.BadZipFile(f"{member.filename} is not where the directory says")
        data = self.file.read(member.compress_size)
        if member.compress_type == zipfile.ZIP_DEFLATED:
            # The limit stops a small file from decompressing to any size.
            data = zlib_ng.decompressobj(-zlib_ng.MAX_WBITS).decompress(data, member.file_size + 1)
        if len(data) != member.file_size or zlib_ng.crc32(data) != member.CRC:
            raise zipfile.BadZipFile(f"{member.filename} has not its recorded size and checksum")
        return data

    def _header(
        self, key: str, start: bytes
    ) -> tuple[np.dtype[Any], tuple[int, ...], Literal["C", "F"], int]:
        """Return the type, shape and order of an array, and the offset of its data."""
        text_at, data_at = _header_span(start)
        found = _HEADER.fullmatch(start[text_at:data_at])
        if found is None:
            raise _unreadable(self.source, f"{key} has no header of a plain array")
        dtype = np.dtype(found["dtype"].decode())
        if dtype.hasobject:
            raise self.invalid(f"{key} holds Python objects, and nothing is ever unpickled")
        shape = tuple(int(length) for length in re.findall(rb"[0-9]+", found["shape"]))
        return dtype, shape, "F" if found["by_column"] == b"True" else "C", data_at

    def invalid(self, found: str) -> RecordingError:
        """Return the error for a complete file with unexpected content; it lists the keys."""
        keys = ", ".join(sorted(self.members)) or "none"
        return RecordingError(DropReason.INVALID, f"{self.source}: {found} (keys: {keys})")


def _header_span(start: bytes) -> tuple[int, int]:
    """Return the start and end of a `.npy` header's text; (0, 0) if there is no valid header."""
    version = start[len(_MAGIC) : len(_MAGIC) + 2]
    if not start.startswith(_MAGIC) or len(version) < 2 or version[0] not in _HEADER_LENGTH:
        return 0, 0
    length = _HEADER_LENGTH[version[0]]
    text_at = len(_MAGIC) + 2 + length.size
    (size,) = length.unpack(start[text_at - length.size : text_at].ljust(length.size, b"\0"))
    return (text_at, text_at + size) if size <= _MAX_HEADER_BYTES else (0, 0)


def array_to_text(array: NDArray[Any]) -> str:
    """Return the text of an array with one element, either ASCII bytes or characters.

    Raises `ValueError`, with a description of the array, if it is not a text or is too long.
    """
    if array.size != 1 or array.dtype.kind not in "SU" or array.nbytes > MAX_TEXT_BYTES:
        raise ValueError(
            f"{array.dtype} shaped {array.shape}; expected one text of {MAX_TEXT_BYTES} bytes at "
            "the most"
        )
    if array.dtype.kind == "S":
        return bytes(array.item()).decode("ascii", errors="replace")
    # Decoded here, because a lone surrogate would make a str that cannot be encoded.
    data = array.astype(array.dtype.newbyteorder("<")).tobytes()
    try:
        return data.decode("utf-32-le").rstrip("\0")
    except UnicodeDecodeError as error:
        raise ValueError(f"no text ({error.reason})") from error


@contextmanager
def open_npz(
    path: Path,
    source: str,
    open_file: OpenFile = open_plain_file,
    max_array_bytes: int = MAX_ARRAY_BYTES,
) -> Iterator[Npz]:
    """Open an `.npz` file to read some of its arrays; `source` is its name in errors.

    Raises `RecordingError`: UNREADABLE if the file is missing, truncated or not a zip file, INVALID
    if two arrays have the same key. Raises `OSError` for errors of the machine.
    """
    with ExitStack() as stack:
        with _damage_reported(source):
            file = stack.enter_context(open_file(path))
            members = _list_members(file)
        keyed = [(member.filename.removesuffix(".npy"), member) for member in members]
        npz = Npz(source, dict(keyed), file, max_array_bytes)
        if len(npz.members) < len(keyed):
            key = Counter(key for key, _ in keyed).most_common(1)[0][0]
            raise npz.invalid(f"the file has {key} twice")
        yield npz


def _list_members(file: BinaryIO) -> list[zipfile.ZipInfo]:
    """Read the directory; unwrap an `OSError` that `zipfile` reports as `BadZipFile`."""
    handled = sys.exc_info()[1]
    try:
        return zipfile.ZipFile(file).infolist()
    except zipfile.BadZipFile as error:
        cause = error.__context__
        if isinstance(cause, OSError) and cause is not handled:
            raise cause from None
        raise


@contextmanager
def _damage_reported(source: str) -> Iterator[None]:
    """Convert exceptions for damaged files to `RecordingError`; pass on errors of the machine."""
    try:
        yield
    except OSError as error:
        if not is_of_the_file(error):
            raise
        raise _unreadable(source, error.strerror or str(error)) from error
    except _DAMAGE as error:
        raise _unreadable(source, str(error)) from error


def _unreadable(source: str, found: str) -> RecordingError:
    return RecordingError(
        DropReason.UNREADABLE,
        f"{source}: {found}; expected a whole .npz file. Was its download or unpacking cut short?",
    )
