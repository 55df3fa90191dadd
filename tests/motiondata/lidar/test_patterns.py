"""Scan patterns: fields of view of data sheets, shots that go on from frame to frame, refusals."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from motiondata.errors import InputError
from motiondata.lidar.patterns import Prisms
from motiondata.lidar.presets import load_sensor, sensor_preset
from motiondata.lidar.sensor import frame_directions

NAMES = ("livox-avia", "livox-mid-360", "livox-hap")

DATA_SHEETS = {
    # name: points a frame, azimuth and elevation from and to (degrees)
    "livox-avia": (24_000, (-35.2, 35.2), (-38.6, 38.6)),
    "livox-mid-360": (20_000, (-180, 180), (-7, 52)),
    "livox-hap": (45_200, (-60, 60), (-12.5, 12.5)),
}

MINE = """
name = "mine"
columns = 40
[pattern]
kind = "prisms"
shots_per_second = 400
lines_deg = [-1, 1]
turns_hz = [10, -7.3]
wedges_deg = [10, 10]
refractive_index = 1.5
"""


def angles(rays: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return azimuths and elevations, degrees."""
    x, y, z = rays.reshape(-1, 3).T
    return np.degrees(np.arctan2(y, x)), np.degrees(np.arcsin(z))


def covered(name: str, seconds: float) -> int:
    """Return how many squares of 0.4 degrees have a ray."""
    sensor = sensor_preset(name)
    frames = [frame_directions(sensor, time) for time in np.arange(0, seconds - 0.05, 0.1)]
    return len(np.unique(np.floor(np.stack(angles(np.concatenate(frames)), 1) / 0.4), axis=0))


@pytest.mark.parametrize("name", NAMES)
def test_a_second_fills_the_field_of_view_of_the_data_sheet(name: str) -> None:
    points, azimuths, elevations = DATA_SHEETS[name]
    sensor = sensor_preset(name)
    assert sensor.beams * sensor.columns == pytest.approx(points, rel=1e-4)
    assert sensor.pattern is not None
    found = angles(sensor.pattern.directions(0, 10 * sensor.columns))
    for values, expected in zip(found, (azimuths, elevations), strict=True):
        assert (values.min(), values.max()) == pytest.approx(expected, abs=1.0)


@pytest.mark.parametrize("name", NAMES)
def test_rays_are_unit_vectors(name: str) -> None:
    lengths = np.linalg.norm(frame_directions(sensor_preset(name), 1.7), axis=-1)
    np.testing.assert_allclose(lengths, 1, atol=1e-12)


@pytest.mark.parametrize("name", NAMES)
def test_the_pattern_fills_its_field_of_view_frame_by_frame(name: str) -> None:
    assert 1.05 * covered(name, 0.1) < covered(name, 0.3)


@pytest.mark.parametrize("name", NAMES)
@given(first=st.integers(0, 10**8), further=st.integers(0, 30))
def test_shots_count_on(name: str, first: int, further: int) -> None:
    pattern = sensor_preset(name).pattern
    assert pattern is not None
    later = pattern.directions(first + further, 8)
    np.testing.assert_allclose(
        later, pattern.directions(first, 8 + further)[:, further:], atol=1e-6
    )


def test_frames_that_overlap_share_their_shots() -> None:
    sensor = sensor_preset("livox-avia")
    half = sensor.columns // 2
    one, next_one = (frame_directions(sensor, time) for time in (3.0, 3.05))
    np.testing.assert_allclose(one[:, half:], next_one[:, :half], atol=1e-9)


@pytest.mark.parametrize(("wedge", "index"), [(5.0, 1.5), (30.0, 1.51), (18.0, 1.7)])
def test_a_prism_bends_a_ray_by_snell_s_law_in_the_plane(wedge: float, index: float) -> None:
    prism = Prisms(100.0, (0.0,), (0.0,), (wedge,), index)
    inside = np.radians(wedge) - np.arcsin(np.sin(np.radians(wedge)) / index)
    expected = np.degrees(np.arcsin(index * np.sin(inside)))
    (ray,) = prism.directions(0, 1)[0]
    assert abs(np.degrees(np.arctan2(ray[1], ray[0]))) == pytest.approx(expected, abs=1e-9)


def test_a_pattern_of_ones_own_comes_from_a_file(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(MINE)
    sensor = load_sensor(path)
    assert (sensor.beams, sensor.columns) == (2, 40)
    assert sensor.pattern == Prisms(400.0, (-1.0, 1.0), (10.0, -7.3), (10.0, 10.0), 1.5)


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        (MINE.replace('"prisms"', '"prism"'), "kind as one of prisms, turning-fan, sweeps"),
        (MINE.replace("turns_hz", "turn_hz"), "expected the keys kind, shots_per_second"),
        (MINE.replace("[10, 10]", "[10]"), "as many turns_hz as wedges_deg"),
        (MINE.replace("= 400", "= nan"), "shots_per_second as finite numbers"),
        (MINE.replace("= 400", "= -5"), "shots_per_second above 0"),
        (MINE.replace("[-1, 1]", "[]"), "lines_deg as finite numbers"),
        (MINE.replace("[-1, 1]", "['a']"), "lines_deg as finite numbers"),
        (MINE.replace("= 1.5", "= 0.5"), "a refractive_index between 1 and 4"),
        (MINE.replace("columns", "elevation_deg = [1, 2]\ncolumns"), "elevation_deg next to"),
        (MINE.replace("[pattern]", "pattern = 3\n[a]"), "expected only|pattern as a table"),
    ],
)
def test_a_wrong_pattern_is_refused(tmp_path: Path, text: str, complaint: str) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(text)
    with pytest.raises(InputError, match=complaint):
        load_sensor(path)
