"""Still views: the same hits as of one mesh of the person and everything else, scanned together."""

from dataclasses import replace

import numpy as np
import pytest

from motiondata.bodies.posing import pose_body
from motiondata.lidar.cpu.scanner import Scanner
from motiondata.lidar.observer import Request
from motiondata.lidar.placement import invert_rigid, turn
from motiondata.lidar.presets import sensor_preset
from motiondata.lidar.realism.fine_rays import fine_rays
from motiondata.lidar.realism.observer import RealisticObserver
from motiondata.lidar.realism.settings import find_realism
from motiondata.lidar.realism.still_view import KEPT_VIEWS, StillViews
from motiondata.lidar.surroundings import OTHER, PERSON, Box, Surroundings
from tests.motiondata.lidar.realism.test_observer import EXACT, OS1, POINTS
from tests.motiondata.lidar.realism.test_street import STREET, cube, drawn, in_street

EVERYWHERE = Box(radius=1e6, low=-1e6, high=1e6)


def scanned_together(request: Request, sensor_name: str) -> list[dict[tuple[int, int], int]]:
    """Return the face that each ray hits in each frame, of one mesh of everything."""
    around, transform = request.surroundings, request.T_sensor_world
    assert around is not None
    posed = pose_body(request.shaped, request.pose, request.trans, transform).vertices
    still = turn(transform[:3, :3], around.vertices) + transform[:3, 3]
    faces = np.concatenate([request.shaped.body.faces, around.faces + posed.shape[1]])
    scanner = Scanner(sensor_preset(sensor_name))
    found = []
    for vertices in posed:
        mesh = np.concatenate([vertices, still]).astype(np.float32)
        scan = scanner.scan(mesh, faces.astype(np.int32))
        rays = zip(scan.beams.tolist(), scan.columns.tolist(), strict=True)
        found.append(dict(zip(rays, scan.faces.tolist(), strict=True)))
    return found


def observed(request: Request, sensor_name: str) -> list[dict[tuple[int, int], int]]:
    scans = RealisticObserver(sensor_preset(sensor_name), POINTS, EXACT).returns(request).scans
    return [
        dict(
            zip(
                zip(scan.beams.tolist(), scan.columns.tolist(), strict=True),
                scan.faces.tolist(),
                strict=True,
            )
        )
        for scan in scans
    ]


@pytest.mark.parametrize("sensor", ["os1-128-1024", "vlp-16"])
def test_every_ray_has_the_hit_of_one_mesh_of_everything(sensor: str) -> None:
    for around in [street for street in drawn(STREET, 12) if street is not None][:4]:
        request = in_street(replace(around, box=EVERYWHERE))
        assert observed(request, sensor) == scanned_together(request, sensor)


def test_without_a_box_only_the_points_of_the_person_are_kept() -> None:
    around = replace(cube((0, -1), (0.3, 0.3, 1.2), OTHER), box=None)
    request = in_street(around)
    together = scanned_together(request, "vlp-16")
    faces = len(request.shaped.body.faces)
    expected = [{ray: face for ray, face in frame.items() if face < faces} for frame in together]
    assert observed(request, "vlp-16") == expected
    alone = observed(in_street(None), "vlp-16")
    assert 0 < len(expected[0]) < len(alone[0])


def test_points_in_a_box_are_those_of_the_whole_scan_that_lie_in_it() -> None:
    settings, box = find_realism("sensor"), Box(0.8, 0.2, 1.6)
    around = replace(cube((0.5, -0.5), (0.6, 0.3, 0.9), OTHER), box=box)
    narrow, wide = (in_street(replace(around, box=each), settings) for each in (box, EVERYWHERE))
    in_box, everything = (
        RealisticObserver(OS1, POINTS, settings).returns(request).scans
        for request in (narrow, wide)
    )
    placed = invert_rigid(narrow.T_sensor_world)
    world = turn(placed[:3, :3], everything.hits.points.astype(np.float64)) + placed[:3, 3]
    pelvis = np.repeat(narrow.trans + narrow.shaped.joints[0], everything.counts, axis=0)
    inside = np.linalg.norm((world - pelvis)[:, :2], axis=1) <= box.radius
    inside &= (world[:, 2] >= box.low) & (world[:, 2] <= box.high)
    assert 100 < inside.sum() < len(inside)
    assert np.array_equal(everything.hits.points[inside], in_box.hits.points)


def test_a_view_is_made_once_for_each_place() -> None:
    views = StillViews(fine_rays(OS1, EXACT))
    around, places = cube((2, 0), (1, 1, 1), OTHER), [np.eye(4) for _ in range(KEPT_VIEWS + 1)]
    for number, place in enumerate(places):
        place[0, 3] = number
    first = views.view(around, places[0])
    assert views.view(around, places[0].copy()) is first
    for place in places[1:]:
        views.view(around, place)
    assert views.view(around, places[0]) is not first


def test_surroundings_without_faces_hide_nothing() -> None:
    empty = Surroundings(
        np.zeros((0, 3)), np.zeros((0, 3), np.int32), np.zeros(0, np.uint8), EVERYWHERE
    )
    assert observed(in_street(empty), "vlp-16") == observed(in_street(None), "vlp-16")
    labels = RealisticObserver(OS1, POINTS, EXACT).returns(in_street(empty)).labels
    assert {*labels.tolist()} == {PERSON}
