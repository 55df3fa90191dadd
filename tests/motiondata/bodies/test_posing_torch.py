"""Posing on PyTorch's devices: the processor's posing is the reference."""

from typing import Any

import numpy as np
import pytest
import torch
from scipy.spatial.transform import Rotation
from torch.overrides import TorchFunctionMode

from motiondata import rotations
from motiondata.bodies.body import Body
from motiondata.bodies.posing import ShapedBody, pose_body, shape_body
from motiondata.bodies.posing_torch import (
    SKINNED_FRAMES,
    TorchPoses,
    body_to_torch,
    pose_frames,
    rotvec_to_rotmat,
    stack_shapes,
)
from motiondata.bodies.smpl_format import arrays_to_body
from motiondata.skeletons import JOINTS
from tests.support.skeleton import moving_pose
from tests.support.small_body import made_body, small_body

TOLERANCE_M = 5e-6
"""Two steps of float32 at 20 m, where the bodies of these tests stand."""

BODIES = {
    "no blend shapes": small_body(),
    "24 joints": arrays_to_body(made_body(joints=24), "made", "made"),
    "55 joints": arrays_to_body(made_body(joints=55), "made", "made"),
}


def far_sensors(generator: np.random.Generator, frames: int) -> np.ndarray:
    """Return transforms that turn anyhow and move by some 20 m."""
    transforms = np.tile(np.eye(4), (frames, 1, 1))
    transforms[:, :3, :3] = Rotation.from_rotvec(generator.normal(size=(frames, 3))).as_matrix()
    transforms[:, :3, 3] = generator.normal(0, 10, (frames, 3))
    return transforms


def assert_posed_alike(shapes: list[ShapedBody], numbers: np.ndarray) -> None:
    """Pose frames whose shapes have these numbers both ways, each before its own sensor."""
    generator, frames = np.random.default_rng(0), len(numbers)
    pose = generator.normal(0, 0.6, (frames, JOINTS, 3))
    trans, sensors = generator.normal(size=(frames, 3)), far_sensors(generator, frames)
    fields = (*stack_shapes(shapes), numbers, pose, trans, sensors)
    skin = body_to_torch(shapes[0].body, torch.device("cpu"))
    found = pose_frames(skin, TorchPoses(*map(torch.from_numpy, fields))).numpy()
    for frame, number in enumerate(numbers):
        one = slice(frame, frame + 1)
        expected = pose_body(shapes[number], pose[one], trans[one], sensors[frame]).vertices
        np.testing.assert_allclose(found[one], expected, rtol=0, atol=TOLERANCE_M)


@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES)
def test_frames_of_several_shapes_are_posed_as_by_the_processor(body: Body) -> None:
    generator = np.random.default_rng(1)
    shapes = [shape_body(body, generator.normal(size=2)) for _ in range(3)]
    assert_posed_alike(shapes, np.array([0, 0, 2, 1, 2]))


def test_more_frames_than_a_batch_are_posed_in_several() -> None:
    shapes = [shape_body(BODIES["no blend shapes"], np.zeros(2))]
    assert_posed_alike(shapes, np.zeros(SKINNED_FRAMES + 3, int))


def test_rotations_are_converted_as_those_of_arrays() -> None:
    vectors = np.random.default_rng(0).normal(scale=2.0, size=(50, 3)) * np.arange(50)[:, None]
    expected = rotations.rotvec_to_rotmat(vectors)
    found = rotvec_to_rotmat(torch.from_numpy(vectors)).numpy()
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-12)


def test_small_turns_and_none_are_exact() -> None:
    body = BODIES["24 joints"]
    shaped = shape_body(body, np.zeros(0))
    pose = np.zeros((2, JOINTS, 3))
    pose[1] = 1e-9
    fields = (
        *stack_shapes([shaped]),
        np.zeros(2, int),
        pose,
        np.zeros((2, 3)),
        np.tile(np.eye(4), (2, 1, 1)),
    )
    skin = body_to_torch(body, torch.device("cpu"))
    found = pose_frames(skin, TorchPoses(*map(torch.from_numpy, fields))).numpy()
    np.testing.assert_allclose(found[0], shaped.vertices, rtol=0, atol=1e-6)
    np.testing.assert_allclose(found[1], found[0], rtol=0, atol=1e-6)


class Spy(TorchFunctionMode):
    """Hears how tensors are indexed and multiplied."""

    def __init__(self) -> None:
        super().__init__()
        self.lists = 0
        self.precisions: set[str] = set()

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        if func in (torch.Tensor.__getitem__, torch.Tensor.__setitem__):
            index = args[1] if isinstance(args[1], tuple) else (args[1],)
            self.lists += sum(isinstance(part, list) for part in index)
        if func.__name__ in ("__matmul__", "__rmatmul__", "matmul"):
            self.precisions.add(torch.get_float32_matmul_precision())
        return func(*args, **(kwargs or {}))


def posed_under(spy: Spy) -> torch.Tensor:
    shaped = shape_body(small_body(), np.zeros(2))
    fields = (*stack_shapes([shaped]), np.zeros(1, np.int64), *moving_pose(1, 0), np.eye(4)[None])
    poses = TorchPoses(*map(torch.from_numpy, fields))
    skin = body_to_torch(shaped.body, torch.device("cpu"))
    with spy:
        return pose_frames(skin, poses)


def test_no_list_indexes_a_tensor_since_a_gpu_would_be_waited_for() -> None:
    spy = Spy()
    posed_under(spy)
    assert spy.lists == 0


def test_products_are_exact_whatever_precision_a_program_allows() -> None:
    torch.set_float32_matmul_precision("medium")
    try:
        spy = Spy()
        posed_under(spy)
        assert spy.precisions == {"highest"}
        assert torch.get_float32_matmul_precision() == "medium"
    finally:
        torch.set_float32_matmul_precision("highest")
