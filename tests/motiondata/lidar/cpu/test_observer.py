"""Observing on the CPU: the scan of a frame does not depend on the other frames of a request."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from motiondata.bodies.posing import shape_body
from motiondata.lidar.cpu.observer import NEAR_FRAMES, CpuObserver
from motiondata.lidar.observer import RangeNoise, Request
from motiondata.lidar.sensor import Sensor
from tests.support.skeleton import moving_pose
from tests.support.small_body import small_body

SENSOR = Sensor(
    name="few",
    elevation=np.radians(np.linspace(-12, 10, 9)),
    azimuth_offset=np.zeros(9),
    columns=120,
    source="made up",
)
FRAMES = NEAR_FRAMES + 9
POSE, TRANS = moving_pose(FRAMES, seed=0)
T_sensor_world = np.eye(4)
T_sensor_world[0, 3] = 5
OBSERVER = CpuObserver(SENSOR, points=4)


def asked(sigma: float) -> Request:
    shaped = shape_body(small_body(), np.zeros(2))
    return Request(shaped, POSE, TRANS, T_sensor_world, RangeNoise(sigma, 3, "walk"))


@pytest.mark.parametrize("sigma", [0.0, 0.02])
@settings(deadline=None, max_examples=10)
@given(frames=st.integers(1, FRAMES))
def test_a_request_in_parts_is_seen_as_it_is_whole(sigma: float, frames: int) -> None:
    whole = OBSERVER.begin(asked(sigma))()
    parts = [OBSERVER.begin(part)() for part in asked(sigma).cut(frames)]
    assert whole.hits.all()
    for name in ("points", "hits", "parts"):
        joined = np.concatenate([getattr(part, name) for part in parts])
        np.testing.assert_array_equal(joined, getattr(whole, name))
