"""Scans: analytic shapes, equality with the reference on any mesh, and laws."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from motiondata.lidar.cpu.scanner import Scanner
from motiondata.lidar.placement import invert_rigid, place_sensor
from motiondata.lidar.presets import sensor_preset
from motiondata.lidar.sensor import Sensor, ray_directions
from tests.support.meshes import Mesh, ball, capsule_body, joined, scan_image, turned
from tests.support.reference.scan import moeller_trumbore, nearest_faces

SMALL = Sensor(
    name="small",
    elevation=np.radians([20.0, -70.0, 3.0, 0.0, -12.5, 55.0, 2.0, -1.0]),
    azimuth_offset=np.radians([4.2, -1.4, 0.0, 0.0, 170.0, -180.0, 1.4, -4.2]),
    columns=70,
    source="made up: uneven, staggered, out of order",
)

FINE = Sensor(
    name="fine",
    elevation=np.radians([-8.0, -7.5, -7.0, 4.0]),
    azimuth_offset=np.radians([0.0, 0.7, -0.7, 180.0]),
    columns=4000,
    source="made up: narrow faces have dozens of columns",
)


def assert_as_referee(sensor: Sensor, mesh: Mesh) -> None:
    faces, ranges = scan_image(Scanner(sensor).scan(*mesh), sensor)
    expected_faces, expected_ranges = nearest_faces(sensor, *mesh)
    np.testing.assert_array_equal(faces, expected_faces)
    np.testing.assert_allclose(ranges, expected_ranges, rtol=1e-6)


# Analytic shapes


def test_ground_below_the_sensor_is_hit_by_every_descending_ray() -> None:
    side, height = 1e5, 1.7
    corners = [[-side, -side], [side, -side], [side, side], [-side, side]]
    ground = np.array([[x, y, -height] for x, y in corners], np.float32)
    faces, ranges = scan_image(Scanner(SMALL).scan(ground, np.array([[0, 1, 2], [0, 2, 3]])), SMALL)
    descending = SMALL.elevation < 0
    assert np.all((faces >= 0) == descending[:, None])
    expected = np.float32(height) / -np.sin(SMALL.elevation[descending])
    np.testing.assert_allclose(ranges[descending], np.repeat(expected[:, None], 70, 1), rtol=1e-6)


def test_a_prism_round_the_sensor_is_hit_by_every_ray_at_the_distance_of_its_sides() -> None:
    sensor, sides, radius = sensor_preset("vlp-32c"), 12, 5.0
    corner = 2 * np.pi * np.arange(sides) / sides
    ring = np.stack([radius * np.cos(corner), radius * np.sin(corner)], axis=1)
    vertices = np.concatenate([np.c_[ring, np.full(sides, -9.0)], np.c_[ring, np.full(sides, 9.0)]])
    low = np.arange(sides)
    beside = np.roll(low, -1)
    faces = np.concatenate(
        [np.c_[low, beside, low + sides], np.c_[beside, beside + sides, low + sides]]
    )
    scan = Scanner(sensor).scan(vertices.astype(np.float32), faces.astype(np.int32))
    assert len(scan.faces) == sensor.beams * sensor.columns
    azimuth = np.arctan2(scan.points[:, 1], scan.points[:, 0]) % (2 * np.pi / sides)
    across = radius * np.cos(np.pi / sides) / np.cos(azimuth - np.pi / sides)
    expected = across / np.cos(sensor.elevation[scan.beams])
    np.testing.assert_allclose(scan.ranges, expected, rtol=1e-6)


@pytest.mark.parametrize("yaw_deg", [0, 90, 180, 263])
def test_a_ball_is_hit_between_the_spheres_within_and_around_it(yaw_deg: float) -> None:
    sensor = sensor_preset("os1-128-512")
    mesh = turned(ball(1.0, rings=64, segments=64), np.radians(yaw_deg), (4.0, 0.0, -0.5))
    _, ranges = scan_image(Scanner(sensor).scan(*mesh), sensor)
    center = mesh[0].mean(axis=0)
    a, b, c = (mesh[0] - center).astype(np.float64)[mesh[1]].transpose(1, 0, 2)
    normal = np.cross(b - a, c - a)
    within = (np.sum(a * normal, axis=1) / np.linalg.norm(normal, axis=1)).min()
    assert within > 0.99
    nearer, farther = (sphere_ranges(sensor, center, radius) for radius in (1.0, within))
    assert np.all(ranges >= nearer - 1e-5)
    assert np.all(ranges <= farther + 1e-5)


def sphere_ranges(
    sensor: Sensor, center: NDArray[np.float32], radius: float
) -> NDArray[np.float64]:
    along = ray_directions(sensor) @ center.astype(np.float64)
    square = along**2 - center @ center + radius**2
    return np.where((square < 0) | (along < 0), np.inf, along - np.sqrt(np.maximum(square, 0)))


def test_points_are_the_ray_times_the_range_in_order_of_beam_and_column() -> None:
    sensor = sensor_preset("vlp-16")
    scan = Scanner(sensor).scan(*turned(capsule_body(0), np.pi, (4.0, 0.0, -1.0)))
    rays = ray_directions(sensor)[scan.beams, scan.columns]
    np.testing.assert_allclose(scan.points, rays * scan.ranges[:, None], rtol=1e-6)
    ray = scan.beams * sensor.columns + scan.columns
    assert np.all(np.diff(ray) > 0)


HITS_ON_AN_ADULT = {
    # sensor 1 m high: hits at 3, 5, 8, 12 and 20 m, mean over the ways the adult may face
    "os1-128-1024": (1596, 571, 220, 97, 35),
    "os1-128": (3171, 1138, 442, 193, 69),
    "os2-128": (4941, 2295, 901, 399, 144),
    "hdl-64e": (1750, 765, 353, 181, 76),
    "vlp-16": (447, 176, 77, 26, 10),
}


@pytest.mark.parametrize("name", HITS_ON_AN_ADULT)
def test_an_adult_gets_about_as_many_hits_as_elsewhere(name: str) -> None:
    scanner, yaws = Scanner(sensor_preset(name)), np.arange(8) * np.pi / 4
    bodies = [turned(capsule_body(seed), yaw, (0.0, 0.0, -1.0)) for seed, yaw in enumerate(yaws)]
    for distance, expected in zip((3, 5, 8, 12, 20), HITS_ON_AN_ADULT[name], strict=True):
        clip = np.stack([np.add(vertices, [distance, 0, 0]) for vertices, _ in bodies])
        counts = scanner.scan_clip(clip.astype(np.float32), bodies[0][1]).counts
        assert counts.mean() == pytest.approx(expected, rel=0.15)


# The reference


@st.composite
def sensors(draw: st.DrawFn) -> Sensor:
    beams = draw(st.integers(1, 12))
    degrees = st.one_of(st.integers(-89, 89), st.floats(-89.9, 89.9))
    offsets = st.one_of(st.just(0.0), st.integers(-180, 180), st.floats(-180, 180))
    return Sensor(
        name="drawn",
        elevation=np.radians(draw(st.lists(degrees, min_size=beams, max_size=beams))),
        azimuth_offset=np.radians(draw(st.lists(offsets, min_size=beams, max_size=beams))),
        columns=draw(st.integers(1, 150)),
        source="drawn",
        min_range=draw(st.sampled_from([0.0, 0.0, 1.0])),
        max_range=draw(st.sampled_from([np.inf, np.inf, 30.0])),
    )


@st.composite
def soups(draw: st.DrawFn) -> Mesh:
    """Draw triangles of any size anywhere, or with corners on a lattice, where rays hit edges."""
    generator = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    triangles = draw(st.integers(1, 8))
    if draw(st.booleans()):
        vertices = generator.integers(-3, 4, (triangles * 3, 3)).astype(np.float32)
    else:
        size = 10.0 ** draw(st.floats(-3, 3))
        centers = generator.normal(size=(triangles, 1, 3)) * 10.0 ** draw(st.floats(-1, 2))
        flat = draw(st.sampled_from([1.0, 1.0, 1e-3, 0.0]))
        corners = centers + size * generator.normal(size=(triangles, 3, 3)) * [1, 1, flat]
        vertices = corners.reshape(-1, 3).astype(np.float32)
    return vertices, generator.permutation(triangles * 3).reshape(-1, 3).astype(np.int32)


@settings(max_examples=300, deadline=None)
@given(sensors(), soups())
def test_any_triangles_are_hit_as_the_referee_says(sensor: Sensor, mesh: Mesh) -> None:
    assert_as_referee(sensor, mesh)


@settings(max_examples=25, deadline=None)
@given(st.floats(-np.pi, np.pi), st.floats(0.0, 6.0), st.floats(-2.0, 2.0), st.integers(0, 9))
def test_a_body_is_hit_as_the_referee_says_even_from_within(
    yaw: float, away: float, up: float, seed: int
) -> None:
    vertices, faces = capsule_body(seed, rings=4, segments=6)
    assert_as_referee(SMALL, turned((vertices, faces), yaw, (away, 0.0, up)))


@pytest.mark.parametrize("yaw_deg", [0, 180])
def test_a_body_close_by_is_hit_as_the_referee_says(yaw_deg: float) -> None:
    mesh = turned(capsule_body(2, rings=6, segments=10), np.radians(yaw_deg), (2.0, 0.0, -1.0))
    assert_as_referee(FINE, mesh)


def test_the_referee_agrees_with_the_textbook() -> None:
    vertices, faces = turned(capsule_body(3, rings=6, segments=8), 2.0, (2.0, 0.0, -1.0))
    hit, ranges = nearest_faces(SMALL, vertices, faces)
    rays = ray_directions(SMALL)
    assert np.count_nonzero(hit >= 0) > 10
    for beam, column in np.argwhere(hit >= 0):
        corners = vertices.astype(np.float64)[faces[hit[beam, column]]]
        distance, u, v = moeller_trumbore(rays[beam, column], corners)
        assert ranges[beam, column] == pytest.approx(distance, rel=1e-9)
        assert min(u, v, 1 - u - v) > -1e-9


# Laws


def test_turning_the_world_by_a_column_moves_every_hit_by_a_column() -> None:
    sensor = sensor_preset("os1-128-1024")
    pitch = 2 * np.pi / sensor.columns
    vertices, faces = turned(capsule_body(1), np.pi - 0.02, (5.0, 0.0, -1.0))
    scanner = Scanner(sensor)
    before, after = (
        scan_image(scanner.scan(*turned((vertices, faces), yaw, (0, 0, 0))), sensor)
        for yaw in (0.0, pitch)
    )
    same = np.roll(before[0], 1, axis=1) == after[0]
    assert np.count_nonzero(~same) <= 2, "only a ray through an edge may change its face"
    np.testing.assert_allclose(np.roll(before[1], 1, axis=1)[same], after[1][same], rtol=1e-5)


def test_moving_world_and_sensor_together_changes_nothing() -> None:
    sensor = sensor_preset("os1-128-1024")
    scanner = Scanner(sensor)
    vertices, faces = capsule_body(4)
    (placed,) = place_sensor(
        vertices[:1].astype(np.float64), np.array([0.8, 0.6]), distance=5.0, height=1.2
    )
    moved = place_sensor(np.zeros((1, 3)), np.array([-0.6, 0.8]), distance=3.0, height=0.7)[0]
    seen = []
    for world in (np.eye(4), moved):
        in_world = vertices @ world[:3, :3].T + world[:3, 3]
        to_sensor = invert_rigid(world @ placed)
        in_sensor = in_world @ to_sensor[:3, :3].T + to_sensor[:3, 3]
        seen.append(scan_image(scanner.scan(in_sensor.astype(np.float32), faces), sensor))
    same = seen[0][0] == seen[1][0]
    assert np.count_nonzero(~same) <= 2, "only a ray through an edge may change its face"
    np.testing.assert_allclose(seen[0][1][same], seen[1][1][same], rtol=1e-6)


def test_of_two_meshes_the_nearest_is_hit() -> None:
    sensor = sensor_preset("vlp-32c")
    near, far = turned(capsule_body(1), 0.1, (4, 0, -1)), turned(capsule_body(2), 0.15, (6, 0, -1))
    scanner = Scanner(sensor)
    one, other, both = (
        scan_image(scanner.scan(*mesh), sensor) for mesh in (near, far, joined([near, far]))
    )
    np.testing.assert_array_equal(both[1], np.minimum(one[1], other[1]))
    second = np.where(other[0] >= 0, other[0] + len(near[1]), -1)
    np.testing.assert_array_equal(both[0], np.where(one[1] <= other[1], one[0], second))


def test_a_closed_body_is_hit_the_same_when_it_is_turned_inside_out() -> None:
    vertices, faces = turned(capsule_body(5), 3.0, (4, 0, -1))
    scanner = Scanner(sensor_preset("vlp-32c"))
    scan, inside_out = scanner.scan(vertices, faces), scanner.scan(vertices, faces[:, ::-1])
    np.testing.assert_array_equal(scan.faces, inside_out.faces)
    np.testing.assert_allclose(scan.ranges, inside_out.ranges, rtol=1e-6)


def test_from_without_only_the_outer_sides_of_a_body_are_hit() -> None:
    vertices, faces = turned(capsule_body(6), 3.0, (4, 0, -1))
    scan = Scanner(sensor_preset("os1-128")).scan(vertices, faces)
    a, b, c = vertices.astype(np.float64)[faces[scan.faces]].transpose(1, 0, 2)
    assert np.all(np.sum(a * np.cross(b - a, c - a), axis=1) < 0)


def test_a_clip_is_scanned_as_its_frames_are() -> None:
    scanner = Scanner(SMALL)
    bodies = [turned(capsule_body(seed), seed, (3.0, 0.0, -1.0)) for seed in range(5)]
    clip = np.stack([vertices for vertices, _ in bodies])
    for scan, mesh in zip(scanner.scan_clip(clip, bodies[0][1]), bodies, strict=True):
        for found, expected in zip(scan, scanner.scan(*mesh), strict=True):
            np.testing.assert_array_equal(found, expected)


def test_a_scan_may_have_more_hits_than_a_scanner_had_room_for() -> None:
    sensor = sensor_preset("os1-128-1024")
    vertices, faces = ball(3.0)
    scans = Scanner(sensor).scan_clip(np.stack([vertices, vertices]), faces)
    assert scans.counts.tolist() == [sensor.beams * sensor.columns] * 2
    one, other = scans
    np.testing.assert_array_equal(one.points, other.points)


def test_hits_out_of_range_are_left_out_but_hide_what_is_behind() -> None:
    walls = [[[x, -9, -9], [x, 9, -9], [x, 0, 9]] for x in (1, 3, 5)]
    vertices = np.array(walls, np.float32).reshape(-1, 3)
    faces = np.arange(9, dtype=np.int32).reshape(3, 3)
    limited = Sensor("limited", np.zeros(1), np.zeros(1), 4, "made up", 2.0, 4.0)
    assert len(Scanner(limited).scan(vertices, faces).faces) == 0
    assert Scanner(limited).scan(vertices, faces[1:]).ranges.tolist() == [3.0]
    assert len(Scanner(limited).scan(vertices, faces[2:]).faces) == 0


def test_equally_near_faces_are_told_apart_by_the_lowest_number() -> None:
    wall = np.array([[2, -9, -9], [2, 9, -9], [2, 0, 9]], np.float32)
    scan = Scanner(SMALL).scan(wall, np.array([[0, 2, 1], [0, 1, 2], [0, 1, 2]], np.int32))
    assert set(scan.faces.tolist()) == {0}


def test_nothing_ahead_gives_an_empty_scan() -> None:
    scan = Scanner(sensor_preset("vlp-16")).scan(*turned(ball(0.1), 0.0, (3.0, 0.0, 9.0)))
    assert scan.points.shape == (0, 3)


@pytest.mark.parametrize(
    ("vertices", "faces"),
    [
        (np.zeros((3, 2)), np.zeros((1, 3))),
        (np.zeros((3, 3)), np.zeros((1, 4))),
        (np.zeros((3, 3)), np.full((1, 3), 3)),
        (np.zeros((3, 3)), np.full((1, 3), -1)),
        (np.full((3, 3), np.nan), np.zeros((1, 3))),
        (np.zeros((0, 3)), np.zeros((0, 3))),
    ],
)
def test_a_broken_mesh_is_refused(
    vertices: NDArray[np.float64], faces: NDArray[np.float64]
) -> None:
    with pytest.raises(ValueError, match="expected"):
        Scanner(SMALL).scan(vertices.astype(np.float32), faces.astype(np.int32))
