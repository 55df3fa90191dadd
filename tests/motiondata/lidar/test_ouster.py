"""Ouster's metadata: files of each generation, made with numbers of our own, and column windows."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from motiondata.errors import InputError
from motiondata.lidar.cpu.scanner import Scanner
from motiondata.lidar.measurement import UNKNOWN_MEASUREMENT
from motiondata.lidar.presets import load_sensor, sensor_preset
from motiondata.lidar.sensor import Sensor, ray_directions
from tests.support.meshes import ball, turned

ANGLES: dict[str, Any] = {
    "beam_altitude_angles": [15.0, 5.0, -5.0, -15.0],
    "beam_azimuth_angles": [3.0, 1.0, -1.0, -3.0],
}
FORMAT = {"columns_per_frame": 1024, "columns_per_packet": 16, "pixels_per_column": 4}
UNKNOWN = "error: Command not recognized."

GENERATIONS: dict[str, dict[str, Any]] = {
    "firmware 1.12, sections": {
        "beam_intrinsics": ANGLES,
        "calibration_status": UNKNOWN,
        "client_version": "ouster_client 0.2.2dev0",
        "config_params": {"auto_start_flag": 1, "lidar_mode": "1024x10"},
        "lidar_data_format": UNKNOWN,
        "sensor_info": {"build_rev": "v1.12.0", "prod_line": "OS-1-4"},
    },
    "firmware 1.13, flat": {
        **ANGLES,
        "build_rev": "v1.13.0",
        "hostname": "made",
        "json_calibration_version": 2,
        "lidar_mode": "1024x10",
        "prod_line": "OS-1-4",
    },
    "firmware 1.14, flat": {
        **ANGLES,
        "build_rev": "v1.14.0",
        "data_format": FORMAT,
        "lidar_mode": "1024x10",
        "prod_line": "OS-1-4-A0",
    },
    "firmware 2.0, flat": {**ANGLES, "data_format": {**FORMAT, "column_window": [0, 1023]}},
    "firmware 2.1 to 3, sections": {
        "beam_intrinsics": {**ANGLES, "lidar_origin_to_beam_origin_mm": 15.8},
        "calibration_status": {"reflectivity": {"valid": True}},
        "config_params": {"azimuth_window": [0, 360000], "lidar_mode": "1024x10"},
        "lidar_data_format": {**FORMAT, "column_window": [0, 1023], "udp_profile_lidar": "LEGACY"},
        "sensor_info": {"build_rev": "v3.0.1", "prod_line": "OS-0-4-U1"},
    },
    "SDK 1.0": {
        "beam_intrinsics": {**ANGLES, "beam_to_lidar_transform": [1.0] * 16},
        "calibration_status": {},
        "config_params": {"lidar_mode": "1024x10", "udp_port_imu": 0, "udp_port_lidar": 0},
        "imu_data_format": {"imu_measurements_per_packet": 0, "imu_packets_per_frame": 0},
        "lidar_data_format": {**FORMAT, "column_window": [0, 1023], "header_type": "STANDARD"},
        "ouster-sdk": {"client_version": "ouster_core 1.0.1"},
        "sensor_info": {"build_rev": "UNKNOWN", "prod_line": "OS-1-4"},
        "user_data": "",
    },
    "Ouster Studio's short file": {**ANGLES, "lidar_mode": "1024x10"},
    "angles and a format alone": {**ANGLES, "data_format": {"columns_per_frame": 1024}},
}


def sensor_of(folder: Path, metadata: dict[str, Any]) -> Sensor:
    path = folder / "roof.json"
    path.write_text(json.dumps(metadata))
    return load_sensor(path)


def windowed(folder: Path, window: list[int], columns: int = 1024) -> Sensor:
    layout = {"columns_per_frame": columns, "column_window": window}
    return sensor_of(folder, {**ANGLES, "data_format": layout})


@pytest.mark.parametrize("metadata", GENERATIONS.values(), ids=GENERATIONS)
def test_metadata_of_every_generation_is_the_same_sensor(
    tmp_path: Path, metadata: dict[str, Any]
) -> None:
    sensor = sensor_of(tmp_path, metadata)
    assert (sensor.name, sensor.columns, sensor.window) == ("roof", 1024, None)
    np.testing.assert_allclose(np.degrees(sensor.elevation), ANGLES["beam_altitude_angles"])
    np.testing.assert_allclose(np.degrees(sensor.azimuth_offset), [-3.0, -1.0, 1.0, 3.0])


@pytest.mark.parametrize(
    ("mode", "columns"),
    [
        ("512x10", 512), ("512x20", 512), ("1024x10", 1024), ("1024x20", 1024), ("2048x10", 2048),
        ("4096x5", 4096),
    ],
)  # fmt: skip
def test_a_lidar_mode_says_the_columns(tmp_path: Path, mode: str, columns: int) -> None:
    assert sensor_of(tmp_path, {**ANGLES, "lidar_mode": mode}).columns == columns


@pytest.mark.parametrize(
    ("window", "fires"),
    [
        ([0, 7], range(8)),
        ([3, 3], [3]),
        ([2, 5], [2, 3, 4, 5]),
        ([6, 1], [6, 7, 0, 1]),
        ([4, 3], range(8)),
        ([1, 7], range(1, 8)),
    ],
)
def test_the_columns_of_a_window_fire_where_ouster_has_them(
    tmp_path: Path, window: list[int], fires: list[int]
) -> None:
    sensor = windowed(tmp_path, window, columns=8)
    rays = ray_directions(sensor)
    found = np.degrees(np.arctan2(rays[..., 1], rays[..., 0])) % 360
    for beam, offset in enumerate(ANGLES["beam_azimuth_angles"]):
        expected = sorted((180 - 360 * column / 8 - offset) % 360 for column in fires)
        seen = found[beam]
        np.testing.assert_allclose(np.sort(seen[~np.isnan(seen)]), expected, atol=1e-9)


def test_a_sensor_sees_what_the_whole_one_sees_within_its_window(tmp_path: Path) -> None:
    whole, ahead = (windowed(tmp_path, window) for window in ([0, 1023], [500, 515]))
    mesh = turned(ball(1.0, rings=16, segments=16), 0.0, (4.0, 0.0, 0.0))
    every, part = Scanner(whole).scan(*mesh), Scanner(ahead).scan(*mesh)
    # Of 1,024 columns, Ouster's 500 to 515 are ours from 12 before to 3 beyond the one ahead.
    within = (every.columns + 3) % 1024 < 16
    assert 0 < within.sum() < len(within)
    for field in ("points", "faces", "beams", "columns", "ranges"):
        np.testing.assert_array_equal(getattr(part, field), getattr(every, field)[within])


def test_a_sensor_that_looks_away_sees_nothing(tmp_path: Path) -> None:
    mesh = turned(ball(1.0, rings=16, segments=16), 0.0, (4.0, 0.0, 0.0))
    assert len(Scanner(windowed(tmp_path, [900, 100])).scan(*mesh).faces) == 0


def test_the_zeros_that_old_firmware_fills_lists_with_are_no_beams(tmp_path: Path) -> None:
    padded = {key: angles + [0] * 60 for key, angles in ANGLES.items()}
    sensor = sensor_of(tmp_path, {**padded, "lidar_mode": "512x10", "prod_line": "OS-1-4"})
    assert sensor.beams == 4


@pytest.mark.parametrize(
    ("line", "preset"), [("OS-0-4-U1", "os0-128"), ("OS-1-4", "os1-128"), ("OS-2-4-C", "os2-128")]
)
def test_a_unit_measures_as_its_family_at_its_own_rate(
    tmp_path: Path, line: str, preset: str
) -> None:
    info = {"prod_line": line, "prod_pn": "840-104682-C", "image_rev": "ousteros-image-prod-bootes"}
    config = {"lidar_mode": "1024x20"}
    metadata = {"beam_intrinsics": ANGLES, "config_params": config, "sensor_info": info}
    expected = replace(sensor_preset(preset).measurement, turns_per_second=20.0)
    assert sensor_of(tmp_path, metadata).measurement == expected


def test_a_mode_of_newer_firmware_is_read_if_the_columns_are_there(tmp_path: Path) -> None:
    metadata = {
        "beam_intrinsics": ANGLES,
        "lidar_data_format": {"columns_per_frame": 4096, "pixels_per_column": 4},
        "config_params": {"lidar_mode": "4096x15"},
        "sensor_info": {"prod_line": "OS-1-4-X9"},
    }
    sensor = sensor_of(tmp_path, metadata)
    assert (sensor.columns, sensor.measurement.turns_per_second) == (4096, 15.0)


def test_a_unit_without_a_product_line_measures_as_no_particular_sensor(tmp_path: Path) -> None:
    sensor = sensor_of(tmp_path, {**ANGLES, "lidar_mode": "1024x20"})
    assert sensor.measurement == UNKNOWN_MEASUREMENT


def test_a_configured_minimum_range_is_the_sensor_s(tmp_path: Path) -> None:
    config = {"lidar_mode": "512x10", "min_range_threshold_cm": 30}
    sensor = sensor_of(tmp_path, {"beam_intrinsics": ANGLES, "config_params": config})
    assert sensor.min_range == pytest.approx(0.3)


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"lidar_mode": None}, "expected columns_per_frame as int, or else a lidar_mode"),
        ({"lidar_mode": "1000x10"}, "found None and '1000x10'"),
        ({"data_format": {"columns_per_frame": "1024"}}, "found '1024' and"),
        ({"data_format": {**FORMAT, "column_window": [0, 1024]}}, "two numbers from 0 to 1023"),
        ({"data_format": {**FORMAT, "column_window": [0]}}, "two numbers from 0 to 1023"),
        ({"data_format": {**FORMAT, "column_window": "all"}}, "column_window as list"),
        ({"data_format": {**FORMAT, "pixels_per_column": 5}}, "expected 5, as pixels_per_column"),
        ({"azimuth_window": [0, 90000]}, r"azimuth_window is \[0, 90000\], and no column_window"),
        (
            {"prod_line": "OS-1-16-A0"},
            "prod_line is OS-1-16-A0, a sensor of 16 beams; found angles",
        ),
        ({"beam_altitude_angles": [[1.0, 2.0]]}, "beam_altitude_angles as a list of numbers"),
        ({key: [0.0] * 4 for key in ANGLES}, "0 x 1024 rays"),
    ],
)
def test_metadata_that_cannot_be_obeyed_is_refused(
    tmp_path: Path, change: dict[str, Any], complaint: str
) -> None:
    with pytest.raises(InputError, match=complaint):
        sensor_of(tmp_path, {**ANGLES, "lidar_mode": "1024x10", **change})
