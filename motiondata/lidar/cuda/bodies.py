"""Bodies and poses on a GPU: what every station of the GPU needs before it casts rays."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from motiondata.bodies.body import Body
from motiondata.bodies.posing import ShapedBody
from motiondata.bodies.posing_torch import TorchPoses, TorchSkin, body_to_torch, stack_shapes
from motiondata.errors import InputError
from motiondata.lidar.cuda.device import Gpu
from motiondata.lidar.cuda.fields import NOT_FINITE
from motiondata.lidar.cuda.rasterize import FACE_BITS
from motiondata.lidar.observer import Request


@dataclass(frozen=True, eq=False)
class TorchBody:
    """A body on the GPU."""

    skin: TorchSkin
    faces: Tensor
    parts: Tensor


class GpuBodies:
    """The bodies that a GPU has, each uploaded once."""

    def __init__(self, gpu: Gpu) -> None:
        self._gpu = gpu
        self._bodies: dict[str, TorchBody] = {}

    def of(self, body: Body) -> TorchBody:
        """Return a body on the GPU; raises `InputError` for one with too many faces."""
        if len(body.faces) >= 1 << FACE_BITS:
            raise InputError(
                f"body {body.name}: expected fewer than {1 << FACE_BITS} faces, "
                f"found {len(body.faces)}: use --device cpu"
            )
        if body.id not in self._bodies:
            self._bodies[body.id] = TorchBody(
                skin=body_to_torch(body, self._gpu.device),
                faces=self._gpu.upload(body.faces),
                parts=self._gpu.upload(body.face_parts),
            )
        return self._bodies[body.id]


def upload_poses(gpu: Gpu, requests: list[Request]) -> TorchPoses:
    """Queue a copy of all frames of requests with the same body."""
    numbers = {id(shape): number for number, shape in enumerate(_shapes_of(requests))}
    counts = [request.frames for request in requests]
    vertices, joints = stack_shapes(_shapes_of(requests))
    shapes = np.array([numbers[id(request.shaped)] for request in requests])
    placed = [
        np.broadcast_to(request.T_sensor_world, (request.frames, 4, 4)) for request in requests
    ]
    return TorchPoses(
        vertices=gpu.upload(vertices),
        joints=gpu.upload(joints),
        shapes=gpu.upload(np.repeat(shapes, counts)),
        pose=gpu.upload(np.concatenate([request.pose for request in requests])),
        trans=gpu.upload(np.concatenate([request.trans for request in requests])),
        T_target_world=gpu.upload(np.concatenate(placed)),
    )


def expect_finite(hits: NDArray[np.int32]) -> None:
    """Raise `ValueError` if a kernel has marked a frame as not finite."""
    if (hits == NOT_FINITE).any():
        raise ValueError("expected finite vertices, found NaN or infinity among them")


def _shapes_of(requests: list[Request]) -> list[ShapedBody]:
    """Return each shape once; mirrored clips and views of a recording share one shape."""
    return list({id(request.shaped): request.shaped for request in requests}.values())
