"""Scans of OSF files, Ouster's own format: metadata of the units, and the ranges of each scan.

Sources: the schemas `ouster_osf/fb/*.fbs`, `zpng.cpp` and `png_tools.cpp` of Ouster's SDK. A file
is a header, chunks of messages, and metadata; each is a FlatBuffer with its size before and its
CRC-32 behind it. Images are PNG, with the rows moved to their azimuths, or ZPNG, differences of
neighbors in Zstandard.
"""

import io
import json
import struct
import zlib
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from PIL import Image

from benchmarks.realism.flat_tables import FlatTable, root_table
from benchmarks.realism.ouster_packets import Ranges
from motiondata.errors import InputError

FINISHED = 2
"""`HEADER_STATUS` of a file that was closed."""
SENSOR, STREAM = "ouster/v1/os_sensor/LidarSensor", "ouster/v1/os_sensor/LidarScanStream"
RANGE = 1
"""`CHAN_FIELD` of the range of the first return."""
ZPNG, PNG = b"\xf8\xfb", b"\x89PNG\r\n\x1a\n"
"""The first bytes of an image: rows of differences in Zstandard (`zpng.h` of the SDK), and PNG."""
MOST_PIXELS = 1 << 22
"""No scan has more: four times 256 rows of 4,096 columns."""
BROKEN = (
    ValueError, TypeError, KeyError, IndexError, OSError, OverflowError, RecursionError,
    SyntaxError, struct.error, zlib.error,
)  # fmt: skip
"""What readers of JSON, PNG and Zstandard raise for bytes that are not what they expect."""


@dataclass(frozen=True)
class OsfUnit:
    """A unit of a file."""

    metadata: Mapping[str, Any]
    stream: int
    """The number of the stream of its scans."""


def unit_of_osf(path: Path, serial: str | None = None) -> OsfUnit:
    """Return the unit of a file; with several, that with a serial number.

    Raises `InputError` if the file is not one of OSF, was not closed, or has no such unit.
    """
    with path.open("rb") as file:
        _, metadata = _read(path, file)
    with _naming(path):
        entries = metadata.tables(4)
        sensors = {
            entry.number(0, "I"): _object(root_table(entry.raw(2)).text(0))
            for entry in entries
            if entry.text(1) == SENSOR
        }
        units = [
            OsfUnit(sensors[root_table(entry.raw(2)).number(0, "I")], entry.number(0, "I"))
            for entry in entries
            if entry.text(1) == STREAM
        ]
    chosen = [unit for unit in units if len(units) == 1 or _serial(unit.metadata) == serial]
    if len(chosen) != 1:
        found = ", ".join(str(_serial(unit.metadata)) for unit in units) or "none"
        raise InputError(
            f"{path}: expected one unit, or metadata.json with the prod_sn of one; found {found}"
        )
    return chosen[0]


def scans_of_osf(path: Path, unit: OsfUnit, wanted: Collection[int]) -> dict[int, Ranges]:
    """Return the wanted scans of a unit, which count from 0 in the order of the file.

    Raises `InputError` if a scan is not there, or cannot be read.
    """
    found: dict[int, Ranges] = {}
    count = 0
    with path.open("rb") as file, _naming(path):
        end, _ = _read(path, file)
        for message in _messages(path, file, end):
            if message.number(1, "I") == unit.stream:
                if count in wanted:
                    found[count] = _ranges(root_table(message.raw(2)), unit.metadata)
                count += 1
    if missing := set(wanted) - set(found):
        raise InputError(
            f"{path}: found {count} scans; expected scan {min(missing)}, counted from 0"
        )
    return found


@contextmanager
def _naming(path: Path) -> Iterator[None]:
    """Let errors of broken buffers name the file."""
    try:
        yield
    except InputError:
        raise
    except BROKEN as error:
        raise InputError(f"{path}: expected a whole OSF file; {error}") from error


def _read(path: Path, file: BinaryIO) -> tuple[int, FlatTable]:
    """Return where the metadata begin, and the metadata; the file stands before the chunks."""
    with _naming(path):
        header = _buffer(path, file)
        if header[8:12] != b"OSF$":
            raise ValueError(f"found the mark {header[8:12]!r}")
        table = root_table(header)
        if table.number(1, "B") != FINISHED:
            raise InputError(
                f"{path}: the file was not closed by the program that recorded it; repair it with "
                "Ouster's SDK"
            )
        first, end = file.tell(), table.number(2, "Q", 1)
        file.seek(end)
        metadata = root_table(_buffer(path, file))
        file.seek(first)
    return end, metadata


def _messages(path: Path, file: BinaryIO, end: int) -> Iterator[FlatTable]:
    while file.tell() < end:
        yield from root_table(_buffer(path, file)).tables(0)


def _buffer(path: Path, file: BinaryIO) -> bytes:
    """Return the next buffer with its size; raises `ValueError` unless its CRC-32 is right."""
    at, size = file.tell(), file.read(4)
    left = path.stat().st_size - at - 8
    length = int.from_bytes(size, "little")
    if len(size) < 4 or length > left:
        raise ValueError(f"a buffer of {length} bytes at byte {at} is cut off")
    data = size + file.read(length)
    if zlib.crc32(data) != int.from_bytes(file.read(4), "little"):
        raise ValueError(f"the CRC-32 of the buffer at byte {at} is wrong")
    return data


def _object(text: str) -> dict[str, Any]:
    found = json.loads(text)
    if not isinstance(found, dict):
        raise TypeError(f"the metadata are {text[:40]!r}, no object of JSON")
    return found


def _serial(metadata: Mapping[str, Any]) -> str | None:
    info = metadata.get("sensor_info")
    return info.get("prod_sn") if isinstance(info, Mapping) else metadata.get("prod_sn")


def _ranges(scan: FlatTable, metadata: Mapping[str, Any]) -> Ranges:
    """Return the ranges of a scan; columns that were not measured are 0."""
    buffer = _range_image(scan)
    layout = metadata.get("lidar_data_format") or metadata.get("data_format")
    if not isinstance(layout, Mapping):
        raise TypeError("the metadata have no lidar_data_format")
    shape, is_zpng = _shape(layout), buffer[:2] == ZPNG
    ranges = _of_zpng(buffer, shape) if is_zpng else _staggered(_of_png(buffer, shape), layout)
    status = np.frombuffer(scan.raw(4, 4), "<u4")
    if len(status) == ranges.shape[1]:
        ranges = np.where(status & 1, ranges, np.uint32(0))
    return np.asarray(ranges, np.uint32)


def _range_image(scan: FlatTable) -> bytes:
    """Return the bytes of the image of ranges."""
    kinds = np.frombuffer(scan.raw(1, 2), np.uint8)[::2]
    images = scan.tables(0)
    if RANGE not in kinds[: len(images)]:
        raise ValueError(f"a scan with {len(images)} images has none of RANGE")
    return images[int(np.flatnonzero(kinds == RANGE)[0])].raw(0)


def _shape(layout: Mapping[str, Any]) -> tuple[int, int]:
    """Return the rows and columns of the scans of a unit."""
    names = ("pixels_per_column", "columns_per_frame")
    rows, columns = (layout.get(name) for name in names)
    if type(rows) is not int or type(columns) is not int or min(rows, columns) < 1:
        raise ValueError(f"the metadata have {' and '.join(names)} of {rows!r} and {columns!r}")
    if rows * columns > MOST_PIXELS:
        raise ValueError(f"the metadata say {rows} x {columns} pixels, at most {MOST_PIXELS}")
    return rows, columns


def _expect_shape(found: tuple[int, int], expected: tuple[int, int]) -> None:
    """Refuse an image of another shape before memory for it is allocated."""
    if found != expected:
        raise ValueError(
            f"an image has {found[0]} rows and {found[1]} columns, and the metadata "
            f"{expected[0]} and {expected[1]}"
        )


def _of_zpng(buffer: bytes, shape: tuple[int, int]) -> Ranges:
    """Decode an image of whole numbers; a row holds differences to the pixel before."""
    _, columns, rows, channels, size = struct.unpack_from("<HHHBB", buffer)
    _expect_shape((rows, columns), shape)
    if not 1 <= (width := channels * size) <= 4:
        raise ValueError(f"an image has {width} bytes a pixel, a range 1 to 4")
    unpacked = pa.Codec("zstd").decompress(buffer[8:], rows * columns * width, asbytes=True)
    data = np.frombuffer(unpacked, np.uint8)
    if width not in (3, 4):
        pixels = np.cumsum(data.reshape(rows, columns, width), axis=1, dtype=np.uint8)
        return _whole_numbers(pixels)
    blue, green_less, green_red, *rest = data.reshape(width, rows, columns)
    green = blue + green_less
    planes = np.stack([green - green_red, green, blue, *rest], axis=-1)
    return _whole_numbers(np.cumsum(planes, axis=1, dtype=np.uint8))


def _of_png(buffer: bytes, shape: tuple[int, int]) -> Ranges:
    """Decode an image of one to four bytes a pixel, or of one number of 16 bits."""
    if buffer[:8] != PNG:
        raise ValueError(f"an image begins with {buffer[:8].hex() or 'nothing'}, not as PNG")
    columns, rows = struct.unpack_from(">II", buffer, 16)
    _expect_shape((rows, columns), shape)
    with Image.open(io.BytesIO(buffer), formats=["PNG"]) as image:
        pixels = np.asarray(image)
    if pixels.ndim == 2:
        return np.asarray(pixels, np.uint32)
    return _whole_numbers(pixels)


def _whole_numbers(pixels: NDArray[np.uint8]) -> Ranges:
    """Return the number of each pixel, shaped (rows, columns, bytes), lowest byte first."""
    places = np.uint32(1) << (8 * np.arange(pixels.shape[-1], dtype=np.uint32))
    return np.asarray((pixels * places).sum(axis=-1, dtype=np.uint32))


def _staggered(ranges: Ranges, layout: Mapping[str, Any]) -> Ranges:
    """Move rows back from their azimuths to the order of measurement."""
    shifts = layout.get("pixel_shift_by_row")
    if not isinstance(shifts, list) or len(shifts) != len(ranges):
        raise ValueError("the metadata have no pixel_shift_by_row for each row")
    if not all(type(shift) is int for shift in shifts):
        raise ValueError("the metadata have other than whole numbers in pixel_shift_by_row")
    return np.stack([np.roll(row, -shift) for row, shift in zip(ranges, shifts, strict=True)])
