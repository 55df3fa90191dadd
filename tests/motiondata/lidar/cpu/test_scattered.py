"""Scans with scan patterns: against every ray with every face, and against the scan of a grid."""

from dataclasses import dataclass, replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from motiondata.bodies.bundled import bundled_body
from motiondata.bodies.posing import shape_body
from motiondata.lidar.cpu.observer import CpuObserver
from motiondata.lidar.cpu.scanner import Scanner
from motiondata.lidar.cpu.scattered import PatternScanner
from motiondata.lidar.devices import make_observer
from motiondata.lidar.observer import RangeNoise, Request
from motiondata.lidar.presets import sensor_preset
from motiondata.lidar.realism.dressing import dress
from motiondata.lidar.realism.observer import RealisticObserver
from motiondata.lidar.realism.settings import Realism, find_realism
from motiondata.lidar.sensor import Sensor, ray_directions
from motiondata.lidar.surroundings import Box, Surroundings
from motiondata.skeletons import JOINT, JOINTS
from tests.support.meshes import Mesh, ball, joined, turned
from tests.support.reference import scan as reference_scan

AVIA = sensor_preset("livox-avia")


@dataclass(frozen=True, eq=False)
class Given:
    """A pattern of given rays, the same in all frames."""

    rays: NDArray[np.float64]
    shots_per_second: float = 100.0

    @property
    def lines_deg(self) -> tuple[float, ...]:
        """One line for each row."""
        return (0.0,) * len(self.rays)

    def directions(self, first: int, count: int) -> NDArray[np.float64]:
        """Return the rays."""
        assert first >= 0
        assert count == self.rays.shape[1]
        return self.rays


def sensor_of(rays: NDArray[np.float64]) -> Sensor:
    lines, shots = rays.shape[:2]
    zeros = np.zeros(lines)
    return Sensor("given", zeros, zeros, shots, "made up", pattern=Given(rays))


def rays_anywhere(seed: int, lines: int = 3, shots: int = 400) -> NDArray[np.float64]:
    rays = np.random.default_rng(seed).normal(size=(lines, shots, 3))
    rays[0, :3] = [[0, 0, 1], [0, 0, -1], [-1, 0, 0]]
    return np.asarray(rays / np.linalg.norm(rays, axis=-1, keepdims=True))


PLACES = {
    "ahead": [(3.0, 0.0, 0.0)],
    "behind": [(-3.0, 0.01, 0.0)],
    "above": [(0.0, 0.0, 2.0)],
    "below": [(0.1, 0.1, -2.0)],
    "around": [(0.2, 0.1, 0.0)],
    "one behind the other": [(3.0, 0.0, 0.0), (5.0, 0.0, 0.3)],
}


@pytest.mark.parametrize("place", PLACES)
def test_every_ray_hits_what_the_reference_hits(place: str) -> None:
    mesh = joined([turned(ball(1.2, 8, 8), 0.3, shift) for shift in PLACES[place]])
    compare(sensor_of(rays_anywhere(0)), mesh)


@settings(max_examples=25)
@given(seed=st.integers(0, 2**20))
def test_any_triangles_are_hit_as_the_reference_hits_them(seed: int) -> None:
    generator = np.random.default_rng(seed)
    vertices = generator.normal(size=(12, 3)) * generator.uniform(0.01, 3)
    vertices += generator.normal(size=3)
    faces = generator.integers(0, len(vertices), (10, 3))
    compare(sensor_of(rays_anywhere(seed)), (vertices.astype(np.float32), faces.astype(np.int32)))


def compare(sensor: Sensor, mesh: Mesh) -> None:
    expected, ranges = reference_scan.nearest_faces(sensor, *mesh)
    scan = PatternScanner(sensor).scan(*mesh)
    found = np.full(expected.shape, -1)
    found[scan.beams, scan.columns] = scan.faces
    differs = found != expected
    # Rays along an edge or a vertex hit either face: their ranges agree.
    assert differs.sum() <= 0.002 * differs.size
    assert len(scan.faces) == pytest.approx((expected >= 0).sum(), abs=2)
    np.testing.assert_allclose(scan.ranges, ranges[scan.beams, scan.columns], rtol=1e-5)


def test_a_pattern_with_the_rays_of_a_grid_sees_what_the_grid_sees() -> None:
    grid = sensor_preset("vlp-16")
    mesh = joined([ball(30.0, 12, 12), turned(ball(0.8), 0.2, (4.0, 1.0, 0.0))])
    scattered = PatternScanner(sensor_of(ray_directions(grid))).scan(*mesh)
    for field, expected in zip(scattered, Scanner(grid).scan(*mesh), strict=True):
        np.testing.assert_array_equal(field, expected)


def test_hits_outside_of_the_ranges_are_not_reported_but_hide_what_is_behind() -> None:
    mesh = joined([turned(ball(1.0), 0.0, (3.0, 0.0, 0.0)), turned(ball(5.0), 0.0, (12.0, 0, 0))])
    far = PatternScanner(replace(AVIA, min_range=5.0)).scan(*mesh)
    every = PatternScanner(AVIA).scan(*mesh)
    assert 0 < len(far.ranges) == (every.ranges >= 5).sum() < len(every.ranges)
    assert far.ranges.min() >= 5


def test_frames_have_the_rays_of_their_times() -> None:
    vertices, faces = turned(ball(1.0), 0.0, (4.0, 0.0, 0.0))
    scans = PatternScanner(AVIA).scan_clip(
        np.stack([vertices] * 3), faces, np.array([0.0, 0.1, 0.0])
    )
    first, second, third = scans
    assert np.array_equal(first.points, third.points)
    assert not np.array_equal(first.columns, second.columns)


def test_wrong_vertices_are_refused() -> None:
    scanner = PatternScanner(AVIA)
    with pytest.raises(ValueError, match="finite"):
        scanner.scan(np.full((3, 3), np.nan, np.float32), np.array([[0, 1, 2]], np.int32))
    with pytest.raises(ValueError, match="fixed grid"):
        Scanner(AVIA)
    with pytest.raises(ValueError, match="scan pattern"):
        PatternScanner(sensor_preset("vlp-16"))


def request(frames: int, first: int = 0) -> Request:
    pose = np.zeros((frames, JOINTS, 3))
    pose[:, 0, 0] = np.pi / 2
    pose[:, JOINT["left_shoulder"], 2] = -1.2
    trans = np.tile([6.0, 0.0, 0.0], (frames, 1))
    person = dress(shape_body(bundled_body(), np.zeros(0)), find_realism("sensor"), 0, "clip")
    noise = RangeNoise(0.0, 0, "clip", first)
    return Request(
        person.shaped, pose, trans, np.eye(4), noise, person.appearance, frame_rate=10, start=2.5
    )


def test_observers_see_the_same_in_any_batches() -> None:
    whole = CpuObserver(AVIA, 32).begin(request(5))()
    last = CpuObserver(AVIA, 32).begin(request(2, first=3))()
    assert np.array_equal(whole.points[3:], last.points)
    assert not np.array_equal(whole.points[3], whole.points[4])


def test_without_effects_realism_has_the_bits_of_the_exact_scan() -> None:
    exact = CpuObserver(AVIA, 32).begin(request(3))()
    found = RealisticObserver(AVIA, 32, find_realism("none")).begin(request(3))()
    assert np.array_equal(exact.points, found.points)
    times = found.extras["time"]
    assert (times >= 0).all()
    assert (times < 0.1).all()


def test_realism_moves_points_along_and_beside_their_rays() -> None:
    exact = RealisticObserver(AVIA, 32, find_realism("none")).returns(request(2)).scans.hits
    noisy = RealisticObserver(AVIA, 32, find_realism("sensor")).returns(request(2)).scans.hits
    assert 0.9 * len(exact.ranges) < len(noisy.ranges) <= len(exact.ranges)
    shots = {shot: at for at, shot in enumerate(zip(exact.beams, exact.columns, strict=True))}
    at = [shots[shot] for shot in zip(noisy.beams, noisy.columns, strict=True)]
    apart = np.linalg.norm(noisy.points - exact.points[at], axis=1)
    assert 0.01 < np.median(apart) < 0.04


def test_what_stands_in_between_hides_the_person() -> None:
    wall = ball(0.15)
    labels = np.full(len(wall[1]), 2, np.uint8)
    around = Surroundings(wall[0] + [3.0, 0.0, 0.0], wall[1], labels, Box(20.0, -5.0, 5.0))
    settings = find_realism("none")
    hits = RealisticObserver(AVIA, 32, settings).returns(replace(request(2), surroundings=around))
    clear = RealisticObserver(AVIA, 32, settings).returns(request(2))
    assert set(hits.labels) == {0, 2}
    assert 0 < (hits.labels == 0).sum() < len(clear.labels)
    assert (hits.scans.hits.ranges[hits.labels == 2] < 3.1).all()


@pytest.mark.parametrize(
    ("realism", "expected"), [(None, CpuObserver), (find_realism("sensor"), RealisticObserver)]
)
def test_a_gpu_leaves_scan_patterns_to_the_processor(
    realism: Realism | None, expected: type
) -> None:
    assert isinstance(make_observer("cuda", AVIA, 4, realism), expected)
