"""Scans of bodies against Embree, which traces each ray through a hierarchy of boxes.

Embree computes in float32. Where it differs, the ray must pass an edge more closely than such
numbers can tell, or meet the face so flat that their rounding moves the hit along it.
"""

import numpy as np
import pytest
from embreex.mesh_construction import TriangleMesh
from embreex.rtcore_scene import EmbreeScene
from numpy.typing import NDArray

from motiondata.lidar.cpu.scanner import Scanner
from motiondata.lidar.presets import sensor_preset
from motiondata.lidar.sensor import Sensor, ray_directions
from tests.support.meshes import Mesh, scan_image, turned
from tests.support.posed_bodies import BODIES
from tests.support.ray_edges import ROUNDING, angle_to_edges, slide

YAWS_DEG = (0, 67, 180, 251)
"""Ahead, on both sides, and across the rear seam."""


@pytest.mark.parametrize("body", BODIES)
@pytest.mark.parametrize("distance", [3.0, 8.0, 20.0])
@pytest.mark.parametrize("name", ["vlp-16", "os1-128", "vlp-32c", "hdl-64e"])
def test_embree_hits_the_same(name: str, distance: float, body: str) -> None:
    sensor = sensor_preset(name)
    scanner = Scanner(sensor)
    for seed, yaw_deg in enumerate(YAWS_DEG):
        mesh = turned(BODIES[body](seed), np.radians(yaw_deg), (distance, 0.0, -1.0))
        faces, ranges = scan_image(scanner.scan(*mesh), sensor)
        expected_faces, expected = embree_image(sensor, mesh)
        assert np.count_nonzero(expected_faces >= 0) >= 3
        for ray in zip(*np.nonzero(~np.isclose(ranges, expected, rtol=0, atol=1e-5)), strict=True):
            direction = ray_directions(sensor)[ray]
            if angle_to_edges(direction, mesh) > ROUNDING:
                assert faces[ray] >= 0
                assert expected_faces[ray] >= 0
                slack = ROUNDING * slide(direction, mesh[0][mesh[1][faces[ray]]])
                assert abs(ranges[ray] - expected[ray]) < slack


def embree_image(sensor: Sensor, mesh: Mesh) -> tuple[NDArray[np.int32], NDArray[np.float64]]:
    """Return the face that each ray hits first, or -1, and its range, each (beams, columns)."""
    scene = EmbreeScene(robust=True)
    TriangleMesh(scene, mesh[0][mesh[1]])
    rays = ray_directions(sensor).reshape(-1, 3).astype(np.float32)
    result = scene.run(np.zeros_like(rays), rays, output=True)
    faces = result["primID"].reshape(sensor.beams, sensor.columns)
    return faces, np.where(faces < 0, np.inf, result["tfar"].reshape(faces.shape))
