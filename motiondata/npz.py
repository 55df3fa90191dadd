"""Reading arrays out of an `.npz` file that may be anything.

`numpy.load` allocates what a header claims, evaluates the header as Python, and unpickles if it is
let. Here a header is matched against the one form that NumPy writes, and believed only when it
agrees with the size of its member; sizes have a limit, and nothing is ever unpickled. `zipfile`
reads the directory; members are unpacked here, in one piece by zlib-ng, which takes half the time.
Sources of the formats: NEP 1, "A Simple File Format for NumPy Arrays"; PKWARE's APPNOTE, 4.3.
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
"""The largest array that is read, in float64: 50 minutes of AMASS's 156 a frame at 120 fps."""

MAX_TEXT_BYTES = 8192
"""The longest text that is taken; a licence's note goes into every sample."""

_MAGIC = b"\x93NUMPY"
_HEADER_LENGTH = {1: struct.Struct("<H"), 2: struct.Struct("<I")}
"""How each version of the format writes the length of its header."""
_MAX_HEADER_BYTES = 10_000
"""NumPy's own limit."""
_HEADER = re.compile(
    rb"\{'descr': '(?P<dtype>[<>|](?:b1|[iu][1248]|f[248]|[SU][0-9]{1,6}|O))', "
    rb"'fortran_order': (?P<by_column>True|False), "
    rb"'shape': \((?P<shape>[0-9L, ]{0,200})\),? ?\}\s*"
)
"""A header as NumPy writes it, under Python 2 (`601L`) too, for numbers, texts and objects."""
_DAMAGE = (
    zipfile.BadZipFile,
    cast("type[Exception]", zlib_ng.error),  # which its own types call an instance
    struct.error,
    EOFError,
    NotImplementedError,
    OverflowError,
    ValueError,
)
"""What unpacking raises for damaged files, and NumPy for shapes beyond its limits."""
_LOCAL_HEADER = struct.Struct("<4s22xHH")
"""What precedes a member: among others a signature, the length of its name, and of extra bytes."""
_LOCAL_SIGNATURE = b"PK\x03\x04"
_FLOAT64_BYTES = 8
_COMPRESSIONS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_ENCRYPTED = 0x1
"""The bit of a zip member's flags that says it is encrypted."""


@dataclass(frozen=True)
class Npz:
    """An open `.npz` file."""

    source: str
    """What errors call the file."""
    members: dict[str, zipfile.ZipInfo]
    """Its arrays by their keys."""
    file: BinaryIO

    def expect_keys(self, *keys: str) -> None:
        """Raise `RecordingError` where any of the keys is absent."""
        missing = [key for key in keys if key not in self.members]
        if missing:
            raise self.invalid(f"no key {', '.join(missing)}")

    def read(self, key: str) -> NDArray[Any]:
        """Read one array of numbers or texts; read-only.

        Raises `RecordingError`: INVALID where the type or the size is refused, UNREADABLE where
        the member is not a whole `.npy` file.
        """
        member = self.members[key]
        size = max(member.file_size, member.compress_size)
        if size > MAX_ARRAY_BYTES:
            raise self.invalid(f"{key} has {size} bytes; {MAX_ARRAY_BYTES} are allowed")
        if member.flag_bits & _ENCRYPTED or member.compress_type not in _COMPRESSIONS:
            raise _unreadable(
                self.source, f"{key} is encrypted or packed otherwise than by deflate"
            )
        with _damage_reported(self.source):
            data = self._unpacked(member)
        dtype, shape, order, data_at = self._header(key, data)
        if math.prod(shape) * dtype.itemsize != len(data) - data_at:
            raise _unreadable(self.source, f"{key} is not of the size that its header claims")
        if math.prod(shape) * _FLOAT64_BYTES > MAX_ARRAY_BYTES:
            raise self.invalid(f"{key} is shaped {shape}, too large to hold in float64")
        with _damage_reported(self.source):
            return np.ndarray(shape, dtype, data, data_at, order=order)

    def _unpacked(self, member: zipfile.ZipInfo) -> bytes:
        """Return a member's bytes, as many as its entry says and with the checksum it says."""
        self.file.seek(member.header_offset)
        signature, name, extra = _LOCAL_HEADER.unpack(self.file.read(_LOCAL_HEADER.size))
        self.file.seek(name + extra, os.SEEK_CUR)
        rest = os.fstat(self.file.fileno()).st_size - self.file.tell()
        if signature != _LOCAL_SIGNATURE or member.compress_size > rest:
            raise zipfile.BadZipFile(f"{member.filename} is not where the directory says")
        data = self.file.read(member.compress_size)
        if member.compress_type == zipfile.ZIP_DEFLATED:
            # Told how much, since one that is not unpacks all that a small file may hold.
            data = zlib_ng.decompressobj(-zlib_ng.MAX_WBITS).decompress(data, member.file_size + 1)
        if len(data) != member.file_size or zlib_ng.crc32(data) != member.CRC:
            raise zipfile.BadZipFile(f"{member.filename} has not its recorded size and checksum")
        return data

    def _header(
        self, key: str, start: bytes
    ) -> tuple[np.dtype[Any], tuple[int, ...], Literal["C", "F"], int]:
        """Return the type, the shape and the order of an array, and where its numbers begin."""
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
        """Return the error for a file that is whole but not as expected, with its keys."""
        keys = ", ".join(sorted(self.members)) or "none"
        return RecordingError(DropReason.INVALID, f"{self.source}: {found} (keys: {keys})")


def _header_span(start: bytes) -> tuple[int, int]:
    """Return from where to where in a `.npy` file its header is; nowhere if it begins otherwise."""
    version = start[len(_MAGIC) : len(_MAGIC) + 2]
    if not start.startswith(_MAGIC) or len(version) < 2 or version[0] not in _HEADER_LENGTH:
        return 0, 0
    length = _HEADER_LENGTH[version[0]]
    text_at = len(_MAGIC) + 2 + length.size
    (size,) = length.unpack(start[text_at - length.size : text_at].ljust(length.size, b"\0"))
    return (text_at, text_at + size) if size <= _MAX_HEADER_BYTES else (0, 0)


def array_to_text(array: NDArray[Any]) -> str:
    """Return the text that an array of one holds, as bytes in ASCII or as characters.

    Raises `ValueError`, saying what the array is, where it is no text or an overlong one.
    """
    if array.size != 1 or array.dtype.kind not in "SU" or array.nbytes > MAX_TEXT_BYTES:
        raise ValueError(
            f"{array.dtype} shaped {array.shape}; expected one text of {MAX_TEXT_BYTES} bytes at "
            "the most"
        )
    if array.dtype.kind == "S":
        return bytes(array.item()).decode("ascii", errors="replace")
    # By hand: what is no character, such as half of one, makes a str that nobody can write.
    data = array.astype(array.dtype.newbyteorder("<")).tobytes()
    try:
        return data.decode("utf-32-le").rstrip("\0")
    except UnicodeDecodeError as error:
        raise ValueError(f"no text ({error.reason})") from error


@contextmanager
def open_npz(path: Path, source: str, open_file: OpenFile = open_plain_file) -> Iterator[Npz]:
    """Open an `.npz` file for reading some of its arrays; `source` is what errors call it.

    Raises `RecordingError`: UNREADABLE where the file is missing, cut short or no zip file, INVALID
    where two arrays have one key; and `OSError` where the machine cannot read it.
    """
    with ExitStack() as stack:
        with _damage_reported(source):
            file = stack.enter_context(open_file(path))
            members = _list_members(file)
        keyed = [(member.filename.removesuffix(".npy"), member) for member in members]
        npz = Npz(source, dict(keyed), file)
        if len(npz.members) < len(keyed):
            key = Counter(key for key, _ in keyed).most_common(1)[0][0]
            raise npz.invalid(f"the file has {key} twice")
        yield npz


def _list_members(file: BinaryIO) -> list[zipfile.ZipInfo]:
    """Read the directory; `zipfile` calls a file that the machine cannot read no zip file."""
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
    """Turn what is raised for damaged files into our error; what is the machine's passes."""
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
