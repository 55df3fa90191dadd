"""The workload of the GPU benchmark: a moving body in front of a sensor, on GPU and CPU."""

import dataclasses
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from motiondata.bodies.body import Body
from motiondata.bodies.posing import ShapedBody, shape_body
from motiondata.bodies.posing_torch import TorchPoses, TorchSkin, body_to_torch, stack_shapes
from motiondata.lidar.cuda.device import Gpu
from motiondata.lidar.cuda.fields import EXACT, Mesh, Noise, SampleArrays
from motiondata.lidar.cuda.observer import CudaObserver
from motiondata.lidar.cuda.scanner import FrameScanner
from motiondata.lidar.observer import RangeNoise, Request
from motiondata.lidar.sensor import Sensor
from motiondata.skeletons import JOINTS
from tests.support.skeleton import moving_pose

CLIP_FRAMES = 128
BLEND_METERS = 0.004
"""Standard deviation of a synthetic pose blend shape, similar to SMPL's larger ones."""
SENSOR_METERS = 1.0
"""The sensor's height in meters."""


@dataclass(frozen=True, eq=False)
class Setting:
    """The sensor, its distance in meters, the observed body, and the points per frame."""

    sensor: Sensor
    meters: float
    body: Body
    points: int = 384

    def describe(self) -> str:
        """Return the setting's name."""
        blended = "" if self.body.pose_dirs is None else ", blend shapes"
        return f"{self.sensor.name} at {self.meters:.0f} m{blended}"


@dataclass(frozen=True, eq=False)
class Work:
    """The frames of several clips in sequence, on the GPU and the CPU."""

    gpu: Gpu
    setting: Setting
    shaped: ShapedBody
    pose: NDArray[np.float64]
    trans: NDArray[np.float64]
    T_sensor_world: NDArray[np.float64]
    skin: TorchSkin
    poses: TorchPoses
    faces: Tensor
    parts: Tensor
    scanner: FrameScanner
    observer: CudaObserver

    @property
    def frames(self) -> int:
        """The number of frames per launch."""
        return len(self.trans)

    @property
    def clips(self) -> list[slice]:
        """The frames of each clip."""
        return [slice(first, first + CLIP_FRAMES) for first in range(0, self.frames, CLIP_FRAMES)]

    @property
    def pose_bytes(self) -> int:
        """Bytes that posing must move per frame: the rest surface in, vertices out."""
        return 2 * 12 * len(self.shaped.vertices)

    @property
    def scan_bytes(self) -> int:
        """Bytes that scanning and sampling must move per frame.

        Vertices are read; points, parts and a number of hits are written.
        """
        return 12 * len(self.shaped.vertices) + 13 * self.setting.points + 4

    @property
    def pose_operations(self) -> int:
        """Operations of posing per frame: the transform and the blend shapes of each vertex."""
        rows = 0 if self.skin.pose_dirs is None else len(self.skin.pose_dirs)
        return len(self.shaped.vertices) * (2 * JOINTS * 12 + 2 * 3 * rows + 2 * 3 * 3)

    def request(self, frames: slice) -> Request:
        """Return an observer's request for these frames, without noise."""
        pose, trans = self.pose[frames], self.trans[frames]
        return Request(self.shaped, pose, trans, self.T_sensor_world, RangeNoise(0.0, 0, "none"))

    def scan(self, vertices: Tensor, kept: int) -> SampleArrays:
        """Queue a scan of posed frames, shaped (frames, vertices, 3), that keeps `kept` points."""
        upload = self.gpu.upload
        exact = Noise(upload(np.zeros(1)), upload(np.full(len(vertices), EXACT)))
        return self.scanner.scan(Mesh(vertices, self.faces, self.parts), exact, kept)


def make_work(gpu: Gpu, setting: Setting, frames: int) -> Work:
    """Upload a setting to the GPU."""
    body, sensor = setting.body, setting.sensor
    shaped = shape_body(body, np.zeros(0))
    pose, trans = moving_pose(frames, seed=0)
    T_sensor_world = np.eye(4)
    T_sensor_world[:3, 3] = setting.meters, 0.0, -SENSOR_METERS
    fields = (
        *stack_shapes([shaped]),
        np.zeros(frames, np.int64),
        pose,
        trans,
        np.tile(T_sensor_world, (frames, 1, 1)),
    )
    return Work(
        gpu=gpu,
        setting=setting,
        shaped=shaped,
        pose=pose,
        trans=trans,
        T_sensor_world=T_sensor_world,
        skin=body_to_torch(body, gpu.device),
        poses=TorchPoses(*(gpu.upload(np.asarray(field)) for field in fields)),
        faces=gpu.upload(body.faces),
        parts=gpu.upload(body.face_parts),
        scanner=FrameScanner(gpu, sensor),
        observer=CudaObserver(sensor, setting.points),
    )


def with_blend_shapes(body: Body) -> Body:
    """Return a body with synthetic pose blend shapes as smooth as its skinning weights."""
    features = 9 * (len(body.parents) - 1)
    of_joints = np.random.default_rng(0).normal(
        0, BLEND_METERS, (body.weights.shape[1], 3, features)
    )
    return dataclasses.replace(
        body, pose_dirs=np.tensordot(body.weights, of_joints, 1), id=f"{body.id}-blended"
    )
