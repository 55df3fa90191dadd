"""Scanning one mesh in one call: the reference's hits, from anywhere, and refusals in sentences."""

import re
from typing import Any

import numpy as np
import pytest
import trimesh
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

from motiondata import scan_mesh
from motiondata.errors import InputError
from motiondata.lidar.presets import load_sensor, sensor_preset
from motiondata.lidar.scan_mesh import MeshScan
from motiondata.lidar.scans import Scan
from motiondata.lidar.sensor import ray_directions
from tests.motiondata.lidar.cpu.test_embree import embree_image
from tests.support.meshes import Mesh, ball, capsule_body, scan_image, turned
from tests.support.ray_edges import ROUNDING, angle_to_edges
from tests.support.reference import sampling as reference_sampling
from tests.support.reference import scan as reference_scan

BALL = turned(ball(0.5, 8, 12), 0.3, (4.0, 0.0, 0.2))
FIELDS = ("points", "faces", "beams", "columns", "ranges")


def image(scan: MeshScan, sensor: str) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
    hits = Scan(scan.points, scan.faces, scan.beams, scan.columns, scan.ranges)
    return scan_image(hits, sensor_preset(sensor))


def posed_sensor(seed: int) -> NDArray[np.float64]:
    """Return a sensor turned in any way, a few meters from the world's origin."""
    transform = np.eye(4)
    transform[:3, :3] = Rotation.random(rng=np.random.default_rng(seed)).as_matrix()
    transform[:3, 3] = transform[:3, :3] @ [-4.0, 0.3, 0.5]
    return transform


def in_sensor_frame(mesh: Mesh, T_world_sensor: NDArray[np.float64]) -> Mesh:
    corners = np.column_stack([mesh[0], np.ones(len(mesh[0]))])
    return (corners @ np.linalg.inv(T_world_sensor).T)[:, :3].astype(np.float32), mesh[1]


def test_all_hits_are_those_of_the_slow_reference() -> None:
    scan = scan_mesh(BALL, "vlp-16", points=None)
    faces, ranges = image(scan, "vlp-16")
    expected_faces, expected = reference_scan.nearest_faces(sensor_preset("vlp-16"), *BALL)
    assert scan.hits == len(scan.points) == np.count_nonzero(expected_faces >= 0) > 100
    np.testing.assert_array_equal(faces, expected_faces)
    np.testing.assert_allclose(ranges, expected, rtol=0, atol=1e-5)


@pytest.mark.parametrize("seed", range(3))
def test_embree_hits_the_same_from_any_pose_of_the_sensor(seed: int) -> None:
    body, T_world_sensor = capsule_body(seed), posed_sensor(seed)
    scan = scan_mesh(body, "vlp-32c", T_world_sensor, points=None)
    _, ranges = image(scan, "vlp-32c")
    seen = in_sensor_frame(body, T_world_sensor)
    sensor = sensor_preset("vlp-32c")
    _, expected = embree_image(sensor, seen)
    assert scan.hits > 100
    for ray in zip(*np.nonzero(~np.isclose(ranges, expected, rtol=0, atol=1e-5)), strict=True):
        assert angle_to_edges(ray_directions(sensor)[ray], seen) < ROUNDING


def test_points_are_on_their_faces_and_along_their_rays() -> None:
    scan = scan_mesh(BALL, "os1-128-512", points=None)
    sensor = sensor_preset("os1-128-512")
    rays = ray_directions(sensor)[scan.beams, scan.columns]
    np.testing.assert_allclose(scan.points, rays * scan.ranges[:, None], rtol=0, atol=1e-6)
    corners = BALL[0][BALL[1][scan.faces]].astype(np.float64)
    normals = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    normals /= np.linalg.norm(normals, axis=1, keepdims=True)
    distances = np.sum((scan.points - corners[:, 0]) * normals, axis=1)
    np.testing.assert_allclose(distances, 0, atol=2e-6)


def test_points_are_kept_as_the_reference_of_sampling_says() -> None:
    every, kept = scan_mesh(BALL, "vlp-16", points=None), scan_mesh(BALL, "vlp-16", points=40)
    order = reference_sampling.farthest_points(every.points, 40)
    assert kept.hits == every.hits
    for field in FIELDS:
        np.testing.assert_array_equal(getattr(kept, field), getattr(every, field)[order])


def test_fewer_hits_than_points_repeat_in_order() -> None:
    scan = scan_mesh(BALL, "vlp-16", points=1000)
    assert 0 < scan.hits < 1000
    for field in FIELDS:
        values = getattr(scan, field)
        np.testing.assert_array_equal(values, values[np.arange(1000) % scan.hits])


def test_a_mesh_that_no_ray_hits_has_points_at_zero_and_no_faces() -> None:
    away = (BALL[0] + np.array([0, 0, 100], np.float32), BALL[1])
    scan = scan_mesh(away, "vlp-16", points=8)
    assert scan.hits == 0
    np.testing.assert_array_equal(scan.points, np.zeros((8, 3)))
    for numbers in (scan.faces, scan.beams, scan.columns):
        np.testing.assert_array_equal(numbers, np.full(8, -1))
    assert len(scan_mesh(away, "vlp-16", points=None).points) == 0


def test_a_mesh_of_trimesh_is_scanned_as_its_vertices_and_faces() -> None:
    mesh = trimesh.Trimesh(*BALL, process=False)
    given, plain = scan_mesh(mesh, "vlp-16"), scan_mesh(BALL, "vlp-16")
    for field in FIELDS:
        np.testing.assert_array_equal(getattr(given, field), getattr(plain, field))
    assert given.points.shape == (384, 3)


def test_vertices_and_faces_may_be_lists_of_any_integers() -> None:
    triangle = ([[2, -1, -1], [2, 1, -1], [2, 0, 1]], np.array([[0, 1, 2]], np.uint64))
    scan = scan_mesh(triangle, "vlp-16", points=10)
    np.testing.assert_allclose(scan.points[:, 0], 2, atol=1e-6)
    assert set(scan.faces.tolist()) == {0}


def test_a_sensor_is_a_name_a_file_or_a_sensor(tmp_path: Any) -> None:
    path = tmp_path / "mine.toml"
    path.write_text('name = "mine"\ncolumns = 360\nelevation_deg = [0.0, 3.0]\n')
    by_path, by_value = scan_mesh(BALL, path), scan_mesh(BALL, load_sensor(path))
    np.testing.assert_array_equal(by_path.points, by_value.points)
    assert set(by_path.beams.tolist()) == {0, 1}


VERTICES = [[2.0, -1, -1], [2, 1, -1], [2, 0, 1]]
FACES = [[0, 1, 2]]
CLOUD = trimesh.PointCloud(VERTICES)  # type: ignore[no-untyped-call]
MIRROR = np.diag([1.0, -1, 1, 1])


@pytest.mark.parametrize(
    ("mesh", "fault"),
    [
        ((VERTICES, []), "mesh: expected at least one triangle, found none"),
        (([], FACES), "mesh: expected at least one triangle, found none"),
        (trimesh.Trimesh(), "mesh: expected at least one triangle, found none"),
        ((VERTICES, [[0, 1, 2, 2]]), "expected numbers shaped (faces, 3), found the shape (1, 4)"),
        ((VERTICES, [[0, 1, 2], [0, 1]]), "faces: expected numbers shaped (faces, 3), found rows"),
        ((VERTICES, [[0.0, 1, 2]]), "faces: expected whole numbers of vertices, found float64"),
        ((VERTICES, [[0, 1, 3]]), "faces: expected vertex numbers from 0 to 2, found 3"),
        ((VERTICES, [[0, 1, -1]]), "faces: expected vertex numbers from 0 to 2, found -1"),
        ((VERTICES, [[0, 1, 2**40]]), "from 0 to 2, found 1099511627776"),
        (([[2.0, -1], [2, 1]], FACES), "expected numbers shaped (vertices, 3), found the shape"),
        (([[2.0, np.nan, 0]] * 3, FACES), "vertices: expected finite numbers within float64"),
        (([[1e300, 0, 0]] * 3, FACES), "vertices: expected finite numbers within float32"),
        ((2.0, FACES), "vertices: expected numbers shaped (vertices, 3), found the shape ()"),
        (([["a", "b", "c"]], FACES), "vertices: expected numbers"),
        (CLOUD, "or a pair of vertices and faces, found PointCloud"),
        ("mesh.obj", "or a pair of vertices and faces, found str"),
    ],
)
def test_what_is_no_mesh_is_refused(mesh: Any, fault: str) -> None:
    with pytest.raises(InputError, match=re.escape(fault)):
        scan_mesh(mesh)


@pytest.mark.parametrize(
    ("options", "fault"),
    [
        ({"sensor": "os9"}, "no sensor and no file is called 'os9'; choose one of os1-128"),
        ({"points": 0}, "points: expected a whole number from 1, or None, found 0"),
        ({"points": 3.5}, "points: expected a whole number from 1, or None, found 3.5"),
        ({"T_world_sensor": np.eye(3)}, "T_world_sensor: expected numbers shaped (4, 4), found"),
        ({"T_world_sensor": 2 * np.eye(4)}, "T_world_sensor: expected a rotation"),
        ({"T_world_sensor": MIRROR}, "T_world_sensor: expected a rotation"),
        ({"T_world_sensor": np.full((4, 4), np.nan)}, "T_world_sensor: expected finite numbers"),
    ],
)
def test_wrong_options_are_refused(options: dict[str, Any], fault: str) -> None:
    with pytest.raises(InputError, match=re.escape(fault)):
        scan_mesh(BALL, **options)
