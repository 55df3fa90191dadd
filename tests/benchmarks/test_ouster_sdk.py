"""Our readers give what Ouster's own SDK wrote, where `MOTIONDATA_OUSTER_PYTHON` has the SDK."""

import json
import os
import subprocess
from pathlib import Path

import numpy as np
import pytest

from benchmarks.realism.osf_files import scans_of_osf, unit_of_osf
from benchmarks.realism.ouster_packets import packet_layout, scans_of_pcap
from motiondata.lidar.presets import load_sensor
from tests.support import ouster_sdk_recordings
from tests.support.ouster_sdk_recordings import PROFILES, SCANS

VARIABLE = "MOTIONDATA_OUSTER_PYTHON"


@pytest.fixture(scope="module")
def recordings(tmp_path_factory: pytest.TempPathFactory) -> Path:
    python = os.environ.get(VARIABLE)
    if python is None:
        pytest.skip(f"{VARIABLE} names no Python with ouster-sdk 1.0")
    folder = tmp_path_factory.mktemp("recordings")
    subprocess.run([python, str(ouster_sdk_recordings.__file__), str(folder)], check=True)
    return folder


@pytest.mark.parametrize("header", ["STANDARD", "FUSA"])
@pytest.mark.parametrize("profile", PROFILES)
def test_every_scan_of_the_sdk_is_read_as_it_was_written(
    recordings: Path, profile: str, header: str
) -> None:
    metadata = recordings / f"{profile}-{header}.json"
    expected, wanted = np.load(metadata.with_suffix(".npy")), set(range(SCANS))
    assert load_sensor(metadata).beams == expected.shape[1]
    packets, layout = (
        metadata.with_suffix(".pcap"),
        packet_layout(metadata, json.loads(metadata.read_text())),
    )
    found = [scans_of_pcap(packets, layout, wanted)]
    for kind in ("png", "zpng"):
        path = metadata.with_suffix(f".{kind}.osf")
        found.append(scans_of_osf(path, unit_of_osf(path), wanted))
    for scans in found:
        for number in wanted:
            np.testing.assert_array_equal(scans[number], expected[number])
