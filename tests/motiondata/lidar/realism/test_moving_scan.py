"""The scan of a moving person: faces seen from behind are skipped without a change of any hit."""

from dataclasses import replace

import numpy as np
import pytest

from motiondata.bodies.bundled import bundled_body
from motiondata.bodies.posing import pose_planes, shape_body
from motiondata.lidar.cpu.scanner import Scanner
from motiondata.lidar.observer import RangeNoise, Request
from motiondata.lidar.presets import sensor_preset
from motiondata.lidar.realism.fine_rays import fine_rays
from motiondata.lidar.realism.moving_scan import MovingScanner, is_closed
from motiondata.lidar.realism.rolling_shutter import Shutter
from motiondata.lidar.realism.settings import find_realism
from motiondata.synthesis.corpus.recordings import make_recording

BODY = bundled_body()
OPEN = replace(BODY, faces=BODY.faces[1:])
INSIDE_OUT = replace(BODY, faces=np.ascontiguousarray(BODY.faces[:, ::-1]))
GRAY = np.full(len(BODY.faces), 0.5)


def walk(distance: float, frames: int = 24) -> Request:
    motion = make_recording(0, 0).motion
    kept = slice(0, frames * 5, 5)
    sensor = np.eye(4)
    sensor[:3, 3] = [distance, 0.0, -1.0] - motion.trans[0] * [1, 1, 0]
    return Request(
        shape_body(BODY, np.zeros(0)), motion.pose[kept], motion.trans[kept], sensor,
        RangeNoise(0.0, 0, "clip"),
    )  # fmt: skip


def test_a_surface_is_closed_if_every_edge_has_two_faces_and_normals_point_outward() -> None:
    assert is_closed(BODY)
    assert not is_closed(OPEN)
    assert not is_closed(INSIDE_OUT)


@pytest.mark.parametrize("name", ["os1-128-1024", "hdl-64e"])
@pytest.mark.parametrize("distance", [1.5, 4.0, 9.0])
def test_skipping_faces_seen_from_behind_changes_no_hit(name: str, distance: float) -> None:
    sensor = fine_rays(sensor_preset(name), find_realism("sensor")).sensor
    request = walk(distance)
    planes = np.empty((request.frames, 3, request.shaped.plane_vertices), np.float32)
    pose_planes(request.shaped, request.pose, request.trans, request.T_sensor_world, planes)
    whole = Scanner(sensor).scan_planes(planes, BODY.faces)
    found, offsets = MovingScanner(sensor, Shutter(0.0)).scan(request, GRAY)
    assert len(whole.hits.faces) > 1000
    np.testing.assert_array_equal(offsets, whole.offsets)
    for values, expected in zip(found.scan, whole.hits, strict=True):
        np.testing.assert_array_equal(values, expected)
