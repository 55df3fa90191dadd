"""OSF files: their scans, their units, and what is no whole file."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from benchmarks.realism.osf_files import scans_of_osf, unit_of_osf
from motiondata.errors import InputError
from tests.support.ouster_osf import png, write_osf, zpng, zpng_of_16_bits
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


def test_every_changed_byte_of_an_osf_file_is_noticed_or_has_no_effect(tmp_path: Path) -> None:
    scans, path = made_scans(1), tmp_path / "walk.osf"
    write_osf(path, scans)
    whole = path.read_bytes()
    for at in range(0, len(whole), 7):
        path.write_bytes(whole[:at] + bytes([whole[at] ^ 0x55]) + whole[at + 1 :])
        with pytest.raises(InputError, match=r"walk\.osf"):
            scans_of_osf(path, unit_of_osf(path), {0})
