"""Write recordings with Ouster's own SDK: run by the Python of an environment that has it.

`python ouster_sdk_recordings.py FOLDER` writes, for each profile and header, metadata, the ranges,
a pcap file, and OSF files with images as PNG and as ZPNG. The SDK is not installed with this
project: it requires Click below 8.1.8 and Flask 3.0.
"""

import json
import sys
from pathlib import Path
from typing import Any

import numpy as np

PROFILES = (
    "LEGACY", "RNG19_RFL8_SIG16_NIR16", "RNG19_RFL8_SIG16_NIR16_DUAL", "RNG15_RFL8_NIR8",
    "RNG15_RFL8_NIR8_DUAL", "RNG15_RFL8_WIN8", "RNG15_RFL8_NIR8_ZONE16",
    "RNG19_RFL8_SIG16_NIR16_ZONE16", "RNG19_RFL8_SIG16_ZONE16_DUAL",
    "RNG19_RFL8_SIG16_NIR16_RGB16", "RNG19_RFL8_SIG16_NIR16_RGB16_DUAL",
    "FUSA_RNG15_RFL8_NIR8_DUAL",
)  # fmt: skip
SCANS = 3


def write(folder: Path, profile: str, header: str) -> None:
    """Write the recordings of one profile."""
    from ouster.sdk import core, osf

    default = core.SensorInfo.from_default(core.LidarMode._512x10)
    metadata = json.loads(default.to_json_string())
    metadata["lidar_data_format"] |= {"udp_profile_lidar": profile, "header_type": header}
    metadata["config_params"] |= {"udp_profile_lidar": profile, "udp_port_lidar": 7502}
    info = core.SensorInfo(json.dumps(metadata))
    scans = [scan_of(core.LidarFrame(info), number, profile, header) for number in range(SCANS)]
    name = folder / f"{profile}-{header}"
    name.with_suffix(".json").write_text(info.to_json_string())
    measured = [np.where(scan.status != 0, scan.field("RANGE"), 0) for scan in scans]
    np.save(name.with_suffix(".npy"), np.stack(measured))
    for kind, encoder in (
        ("png", osf.PngLidarFrameEncoder(4)),
        ("zpng", osf.ZPngLidarFrameEncoder(1)),
    ):
        with osf.Writer(f"{name}.{kind}.osf", info, encoder=osf.Encoder(encoder)) as file:
            for scan in scans:
                file.save(0, scan)
    write_pcap(f"{name}.pcap", info, scans)


def scan_of(scan: Any, number: int, profile: str, header: str) -> Any:
    ranges = np.random.default_rng(number).integers(0, 30_000, scan.field("RANGE").shape)
    scan.field("RANGE")[:] = ranges // 8 * 8 if "RNG15" in profile else ranges
    scan.frame_id = 70_000 + number if header == "FUSA" else (65_534 + number) % 65_536
    scan.status[:] = 0xFFFFFFFF if profile == "LEGACY" else 1
    scan.status[16 * number : 16 * number + 9] = 0
    scan.measurement_id[:] = np.arange(scan.w)
    scan.timestamp[:] = 10**8 * (number + 1) + np.arange(scan.w)
    return scan


def write_pcap(path: str, info: Any, scans: list[Any]) -> None:
    from ouster.sdk import core
    from ouster.sdk._bindings import pcap

    file = pcap.record_initialize(path, 1500)
    for scan in scans:
        for packet in core.frame_to_packets(scan, core.PacketFormat.from_info(info), 0, 0):
            if isinstance(packet, core.LidarPacket):
                pcap.record_packet(file, "10.0.0.1", "10.0.0.2", 7502, 7502, packet.buf, 1.0)
    pcap.record_uninitialize(file)


if __name__ == "__main__":
    for profile in PROFILES:
        for header in ("STANDARD", "FUSA"):
            write(Path(sys.argv[1]), profile, header)
