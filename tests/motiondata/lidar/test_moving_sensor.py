"""Observers of a sensor that moves: frame by frame as a sensor that stands where it is then."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from motiondata.lidar.cpu.observer import CpuObserver
from motiondata.lidar.observer import Observer, RangeNoise, Request
from motiondata.lidar.placement import compose, invert_rigid
from motiondata.lidar.presets import sensor_preset
from motiondata.lidar.realism.observer import RealisticObserver
from motiondata.lidar.realism.settings import find_realism
from motiondata.lidar.rigs.attitude import Attitude
from motiondata.lidar.rigs.trajectory import SteadyMotion
from motiondata.lidar.surroundings import OTHER, Box
from tests.motiondata.lidar.realism.test_rolling_shutter import BARE, runner
from tests.motiondata.lidar.realism.test_street import cube

POINTS = 64
VLP16, AVIA = sensor_preset("vlp-16"), sensor_preset("livox-avia")
REAL = replace(find_realism("sensor"), rolling_shutter=0.0)
OBSERVERS: dict[str, Callable[[], Observer]] = {
    "exact": lambda: CpuObserver(VLP16, POINTS),
    "pattern": lambda: CpuObserver(AVIA, POINTS),
    "real": lambda: RealisticObserver(VLP16, POINTS, REAL),
    "real pattern": lambda: RealisticObserver(AVIA, POINTS, REAL),
}
STREET = replace(cube((4.0, 0.6), (0.4, 0.4, 1.0), OTHER), box=Box(1.5, -0.5, 2.5))


def passing() -> Request:
    """Return a request of a sensor that drives past a person, with a box next to them."""
    clip = runner(5.0)
    driven = SteadyMotion(4.0, 25.0).transforms(np.arange(clip.frames) / clip.fps)
    placed = compose(Attitude((0.0, -1.0, 0.9), pitch_deg=5, roll_deg=8).transform, driven)
    return Request(
        BARE, clip.pose, clip.trans, invert_rigid(placed), RangeNoise(0.01, 7, "clip"),
        surroundings=STREET, frame_rate=clip.fps,
    )  # fmt: skip


@pytest.mark.parametrize("name", OBSERVERS)
def test_each_frame_is_that_of_a_sensor_that_stands_where_it_is_then(name: str) -> None:
    request, observer = passing(), OBSERVERS[name]()
    moving = observer.begin(request)()
    assert moving.hits.min() > 5
    for frame in range(request.frames):
        placed = request.T_sensor_world[frame]
        still = observer.begin(replace(request, T_sensor_world=placed))()
        np.testing.assert_array_equal(moving.points[frame], still.points[frame])
        np.testing.assert_array_equal(moving.parts[frame], still.parts[frame])
    assert len({moving.points[frame].tobytes() for frame in range(request.frames)}) > 1


def test_the_world_and_the_sensor_can_be_moved_together() -> None:
    request = replace(passing(), noise=RangeNoise(0.0, 0, "clip"))
    world = Attitude((3.0, -7.0, 0.2)).transform
    moved = replace(
        request,
        trans=request.trans + world[:3, 3],
        T_sensor_world=compose(request.T_sensor_world, invert_rigid(world)),
    )
    before = CpuObserver(VLP16, POINTS).begin(request)()
    after = CpuObserver(VLP16, POINTS).begin(moved)()
    assert np.abs(before.hits - after.hits).max() <= 2
    same = before.hits == after.hits
    assert same.any()
    np.testing.assert_allclose(
        after.points[same].mean(axis=1), before.points[same].mean(axis=1), atol=0.01
    )
