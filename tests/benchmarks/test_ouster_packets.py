"""Ouster's recordings of packets: scans of all profiles, in every kind of file."""

import struct
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest

from benchmarks.realism.ouster_packets import PIXEL_BYTES, packet_layout, scans_of_pcap
from benchmarks.realism.pcap_files import MOST_FRAMES, datagrams
from motiondata.errors import InputError
from tests.support.ouster_packets import (
    PORT,
    frames_of,
    made_scans,
    metadata_of,
    packets_of,
    recording_of,
    write_pcap,
    write_pcapng,
)  # fmt: skip

HEADERS = [(profile, header) for profile in PIXEL_BYTES for header in ("STANDARD", "FUSA")]


@pytest.mark.parametrize(("profile", "header"), HEADERS)
def test_packets_of_every_profile_have_their_ranges(
    tmp_path: Path, profile: str, header: str
) -> None:
    scans, path = made_scans(3), tmp_path / "walk.pcap"
    write_pcap(path, recording_of(scans, profile, header))
    layout = packet_layout(path, metadata_of(profile, header))
    found = scans_of_pcap(path, layout, {0, 2}, PORT)
    assert sorted(found) == [0, 2]
    for number, ranges in found.items():
        np.testing.assert_array_equal(ranges, scans[number])


@pytest.mark.parametrize("write", [write_pcap, write_pcapng])
def test_a_number_of_scans_that_begins_again_is_the_next_scan(
    tmp_path: Path, write: Callable[[Path, Sequence[bytes]], None]
) -> None:
    scans, path = made_scans(2), tmp_path / "walk.pcap"
    early = recording_of(scans[:1], first=65535)
    late = frames_of(packets_of(scans[0], 65535, "LEGACY", "STANDARD")[0], PORT, 999)
    write(path, early + recording_of(scans[1:], first=0) + late)
    found = scans_of_pcap(path, packet_layout(path, metadata_of()), {0, 1})
    np.testing.assert_array_equal(found[1], scans[1])


@pytest.mark.parametrize(("profile", "header"), [HEADERS[0], ("RNG15_RFL8_NIR8", "FUSA")])
def test_scans_of_a_unit_that_was_started_again_follow_those_before(
    tmp_path: Path, profile: str, header: str
) -> None:
    scans, path = made_scans(4), tmp_path / "walk.pcap"
    before = recording_of(scans[:2], profile, header, first=5000)
    late = frames_of(packets_of(scans[0], 5000, profile, header)[0], PORT, 999)
    write_pcap(path, before + late + recording_of(scans[2:], profile, header))
    found = scans_of_pcap(path, packet_layout(path, metadata_of(profile, header)), {0, 1, 2, 3})
    for number, ranges in found.items():
        np.testing.assert_array_equal(ranges, scans[number])


def test_packets_have_the_same_payloads_in_every_kind_of_file(tmp_path: Path) -> None:
    payloads = [bytes([number]) * (50 * number + 1) for number in range(6)]
    frames = [one for name, each in enumerate(payloads) for one in frames_of(each, 9, name)]
    tagged = [one[:12] + b"\x81\x00\x00\x05" + one[12:] for one in frames]
    write_pcap(tmp_path / "little", frames)
    write_pcap(tmp_path / "big", frames, ">")
    write_pcap(tmp_path / "tagged", tagged)
    write_pcapng(tmp_path / "next", frames)
    write_pcap(tmp_path / "shuffled", [*frames[:1], *frames[1:3][::-1], *frames[3:]])
    for path in tmp_path.iterdir():
        assert {each.payload for each in datagrams(path)} == set(payloads), path.name
        assert {each.port for each in datagrams(path)} == {9}


def test_fragments_that_wait_for_a_lost_one_are_not_joined_with_a_later_packet(
    tmp_path: Path,
) -> None:
    early, late = (frames_of(bytes([fill]) * 200, 9, 77) for fill in (1, 2))
    others = [frames_of(b"other", 9, name)[0] for name in range(MOST_FRAMES)]
    write_pcap(tmp_path / "a", [*early[1:], *others, *late])
    *found, last = (one.payload for one in datagrams(tmp_path / "a"))
    assert found == [b"other"] * MOST_FRAMES
    assert last == bytes([2]) * 200


def test_a_packet_of_ipv6_is_one_too(tmp_path: Path) -> None:
    data = struct.pack(">HHHH", 5, 7, 8 + 400, 0) + bytes(range(200)) * 2
    start = bytes(12) + b"\x86\xdd"

    def packet(following: int, body: bytes) -> bytes:
        return start + struct.pack(">IHBB", 6 << 28, len(body), following, 64) + bytes(32) + body

    parts = [
        packet(44, struct.pack(">BBHI", 17, 0, at | (at < 256), 77) + data[at : at + 256])
        for at in (0, 256)
    ]
    write_pcap(tmp_path / "a", [packet(17, data), *parts])
    assert [one.payload for one in datagrams(tmp_path / "a")] == [data[8:]] * 2


def test_frames_and_blocks_without_a_packet_are_passed_over(tmp_path: Path) -> None:
    (frame,) = frames_of(b"scan", 9, 1)
    write_pcap(tmp_path / "short", [b"", b"8 bytes.", frame])
    write_pcapng(tmp_path / "next", [frame])
    section, blocks = (whole := (tmp_path / "next").read_bytes())[:28], whole[28:]
    empty = b"".join(struct.pack("<III", kind, 12, 12) for kind in (1, 3, 6))
    (tmp_path / "next").write_bytes(section + empty + blocks + empty)
    for path in tmp_path.iterdir():
        assert [one.payload for one in datagrams(path)] == [b"scan"], path.name


def test_of_two_units_the_port_says_which(tmp_path: Path) -> None:
    ours, theirs = made_scans(2)
    frames = []
    for port, scan in ((PORT, ours), (7777, theirs)):
        for name, packet in enumerate(packets_of(scan, 0, "LEGACY", "STANDARD")):
            frames += frames_of(packet, port, 100 * port % 999 + name)
    write_pcap(tmp_path / "both.pcap", frames)
    layout = packet_layout(tmp_path, metadata_of())
    for port, scan in ((PORT, ours), (7777, theirs)):
        found = scans_of_pcap(tmp_path / "both.pcap", layout, {0}, port)
        np.testing.assert_array_equal(found[0], scan)
    with pytest.raises(InputError, match="found units at ports 7502, 7777; expected udp_port_lid"):
        scans_of_pcap(tmp_path / "both.pcap", layout, {0}, None)


def test_a_recording_that_is_cut_off_has_the_packets_before(tmp_path: Path) -> None:
    path = tmp_path / "walk.pcap"
    write_pcap(path, recording_of(made_scans(2)))
    path.write_bytes(path.read_bytes()[:-5])
    assert len(scans_of_pcap(path, packet_layout(path, metadata_of()), {0, 1})) == 2


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        (b"", "expected a pcap or pcapng file, found none"),
        (b"\x89PNG", "expected a pcap or pcapng file, found 89504e47"),
        (b"\xd4\xc3\xb2\xa1", "expected a header of 24 bytes, found 4"),
        (
            struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 0, 1) + b"\xff" * 16,
            "expected packets of 0 to 1048576 bytes, found 4294967295",
        ),
        (
            struct.pack("<IIIIII", 0x0A0D0D0A, 28, 0x1A2B3C4D, 1, 0, 0) + b"\x1c\0\0\0" + bytes(12),
            "expected packets of 12 to 1048576 bytes, found 0",
        ),
        (
            struct.pack("<IHHiIIIIIII", 0xA1B2C3D4, 2, 4, 0, 0, 0, 147, 0, 0, 4, 4) + b"text",
            "expected packets of the link types 0, 1, .*; found 147",
        ),
        (
            struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 0, 1),
            r"expected packets of \d+ bytes, as metadata.json says; found none",
        ),
    ],
)
def test_what_is_no_recording_is_named(tmp_path: Path, content: bytes, complaint: str) -> None:
    path = tmp_path / "walk.pcap"
    path.write_bytes(content)
    with pytest.raises(InputError, match=complaint):
        scans_of_pcap(path, packet_layout(path, metadata_of()), {0})


def test_metadata_of_another_unit_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "walk.pcap"
    write_pcap(path, recording_of(made_scans(1)))
    other = metadata_of()
    other["lidar_data_format"] |= {"columns_per_frame": 16}
    with pytest.raises(InputError, match=r"column \d+ of 16; is metadata.json that of this rec"):
        scans_of_pcap(path, packet_layout(path, other), {0})
    with pytest.raises(InputError, match="found 1 scans; expected scan 4, counted from 0"):
        scans_of_pcap(path, packet_layout(path, metadata_of()), {4})
    with pytest.raises(InputError, match=r"expected udp_profile_lidar as one of .* found 'RNG99'"):
        packet_layout(path, metadata_of("RNG99"))
    with pytest.raises(InputError, match=r"expected udp_profile_lidar as one of .* found \['x'\]"):
        packet_layout(path, {"data_format": {"udp_profile_lidar": ["x"]}})
    with pytest.raises(InputError, match="expected a data format with pixels_per_column"):
        packet_layout(path, {"data_format": {"columns_per_frame": 512}})
