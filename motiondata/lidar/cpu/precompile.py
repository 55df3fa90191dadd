"""Load or compile all CPU kernels before a build starts.

The first build on a machine compiles for several seconds. This is announced, and done once even if
several processes start at the same time. Kernels are compiled for types, not for sizes, so a body
with one face and a sensor with one ray use all the kernels of a real build.
"""

from collections.abc import Callable
from functools import cache

import numpy as np

from motiondata.bodies.body import Body
from motiondata.bodies.posing import pose_joints, shape_body
from motiondata.jit import compiling_once
from motiondata.lidar.cpu.observer import CpuObserver
from motiondata.lidar.observer import RangeNoise, Request
from motiondata.lidar.sensor import Sensor
from motiondata.skeletons import JOINTS, PARENTS


@cache
def precompile_kernels(announce: Callable[[str], None]) -> None:
    """Load all kernels, once per process; call `announce` when compiling or waiting (see `jit`)."""
    with compiling_once(announce):
        request = one_face_request()
        pose_joints(request.shaped, request.pose, request.trans)
        CpuObserver(one_ray_sensor(), points=1).begin(request)


@cache
def precompile_pattern(sensor: Sensor, announce: Callable[[str], None]) -> None:
    """Load the kernels of a sensor with a scan pattern; see `precompile_kernels`."""
    with compiling_once(announce):
        CpuObserver(sensor, points=1).begin(one_face_request())


def one_ray_sensor() -> Sensor:
    """Return the smallest sensor."""
    return Sensor("one ray", np.zeros(1), np.zeros(1), 1, "made up")


def one_face_request() -> Request:
    """Return a request of one frame of a body that has one face, which the one ray hits."""
    shaped = shape_body(_one_face(), np.zeros(0))
    pose, trans = np.zeros((1, JOINTS, 3)), np.zeros((1, 3))
    return Request(shaped, pose, trans, np.eye(4), RangeNoise(0.0, 0, ""))


def _one_face() -> Body:
    corners = np.array([[2.0, -9.0, -9.0], [2.0, 9.0, -9.0], [2.0, 0.0, 9.0]])
    return Body(
        vertices=corners,
        faces=np.array([[0, 1, 2]], np.int32),
        weights=np.eye(len(corners), JOINTS),
        joints_template=np.zeros((JOINTS, 3)),
        joint_shapes=np.zeros((JOINTS, 3, 0)),
        parents=np.array(PARENTS, np.int32),
        shape_dirs=np.zeros((len(corners), 3, 0)),
        pose_dirs=None,
        name="one face",
        id="",
        shape_space="",
    )
