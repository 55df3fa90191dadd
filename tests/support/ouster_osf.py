"""OSF files, written as their format says, with a small writer of FlatBuffers."""

import io
import json
import struct
import zlib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from PIL import Image

from tests.support.ouster_packets import COLUMNS, LOST, ROWS, SHIFTS, Ranges, metadata_of

KINDS = bytes([3, 2, 1, 3])
"""Signal and range, each with the type of its values."""

# A writer of FlatBuffers: a table is its fields, each with its alignment and its bytes, or with
# what its offset leads to.
Field = tuple[int, bytes] | Callable[[int], bytes] | None


def flat(fields: Sequence[Field], at: int) -> bytes:
    """Return a table at a place: the table of its fields, its fields, and what they lead to."""
    sizes = [8 if each is None or callable(each) else len(each[1]) for each in fields]
    entries, offset = [], 8
    for each, size in zip(fields, sizes, strict=True):
        entries.append(0 if each is None else offset)
        offset += 0 if each is None else -(-size // 8) * 8
    table = struct.pack(f"<HH{len(fields)}H", 4 + 2 * len(fields), offset, *entries)
    table += bytes(-len(table) % 8)
    found, behind, start = bytearray(struct.pack("<i4x", len(table))), b"", at + len(table)
    for each, size in zip(fields, sizes, strict=True):
        if callable(each):
            place = start + offset + len(behind)
            found += struct.pack("<I4x", place - start - len(found))
            behind += each(place)
            behind += bytes(-len(behind) % 8)
        elif each is not None:
            found += each[1] + bytes(-size % 8)
    return table + bytes(found) + behind


def vector(data: bytes, width: int = 1) -> Callable[[int], bytes]:
    return lambda _: struct.pack("<I", len(data) // width) + data


def number(kind: str, value: int) -> tuple[int, bytes]:
    return 8, struct.pack(f"<{kind}", value)


def tables(each: Sequence[Sequence[Field]]) -> Callable[[int], bytes]:
    def write(at: int) -> bytes:
        head, body = struct.pack("<I", len(each)), b""
        first = at + 4 + 4 * len(each)
        gap = -first % 8
        for fields in each:
            place = first + gap + len(body)
            one = flat(fields, place)
            (table,) = struct.unpack_from("<H", one)
            head += struct.pack("<I", place + table + -table % 8 - at - len(head))
            body += one + bytes(-len(one) % 8)
        return head + bytes(gap) + body

    return write


def sized(fields: Sequence[Field], mark: bytes = b"mark") -> bytes:
    """Return a root table with its size before it."""
    body = flat(fields, 16)
    (table,) = struct.unpack_from("<H", body)
    body = struct.pack("<I", 12 + table + -table % 8) + mark + bytes(4) + body
    return struct.pack("<I", len(body)) + body


def checked(buffer: bytes) -> bytes:
    return buffer + struct.pack("<I", zlib.crc32(buffer))


def png(ranges: Ranges) -> bytes:
    """Encode as Ouster's SDK: rows moved to their azimuths, four bytes a pixel."""
    moved = np.stack([np.roll(row, shift) for row, shift in zip(ranges, SHIFTS, strict=True)])
    out = io.BytesIO()
    Image.fromarray(moved.view(np.uint8).reshape(ROWS, COLUMNS, 4), "RGBA").save(out, "png")
    return out.getvalue()


def zpng(ranges: Ranges) -> bytes:
    """Encode as Ouster's SDK: differences of neighbors, planes of red, green and blue mixed."""
    pixels = ranges.view(np.uint8).reshape(*ranges.shape, 4).copy()
    pixels[:, 1:] -= pixels[:, :-1].copy()
    red, green, blue, alpha = np.moveaxis(pixels, -1, 0)
    packed = np.stack([blue, green - blue, green - red, alpha]).tobytes()
    header = struct.pack("<HHHBB", 0xFBF8, *ranges.shape[::-1], 4, 1)
    return header + bytes(pa.Codec("zstd").compress(packed, asbytes=True))


def zpng_of_16_bits(ranges: Ranges) -> bytes:
    pixels = ranges.astype("<u2").view(np.uint8).reshape(ROWS, COLUMNS, 2).copy()
    pixels[:, 1:] -= pixels[:, :-1].copy()
    header = struct.pack("<HHHBB", 0xFBF8, COLUMNS, ROWS, 1, 2)
    return header + bytes(pa.Codec("zstd").compress(pixels.tobytes(), asbytes=True))


def message_of(scan: Ranges, encode: Callable[[Ranges], bytes]) -> bytes:
    """Return a scan whose signal comes before its range, and whose lost columns have values."""
    scan = scan.copy()
    scan[:, slice(*LOST)] = 5
    status = np.ones(scan.shape[1], "<u4")
    status[slice(*LOST)] = 0
    channels = tables([[vector(b"signal")], [vector(encode(scan))]])
    kinds = vector(KINDS, 2)
    return sized([channels, kinds, None, None, vector(status.tobytes(), 4), number("i", 7)])


def write_osf(
    path: Path, scans: Sequence[Ranges], encode: Callable[[Ranges], bytes] = zpng,
    serials: Sequence[str] = ("122",), status: int = 2,
    unit: dict[str, Any] | None = None,
) -> None:  # fmt: skip
    """Write a file with the scans of the first unit, and one of each other."""
    entries: list[list[Field]] = []
    for count, serial in enumerate(serials):
        metadata = unit or metadata_of()
        metadata = metadata | {"sensor_info": metadata["sensor_info"] | {"prod_sn": serial}}
        sensor = sized([vector(json.dumps(metadata).encode())])
        stream = sized([number("I", 10 + count)])
        entries.append(
            [number("I", 10 + count), vector(b"ouster/v1/os_sensor/LidarSensor"), vector(sensor)]
        )
        entries.append(
            [
                number("I", 20 + count),
                vector(b"ouster/v1/os_sensor/LidarScanStream"),
                vector(stream),
            ]
        )
    sent = [(20, scan) for scan in scans] + [
        (21 + count, scans[0] // 2) for count in range(len(serials) - 1)
    ]
    chunks = b"".join(_chunk(stream, message_of(scan, encode)) for stream, scan in sent)
    metadata_part = checked(sized([vector(b"id"), number("Q", 1), number("Q", 2), None,
                                   tables(entries)], b"OSF#"))  # fmt: skip
    header_size = len(checked(sized([number("Q", 1)] * 4)))
    at = header_size + len(chunks)
    header = checked(sized([number("Q", 2), number("B", status), number("Q", at),
                            number("Q", at + len(metadata_part))], b"OSF$"))  # fmt: skip
    path.write_bytes(header + chunks + metadata_part)


def _chunk(stream: int, message: bytes) -> bytes:
    fields: list[Field] = [number("Q", 5), number("I", stream), vector(message)]
    return checked(sized([tables([fields])]))
