"""Reading arrays out of an `.npz` file that may be anything.

`numpy.load` allocates what a header claims, and unpickles if it is let. Here a header is believed
only when it agrees with the size of its member, sizes have a limit, and nothing is ever unpickled.
Source of the format: numpy.lib.format (NEP 1), zipfile.
"""

import math
import warnings
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.lib import format as npy_format
from numpy.typing import NDArray

from motiondata.errors import DropReason, RecordingError

MAX_ARRAY_BYTES = 2**30
"""The largest array that is read: an hour of AMASS's 156 float64 a frame at 240 fps."""

_HEADER_READERS = {
    (1, 0): npy_format.read_array_header_1_0,
    (2, 0): npy_format.read_array_header_2_0,
}
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
    archive: zipfile.ZipFile

    def expect_keys(self, *keys: str) -> None:
        """Raise `RecordingError` where any of the keys is absent."""
        missing = [key for key in keys if key not in self.members]
        if missing:
            raise self.invalid(f"no key {', '.join(missing)}")

    def read(self, key: str) -> NDArray[Any]:
        """Read one array, of any type but objects and records; read-only.

        Raises `RecordingError`: INVALID where the type or the size is refused, UNREADABLE where
        the member is not a whole `.npy` file.
        """
        member = self.members[key]
        if member.file_size > MAX_ARRAY_BYTES:
            raise self.invalid(f"{key} has {member.file_size} bytes; {MAX_ARRAY_BYTES} are allowed")
        if member.flag_bits & _ENCRYPTED or member.compress_type not in _COMPRESSIONS:
            raise _unreadable(
                self.source, f"{key} is encrypted or packed otherwise than by deflate"
            )
        with _damage_reported(self.source), self.archive.open(member) as file:
            shape, by_column, dtype = self._header(key, file)
            claimed = math.prod(shape) * dtype.itemsize
            if min(shape, default=0) < 0 or claimed != member.file_size - file.tell():
                raise _unreadable(self.source, f"{key} is not of the size that its header claims")
            data = file.read()
            if len(data) != claimed:
                raise _unreadable(self.source, f"{key} ends early")
        return np.ndarray(shape, dtype, data, order="F" if by_column else "C")

    def _header(self, key: str, file: IO[bytes]) -> tuple[tuple[int, ...], bool, np.dtype[Any]]:
        version = npy_format.read_magic(file)
        if version not in _HEADER_READERS:
            raise _unreadable(self.source, f"{key} is of .npy version {version}")
        with warnings.catch_warnings():
            # Headers that Python 2 wrote, as some of AMASS's are, read well but warn.
            warnings.simplefilter("ignore", UserWarning)
            shape, by_column, dtype = _HEADER_READERS[version](file)
        if dtype.hasobject or dtype.names is not None:
            raise self.invalid(f"{key} holds {dtype}, and nothing is ever unpickled")
        return shape, by_column, dtype

    def invalid(self, found: str) -> RecordingError:
        """Return the error for a file that is whole but not as expected, with its keys."""
        keys = ", ".join(sorted(self.members)) or "none"
        return RecordingError(DropReason.INVALID, f"{self.source}: {found} (keys: {keys})")


@contextmanager
def open_npz(path: Path, source: str) -> Iterator[Npz]:
    """Open an `.npz` file for reading some of its arrays; `source` is what errors call it.

    Raises `RecordingError` (UNREADABLE) where the file is missing, cut short or no zip file.
    """
    with _damage_reported(source):
        archive = zipfile.ZipFile(path)
    with archive:
        members = {member.filename.removesuffix(".npy"): member for member in archive.infolist()}
        yield Npz(source, members, archive)


@contextmanager
def _damage_reported(source: str) -> Iterator[None]:
    """Turn what `zipfile` and NumPy's header readers raise for damaged files into our error."""
    try:
        yield
    except OSError as error:
        raise _unreadable(source, error.strerror or str(error)) from error
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, ValueError) as error:
        raise _unreadable(source, str(error)) from error


def _unreadable(source: str, found: str) -> RecordingError:
    return RecordingError(
        DropReason.UNREADABLE,
        f"{source}: {found}; expected a whole .npz file. Was its download or unpacking cut short?",
    )
