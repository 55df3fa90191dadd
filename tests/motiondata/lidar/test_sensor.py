"""Sensors: the presets against their data sheets, a user's own files, and what is refused."""

import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from motiondata.errors import InputError
from motiondata.lidar.preset_names import SENSOR_NAMES
from motiondata.lidar.presets import FIELDS, find_sensor, load_sensor, sensor_preset
from motiondata.lidar.sensor import Sensor, ray_directions
from tests.test_layers import ROOT

DATA_SHEETS = {
    # name: beams, columns, lowest and highest elevation, widest stagger (degrees)
    "os1-128": (128, 2048, -21.44, 21.51, 4.29),
    "os0-128": (128, 2048, -46.26, 45.75, 11.35),
    "os2-128": (128, 2048, -11.09, 10.76, 2.11),
    "vlp-16": (16, 1800, -15.0, 15.0, 0.0),
    "vlp-32c": (32, 1800, -25.0, 15.0, 4.2),
    "hdl-32e": (32, 1090, -30.67, 10.67, 0.0),
    "hdl-64e": (64, 2083, -24.56, 1.96, 9.94),
    "pandar40p": (40, 1800, -25.0, 15.0, 5.208),
    "pandar64": (64, 1800, -24.9, 14.88, 5.208),
    "pandar128": (128, 1800, -24.71, 15.139, 4.677),
    "qt128": (128, 450, -52.6, 52.6, 0.0),
    "vls-128": (128, 1876, -25.0, 15.0, 6.354),
    "xt32": (32, 2000, -16.0, 15.0, 0.0),
}

MINE = """
name = "mine"
columns = 4
elevation_deg = [10, -10.5]
azimuth_offset_deg = [0, 45]
max_range_m = 50
"""

METADATA: dict[str, Any] = {
    "beam_altitude_angles": [20, -20.0],
    "beam_azimuth_angles": [4.2, -4.2],
    "data_format": {"columns_per_frame": 512},
}


@pytest.mark.parametrize("name", DATA_SHEETS)
def test_presets_are_as_their_data_sheets(name: str) -> None:
    beams, columns, lowest, highest, stagger = DATA_SHEETS[name]
    sensor = sensor_preset(name)
    assert (sensor.name, sensor.beams, sensor.columns) == (name, beams, columns)
    assert np.degrees(sensor.elevation.min()) == pytest.approx(lowest, abs=0.01)
    assert np.degrees(sensor.elevation.max()) == pytest.approx(highest, abs=0.01)
    assert np.degrees(np.abs(sensor.azimuth_offset).max()) == pytest.approx(stagger, abs=0.01)
    assert sensor.source.split("/")[0] in (
        "ouster-lidar",
        "ros-drivers",
        "HesaiTechnology",
        "tier4",
    )


def test_no_two_beams_of_a_preset_are_alike() -> None:
    for name in DATA_SHEETS:
        assert np.diff(np.sort(np.degrees(sensor_preset(name).elevation))).min() > 0.1


def test_presets_are_called_by_their_columns_too() -> None:
    for name in SENSOR_NAMES:
        family, _, columns = name.rpartition("-")
        if family in DATA_SHEETS:
            assert sensor_preset(name).columns == int(columns)
            np.testing.assert_array_equal(
                sensor_preset(name).elevation, sensor_preset(family).elevation
            )
    assert {"os1-128-512", "os1-128-1024", "os0-128-2048"} < set(SENSOR_NAMES)


def test_rays_turn_counter_clockwise_from_ahead_by_column() -> None:
    sensor = replace(sensor_preset("vlp-16"), columns=4)
    level = ray_directions(sensor)[np.argmin(np.abs(sensor.elevation))]
    expected = np.array([[1, 0], [0, 1], [-1, 0], [0, -1]]) * np.cos(np.radians(1))
    np.testing.assert_allclose(level[:, :2], expected, atol=1e-12)
    np.testing.assert_allclose(level[:, 2], np.sin(np.radians(1)))


def test_rays_are_shifted_by_the_offset_of_their_beam(tmp_path: Path) -> None:
    sensor = load_sensor(written(tmp_path / "mine.toml", MINE))
    ray = ray_directions(sensor)[1, 1]
    assert np.degrees(np.arctan2(ray[1], ray[0])) == pytest.approx(135)
    assert np.degrees(np.arcsin(ray[2])) == pytest.approx(-10.5)
    np.testing.assert_allclose(np.linalg.norm(ray_directions(sensor), axis=-1), 1)


def test_a_sensor_of_ones_own_comes_from_a_file(tmp_path: Path) -> None:
    sensor = find_sensor(str(written(tmp_path / "mine.toml", MINE)))
    assert (sensor.name, sensor.beams, sensor.columns) == ("mine", 2, 4)
    assert (sensor.min_range, sensor.max_range, sensor.source) == (0.0, 50, "mine.toml")


def test_the_readme_names_all_presets_and_shows_a_file_of_all_fields(tmp_path: Path) -> None:
    readme = (ROOT / "README.md").read_text()
    patterns = {name for name in SENSOR_NAMES if sensor_preset(name).pattern is not None}
    named = {name for name in SENSOR_NAMES if f"`{name}`" in readme}
    assert named == set(DATA_SHEETS) | patterns
    (shown,) = re.findall(r"```toml\n(.*?)```", readme, re.DOTALL)
    sensor = load_sensor(written(tmp_path / "mine.toml", shown))
    assert sensor.name == "mine"
    assert {field for field in FIELDS if f"{field} = " in shown} == {*FIELDS} - {
        "source",
        "measurement",
        "pattern",
    }


def test_a_sensor_s_file_may_begin_with_a_byte_order_mark(tmp_path: Path) -> None:
    assert load_sensor(written(tmp_path / "mine.toml", "\ufeff" + MINE)).name == "mine"
    metadata = written(tmp_path / "roof.json", "\ufeff" + json.dumps(METADATA))
    assert load_sensor(metadata).columns == 512


def test_an_unstaggered_sensor_need_not_say_so(tmp_path: Path) -> None:
    lines = [line for line in MINE.splitlines() if "azimuth" not in line]
    sensor = load_sensor(written(tmp_path / "mine.toml", "\n".join(lines)))
    assert sensor.azimuth_offset.tolist() == [0, 0]


@pytest.mark.parametrize("sections", [True, False])
def test_an_ousters_metadata_is_a_sensor(tmp_path: Path, sections: bool) -> None:
    metadata = METADATA
    if sections:
        beams = {key: METADATA[key] for key in ("beam_altitude_angles", "beam_azimuth_angles")}
        metadata = {"beam_intrinsics": beams, "lidar_data_format": METADATA["data_format"]}
    sensor = load_sensor(written(tmp_path / "roof.json", json.dumps(metadata)))
    assert (sensor.name, sensor.columns) == ("roof", 512)
    np.testing.assert_allclose(np.degrees(sensor.elevation), [20, -20])
    np.testing.assert_allclose(np.degrees(sensor.azimuth_offset), [-4.2, 4.2])


@pytest.mark.parametrize(
    ("name", "text", "complaint"),
    [
        ("a.toml", MINE.replace("columns = 4", ""), "expected columns as int, found nothing"),
        ("a.toml", MINE.replace("columns = 4", "columns = 4.5"), "columns as int, found 4.5"),
        ("a.toml", MINE.replace("columns = 4", "columns = 0"), "2 x 0 rays"),
        ("a.toml", MINE.replace("[0, 45]", "[0]"), r"angles shaped \(\(2,\), \(1,\)\)"),
        (
            "a.toml",
            MINE.replace("[0, 45]", "['0', '45']"),
            "expected azimuth_offset_deg as a list of numbers",
        ),
        ("a.toml", MINE.replace("-10.5", "-100"), "elevation of -100 degrees"),
        ("a.toml", MINE.replace("-10.5", "90"), "elevation of 90 degrees"),
        ("a.toml", MINE.replace("-10.5", "nan"), "elevation of nan degrees"),
        ("a.toml", MINE.replace("45", "200"), "offset of 200 degrees"),
        ("a.toml", MINE.replace("[10, -10.5]", "[]"), r"angles shaped \(\(0,\), \(2,\)\)"),
        ("a.toml", MINE + "min_range_m = 60", "from 60 to 50 m"),
        ("a.toml", MINE + "color = 1", "found color"),
        ("a.toml", "name = ", "expected a sensor as TOML"),
        ("a.toml", MINE.replace("columns = 4", "columns = 2097153"), "4194304 rays,"),
        ("a.toml", MINE.replace("10, -10.5", f"1{'0' * 400}"), "too large to convert to float"),
        ("a.toml", MINE.replace("= 50", f"= 1{'0' * 400}"), "too large to convert to float"),
        ("a.toml", "name = " + "[" * 5000, "expected a sensor as TOML"),
        ("a.json", "[" * 200_000, "expected a sensor as TOML"),
        ("a.json", "{", "expected a sensor as TOML"),
        ("a.json", "[]", "beam_altitude_angles as list, found nothing"),
        ("a.json", "{}", "beam_altitude_angles as list, found nothing"),
        ("a.json", json.dumps({**METADATA, "data_format": []}), "columns_per_frame as int"),
    ],
)
def test_a_wrong_file_is_refused(tmp_path: Path, name: str, text: str, complaint: str) -> None:
    with pytest.raises(InputError, match=complaint):
        load_sensor(written(tmp_path / name, text))


def test_an_unknown_name_is_answered_with_the_known_ones() -> None:
    with pytest.raises(
        InputError, match=r"'os9-128' \(did you mean os.-128\?\); choose one of .*os1-128"
    ):
        find_sensor("os9-128")
    with pytest.raises(InputError, match="os1-128"):
        sensor_preset("os9-128")


def test_a_sensor_checks_itself() -> None:
    with pytest.raises(InputError, match="sensor odd"):
        Sensor("odd", np.zeros((2, 2)), np.zeros(4), 8, "made up")
    for window in ((0, 0), (8, 1), (-1, 2), (0, 9)):
        with pytest.raises(InputError, match="a window of"):
            Sensor("odd", np.zeros(2), np.zeros(2), 8, "made up", window=window)
    with pytest.raises(InputError, match="32768 x 1 rays"):
        Sensor("odd", np.zeros(2**15), np.zeros(2**15), 1, "made up")


def written(path: Path, text: str) -> Path:
    path.write_text(text)
    return path
