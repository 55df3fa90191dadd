"""What a moving sensor sees of a scene with the rays that matter is what it sees with all."""

from dataclasses import replace

import hypothesis
import numpy as np
import pytest
from hypothesis import strategies as st

from motiondata.lidar.observer import Request
from motiondata.lidar.presets import sensor_preset
from motiondata.lidar.realism.nearby_rays import nearby_rays
from motiondata.lidar.realism.observer import RealisticObserver
from motiondata.lidar.realism.settings import find_realism
from motiondata.lidar.scans import Scan
from motiondata.lidar.sensor import ray_directions
from motiondata.lidar.surroundings import OTHER, Box
from motiondata.rotations import rotvec_to_rotmat
from tests.motiondata.lidar.realism.test_observer import POINTS
from tests.motiondata.lidar.realism.test_street import STREET, cube, drawn, in_street

SETTINGS = find_realism("sensor")
VLP16 = sensor_preset("vlp-16")
NONE = np.zeros(0, np.int32)
NOBODY = Scan(np.zeros((0, 3), np.float32), NONE, NONE, NONE, np.zeros(0, np.float32))
BOXES = {"no box": None, "near": Box(0.8, 0.0, 1.9), "around the sensor": Box(20.0, -9.0, 9.0)}


def tilted(request: Request, degrees: float) -> Request:
    """Return a request of a sensor that is turned about its y axis."""
    turned = np.eye(4)
    turned[:3, :3] = rotvec_to_rotmat(np.radians([0.0, degrees, 0.0]))
    return replace(request, T_sensor_world=turned @ request.T_sensor_world)


@pytest.mark.parametrize("box", BOXES.values(), ids=BOXES)
@pytest.mark.parametrize("degrees", [0.0, 15.0])
def test_a_sensor_that_moves_but_stays_sees_what_a_still_one_does(
    box: Box | None, degrees: float
) -> None:
    (street, *_) = [street for street in drawn(STREET, 12) if street is not None]
    for around in (street, cube((0.5, -0.5), (0.6, 0.3, 0.9), OTHER)):
        request = tilted(in_street(replace(around, box=box), SETTINGS), degrees)
        placed = np.tile(request.T_sensor_world, (request.frames, 1, 1))
        still, moving = (
            RealisticObserver(VLP16, POINTS, SETTINGS).begin(each)()
            for each in (request, replace(request, T_sensor_world=placed))
        )
        assert still.hits.max() > 0 or around is street
        for name in ("points", "hits", "parts"):
            assert np.array_equal(getattr(still, name), getattr(moving, name))
        for name, values in still.extras.items():
            assert np.array_equal(values, moving.extras[name])


@hypothesis.settings(deadline=None, max_examples=40)  # compiles
@hypothesis.given(
    st.tuples(*[st.floats(-6, 6)] * 2),
    st.floats(0.1, 4),
    st.tuples(*[st.floats(-3, 3)] * 3),
)
def test_a_ray_that_comes_near_is_chosen(
    place: tuple[float, float], radius: float, rotvec: tuple[float, float, float]
) -> None:
    T_sensor_world, rays = np.eye(4), ray_directions(VLP16)[:, ::60]
    T_sensor_world[:3, :3] = rotvec_to_rotmat(np.array(rotvec)).T
    pelvis = np.array([*place, 0.3])
    chosen = nearby_rays(rays, NOBODY, 0, T_sensor_world, pelvis, radius)
    along = np.linspace(0, 30, 200)[:, None, None] * (rays.reshape(-1, 3) @ T_sensor_world[:3, :3])
    apart = np.linalg.norm(along[..., :2] - pelvis[:2], axis=-1).min(axis=0)
    (near,) = np.nonzero(apart < radius - 1e-6)
    assert {*near.tolist()} <= {*chosen.tolist()}
