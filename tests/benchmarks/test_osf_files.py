"""OSF files: their scans, their units, and what is no whole file."""

import json
import struct
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from benchmarks.realism.osf_files import PNG, ZPNG, scans_of_osf, unit_of_osf
from motiondata.errors import InputError
from tests.support.ouster_osf import KINDS, checked, png, write_osf, zpng, zpng_of_16_bits
from tests.support.ouster_packets import Ranges, made_scans, metadata_of


@pytest.mark.parametrize("encode", [png, zpng, zpng_of_16_bits])
def test_osf_files_have_their_scans(tmp_path: Path, encode: Callable[[Ranges], bytes]) -> None:
    scans, path = made_scans(3), tmp_path / "walk.osf"
    write_osf(path, scans, encode)
    unit = unit_of_osf(path)
    assert unit.metadata == metadata_of()
    found = scans_of_osf(path, unit, {1, 2})
    assert sorted(found) == [1, 2]
    for count, ranges in found.items():
        np.testing.assert_array_equal(ranges, scans[count])


def test_of_several_units_in_an_osf_file_the_serial_number_says_which(tmp_path: Path) -> None:
    scans, path = made_scans(2), tmp_path / "walk.osf"
    write_osf(path, scans, serials=("122", "345"))
    other = unit_of_osf(path, "345")
    np.testing.assert_array_equal(scans_of_osf(path, other, {0})[0], scans[0] // 2)
    with pytest.raises(InputError, match=r"expected one unit, or metadata.json .* found 122, 345"):
        unit_of_osf(path)


def test_osf_files_that_are_not_whole_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "walk.osf"
    write_osf(path, made_scans(1), status=1)
    with pytest.raises(InputError, match="the file was not closed"):
        unit_of_osf(path)
    write_osf(path, made_scans(1))
    with pytest.raises(InputError, match="found 1 scans; expected scan 3"):
        scans_of_osf(path, unit_of_osf(path), {3})
    whole = path.read_bytes()
    path.write_bytes(whole[:-9])
    with pytest.raises(InputError, match=r"walk\.osf: expected a whole OSF file"):
        unit_of_osf(path)
    path.write_bytes(b"PK\x03\x04 something else")
    with pytest.raises(InputError, match=r"walk\.osf: expected a whole OSF file"):
        unit_of_osf(path)


def test_a_changed_byte_of_an_osf_file_is_noticed(tmp_path: Path) -> None:
    scans, path = made_scans(1), tmp_path / "walk.osf"
    write_osf(path, scans)
    whole = path.read_bytes()
    for at in range(0, len(whole), 7):
        path.write_bytes(whole[:at] + bytes([whole[at] ^ 0x55]) + whole[at + 1 :])
        with pytest.raises(InputError, match=r"walk\.osf"):
            scans_of_osf(path, unit_of_osf(path), {0})


def test_a_changed_byte_with_its_right_crc_is_read_or_refused_by_a_sentence(tmp_path: Path) -> None:
    path = tmp_path / "walk.osf"
    refused = 0
    for encode, mask, step in ((zpng, 0x03, 1), (png, 0x41, 3)):
        write_osf(path, made_scans(1), encode)
        whole = path.read_bytes()
        for at in range(0, len(whole), step):
            changed = whole[:at] + bytes([whole[at] ^ mask]) + whole[at + 1 :]
            path.write_bytes(with_right_crc(changed))
            try:
                found = scans_of_osf(path, unit_of_osf(path), {0})
            except InputError:
                refused += 1
            else:
                assert found[0].shape == made_scans(1)[0].shape
    assert refused > 500


def with_right_crc(whole: bytes) -> bytes:
    """Return the buffers of a file, each with its CRC-32, up to one with a wrong size."""
    at, found = 0, b""
    while at + 8 <= len(whole):
        end = at + 4 + int.from_bytes(whole[at : at + 4], "little")
        found += checked(whole[at:end])
        at = end + 4
    return found


def scanned(image: bytes) -> Callable[[Ranges], bytes]:
    return lambda _: image


def png_of(rows: int, columns: int) -> bytes:
    """Return the first bytes of a PNG file."""
    header = b"IHDR" + struct.pack(">IIBBBBB", columns, rows, 8, 6, 0, 0, 0)
    return PNG + struct.pack(">I", 13) + header + struct.pack(">I", zlib.crc32(header))


@pytest.mark.parametrize(
    ("image", "complaint"),
    [
        (b"", "begins with nothing, not as PNG"),
        (b"GIF89a..", "begins with 4749463839612e2e, not as PNG"),
        (zpng(made_scans(1)[0])[:6], "unpack_from requires"),
        (ZPNG + b"\xff" * 6, "has 65535 rows and 65535 columns, and the metadata 6 and 32"),
        (ZPNG + struct.pack("<HHBB", 32, 6, 255, 255), "has 65025 bytes a pixel, a range 1 to 4"),
        (png_of(60_000, 60_000), "has 60000 rows and 60000 columns, and the metadata 6 and 32"),
        (png_of(6, 32), "expected a whole OSF file"),
    ],
)
def test_images_of_another_shape_or_kind_are_refused(
    tmp_path: Path, image: bytes, complaint: str
) -> None:
    path = tmp_path / "walk.osf"
    write_osf(path, made_scans(1), scanned(image))
    with pytest.raises(InputError, match=rf"walk\.osf: .*{complaint}"):
        scans_of_osf(path, unit_of_osf(path), {0})


@pytest.mark.parametrize(
    ("layout", "complaint"),
    [
        ({"pixel_shift_by_row": ["a"] * 6}, "other than whole numbers in pixel_shift_by_row"),
        ({"pixel_shift_by_row": [1]}, "no pixel_shift_by_row for each row"),
        ({"pixels_per_column": None}, "pixels_per_column and columns_per_frame of None and 32"),
        ({"columns_per_frame": 10**9}, "say 6 x 1000000000 pixels, at most 4194304"),
        ({"columns_per_frame": 16}, "6 rows and 32 columns, and the metadata 6 and 16"),
    ],
)
def test_metadata_that_do_not_fit_the_scans_of_an_osf_file_are_refused(
    tmp_path: Path, layout: dict[str, Any], complaint: str
) -> None:
    path, unit = tmp_path / "walk.osf", metadata_of()
    unit["lidar_data_format"] |= layout
    write_osf(path, made_scans(1), png, unit=unit)
    with pytest.raises(InputError, match=rf"walk\.osf: .*{complaint}"):
        scans_of_osf(path, unit_of_osf(path), {0})


def test_metadata_and_scans_of_other_types_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "walk.osf"
    write_osf(path, made_scans(1))
    whole, text = path.read_bytes(), json.dumps(metadata_of()).encode()
    assert text in whole
    path.write_bytes(with_right_crc(whole.replace(text, b"[1]".ljust(len(text)))))
    with pytest.raises(InputError, match=r"walk\.osf: .*the metadata are '\[1\] .*no object"):
        unit_of_osf(path)
    assert KINDS in whole
    path.write_bytes(with_right_crc(whole.replace(KINDS, bytes([3, 2, 3, 2]))))
    with pytest.raises(InputError, match=r"walk\.osf: .*a scan with 2 images has none of RANGE"):
        scans_of_osf(path, unit_of_osf(path), {0})
