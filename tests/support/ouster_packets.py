"""Recordings of an Ouster's packets, written as their formats say."""

import struct
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.realism.ouster_packets import PIXEL_BYTES

Ranges = NDArray[np.uint32]

ROWS, COLUMNS, PER_PACKET, PORT = 6, 32, 8, 7502
LOST = (8, 12)
"""The columns of every scan that were not measured."""
SHIFTS = [3, 0, -2, 3, 0, -2]
MTU = 96
"""The bytes of IP in a frame: few, so that small packets have several fragments."""


def metadata_of(profile: str = "LEGACY", header: str = "STANDARD") -> dict[str, Any]:
    return {
        "beam_intrinsics": {
            "beam_altitude_angles": np.linspace(10, -10, ROWS).tolist(),
            "beam_azimuth_angles": [0.0] * ROWS,
        },
        "config_params": {"udp_port_lidar": PORT},
        "lidar_data_format": {
            "columns_per_frame": COLUMNS, "columns_per_packet": PER_PACKET, "pixels_per_column":
            ROWS, "pixel_shift_by_row": SHIFTS, "udp_profile_lidar": profile, "header_type": header,
        },
        "sensor_info": {"prod_line": f"OS-1-{ROWS}", "prod_sn": "122"},
    }  # fmt: skip


def made_scans(count: int) -> list[Ranges]:
    """Return scans whose ranges all profiles can hold; 0 in the columns that were not measured."""
    ranges = np.random.default_rng(3).integers(0, 30_000, (count, ROWS, COLUMNS)) // 8 * 8
    ranges[:, :, slice(*LOST)] = 0
    return list(ranges.astype(np.uint32))


def packets_of(scan: Ranges, number: int, profile: str, header: str) -> list[bytes]:
    """Write a scan as a unit sends it; what surrounds the ranges is noise."""
    noise, found = np.random.default_rng(number), []
    for first in range(0, scan.shape[1], PER_PACKET):
        body = b"".join(
            column_of(scan[:, at], at, number, profile, noise)
            for at in range(first, first + PER_PACKET)
        )
        if profile != "LEGACY":
            start = (
                struct.pack("<4xI", number) if header == "FUSA" else struct.pack("<HH", 1, number)
            )
            body = start.ljust(32, b"\x07") + body + bytes(32)
        found.append(body)
    return found


def column_of(
    ranges: Ranges, at: int, number: int, profile: str, noise: np.random.Generator
) -> bytes:
    measured = not LOST[0] <= at < LOST[1]
    start = struct.pack("<QHH", 1000 + at, at, number & 0xFFFF if profile == "LEGACY" else measured)
    pixels = noise.integers(0, 256, (len(ranges), PIXEL_BYTES[profile]), np.uint8)
    for row, value in enumerate(ranges.tolist()):
        bits = 15 if "RNG15" in profile else 20 if profile == "LEGACY" else 19
        word = int.from_bytes(pixels[row, :4].tobytes(), "little") >> bits << bits
        word |= value >> 3 if "RNG15" in profile else value
        pixels[row, :4] = list(word.to_bytes(4, "little"))
    if profile != "LEGACY":
        return start + pixels.tobytes()
    return start + bytes(4) + pixels.tobytes() + (b"\xff" if measured else b"\0") * 4


def frames_of(payload: bytes, port: int, name: int, most: int = MTU) -> list[bytes]:
    """Return Ethernet frames with the fragments of a packet of UDP over IPv4."""
    data = struct.pack(">HHHH", port, port, 8 + len(payload), 0) + payload
    frames = []
    for at in range(0, len(data), most):
        part = data[at : at + most]
        flags = (0x2000 if at + most < len(data) else 0) | at // 8
        ip = struct.pack(">BBHHHBBH4s4s", 0x45, 0, 20 + len(part), name, flags, 64, 17, 0, b"home",
                         b"desk")  # fmt: skip
        frames.append(bytes(12) + b"\x08\x00" + ip + part)
    return frames


def write_pcap(path: Path, frames: Sequence[bytes], order: str = "<") -> None:
    header = struct.pack(f"{order}IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 1)
    records = [struct.pack(f"{order}IIII", 1, 2, len(one), len(one)) + one for one in frames]
    path.write_bytes(header + b"".join(records))


def write_pcapng(path: Path, frames: Sequence[bytes]) -> None:
    def block(kind: int, body: bytes) -> bytes:
        body += bytes(-len(body) % 4)
        size = struct.pack("<I", 12 + len(body))
        return struct.pack("<I", kind) + size + body + size

    blocks = [block(0x0A0D0D0A, struct.pack("<IHHq", 0x1A2B3C4D, 1, 0, -1))]
    blocks.append(block(1, struct.pack("<HHI", 1, 0, 65535)))
    blocks += [block(6, struct.pack("<IIIII", 0, 0, 0, len(one), len(one)) + one) for one in frames]
    blocks.append(block(5, bytes(12)))
    path.write_bytes(b"".join(blocks))


def recording_of(
    scans: Sequence[Ranges], profile: str = "LEGACY", header: str = "STANDARD", first: int = 0
) -> list[bytes]:
    """Return the frames of scans, among them packets of other sizes."""
    packets = [
        packet
        for number, scan in enumerate(scans, first)
        for packet in [*packets_of(scan, number, profile, header), b"inertial"]
    ]
    return [frame for name, packet in enumerate(packets) for frame in frames_of(packet, PORT, name)]
