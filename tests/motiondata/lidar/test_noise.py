"""Range noise: direction and size of the error, and repeatability."""

import numpy as np
import pytest

from motiondata.lidar.cpu.scanner import Scanner
from motiondata.lidar.noise import add_range_noise, frame_generator
from motiondata.lidar.presets import sensor_preset
from motiondata.lidar.scans import Scans
from motiondata.lidar.sensor import ray_directions
from tests.support.meshes import ball


@pytest.fixture(scope="module")
def scans() -> Scans:
    """Scan a ball round the sensor twice."""
    vertices, faces = ball(3.0)
    return Scanner(sensor_preset("vlp-32c")).scan_clip(np.stack([vertices, vertices]), faces)


def test_noise_moves_points_along_their_rays(scans: Scans) -> None:
    noisy = add_range_noise(scans, 0.02, seed=1, key="000001").hits
    rays = ray_directions(sensor_preset("vlp-32c"))[noisy.beams, noisy.columns]
    np.testing.assert_allclose(noisy.points, rays * noisy.ranges[:, None], rtol=1e-5, atol=1e-6)
    np.testing.assert_array_equal(noisy.faces, scans.hits.faces)


def test_noise_has_no_bias_and_the_spread_asked_for(scans: Scans) -> None:
    error = add_range_noise(scans, 0.02, seed=1, key="000001").hits.ranges - scans.hits.ranges
    assert abs(error.mean()) < 3 * 0.02 / np.sqrt(len(error))
    assert error.std() == pytest.approx(0.02, rel=0.02)


def test_noise_depends_on_the_seed_the_key_and_the_frame_alone() -> None:
    keys = [(0, "000001", 0), (1, "000001", 0), (0, "M000001", 0), (0, "000001", 1), (0, "0:a", 1)]
    first = [frame_generator(*key).normal() for key in keys]
    again = [frame_generator(*key).normal() for key in reversed(keys)]
    assert first == again[::-1]
    assert len(set(first)) == len(keys)


def test_frames_of_a_clip_get_noise_of_their_own(scans: Scans) -> None:
    one, other = add_range_noise(scans, 0.02, seed=1, key="000001")
    assert not np.array_equal(one.ranges, other.ranges)


def test_noise_does_not_reach_behind_the_sensor(scans: Scans) -> None:
    assert add_range_noise(scans, 9.0, seed=1, key="000001").hits.ranges.min() == 0


def test_no_noise_leaves_scans_as_they_are(scans: Scans) -> None:
    assert add_range_noise(scans, 0.0, seed=1, key="000001") is scans
