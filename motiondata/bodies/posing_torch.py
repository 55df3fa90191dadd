"""Posing on any PyTorch device; agrees with `posing` within a few micrometers.

All steps are batched products. Forward kinematics runs in float64, one level of the skeleton at a
time, because rounding errors accumulate along the chain. Blend shapes and skinning take most of the
time and run in float32 relative to the root. The root position is added last, so that precision
does not depend on the distance. All batches have the same size (the last one is padded), so that
each product always has the same shape and the library selects the same algorithm. Nothing waits for
the device. Source of the model: Loper et al. 2015.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from motiondata.bodies.body import Body
from motiondata.bodies.posing import ShapedBody
from motiondata.bodies.skinning import POSE_FEATURES
from motiondata.skeletons import JOINTS, PARENTS

BATCH_FRAMES = 2048
"""Frames per batch of forward kinematics, whose time goes mostly into queuing 100 small steps."""

SKINNED_FRAMES = 256
"""Frames per skinning batch: 150 MB of intermediate results with SMPL's vertices."""


class Level(NamedTuple):
    """Joints at the same depth of the skeleton, and their parents, each shaped (joints,).

    They are tensors, because indexing with a list copies it to the device each time, which waits
    for all queued work.
    """

    joints: Tensor
    parents: Tensor


@dataclass(frozen=True, eq=False)
class TorchSkin:
    """The parts of a body that skinning needs, on a device."""

    weights: Tensor
    """Skinning weights for the posed joints, shaped (vertices, 22), float32."""
    pose_dirs: Tensor | None
    """Pose blend shapes, shaped (189, 3 vertices), float32, or None if the body has none."""
    levels: tuple[Level, ...]
    """All joints except the root, by increasing depth."""


@dataclass(frozen=True, eq=False)
class TorchPoses:
    """Frames of one body in one or more shapes, each with its own target frame, on a device."""

    vertices: Tensor
    """The rest surface of each shape, shaped (shapes, vertices, 3), float32."""
    joints: Tensor
    """The 22 rest joints of each shape, shaped (shapes, 22, 3), float64."""
    shapes: Tensor
    """The index of each frame's shape, shaped (frames,)."""
    pose: Tensor
    """Axis-angle rotations, shaped (frames, 22, 3), float64, radians, world frame."""
    trans: Tensor
    """Shaped (frames, 3), float64, meters, world frame."""
    T_target_world: Tensor
    """Shaped (frames, 4, 4), float64."""


def body_to_torch(body: Body, device: torch.device) -> TorchSkin:
    """Copy the parts of a body that skinning needs to a device."""
    weights = torch.from_numpy(body.driven_weights.astype(np.float32)).to(device)
    return TorchSkin(weights, _pose_dirs(body, device), _levels(device))


def _pose_dirs(body: Body, device: torch.device) -> Tensor | None:
    if body.pose_dirs is None:
        return None
    rows = body.pose_dirs[..., :POSE_FEATURES].reshape(-1, POSE_FEATURES).T
    return torch.from_numpy(np.array(rows, np.float32, order="C")).to(device)


def _levels(device: torch.device) -> tuple[Level, ...]:
    depths = [0]
    for parent in PARENTS[1:]:
        depths.append(depths[parent] + 1)
    joints = [
        [joint for joint in range(JOINTS) if depths[joint] == depth]
        for depth in range(1, max(depths) + 1)
    ]
    parents = [[PARENTS[joint] for joint in level] for level in joints]
    return tuple(
        Level(*(torch.tensor(numbers, device=device) for numbers in level))
        for level in zip(joints, parents, strict=True)
    )


def stack_shapes(shaped: Sequence[ShapedBody]) -> tuple[NDArray[np.float32], NDArray[np.float64]]:
    """Stack the rest surfaces and the 22 rest joints of several shapes, as in `TorchPoses`."""
    vertices = np.stack([shape.vertices for shape in shaped]).astype(np.float32)
    return vertices, np.stack([shape.joints[:JOINTS] for shape in shaped])


def pose_frames(skin: TorchSkin, poses: TorchPoses) -> Tensor:
    """Return the vertices in the target frame, shaped (frames, vertices, 3), float32, meters."""
    with _products_in_float32():
        return _pose_frames(skin, poses)


@contextmanager
def _products_in_float32() -> Iterator[None]:
    """Multiply in full float32 precision, even if the program allows TF32.

    TF32 would displace vertices by half a millimeter.
    """
    allowed = torch.get_float32_matmul_precision()
    torch.set_float32_matmul_precision("highest")
    try:
        yield
    finally:
        torch.set_float32_matmul_precision(allowed)


def _pose_frames(skin: TorchSkin, poses: TorchPoses) -> Tensor:
    frames = len(poses.pose)
    posed = torch.empty((frames, *poses.vertices.shape[1:]), device=poses.vertices.device)
    for start in range(0, frames, BATCH_FRAMES):
        end = min(start + BATCH_FRAMES, frames)
        moved = _move_joints(_padded(poses, slice(start, end)), skin.levels)
        for first in range(start, end, SKINNED_FRAMES):
            some = posed[first : min(first + SKINNED_FRAMES, end)]
            rows = slice(first - start, first - start + SKINNED_FRAMES)
            some[:] = _skin(skin, poses.vertices, moved.cut(rows))[: len(some)]
    return posed


def _padded(poses: TorchPoses, batch: slice) -> TorchPoses:
    """Return a batch of frames, padded with frames of zeros."""

    def cut(values: Tensor) -> Tensor:
        padded = values.new_zeros((BATCH_FRAMES, *values.shape[1:]))
        padded[: batch.stop - batch.start] = values[batch]
        return padded

    return TorchPoses(
        vertices=poses.vertices,
        joints=poses.joints,
        shapes=cut(poses.shapes),
        pose=cut(poses.pose),
        trans=cut(poses.trans),
        T_target_world=cut(poses.T_target_world),
    )


class _Moved(NamedTuple):
    """The posed joints of consecutive frames in the target frame; float32 except `shapes`."""

    shapes: Tensor
    features: Tensor
    """The coefficients of the pose blend shapes, shaped (frames, 189)."""
    transforms: Tensor
    """From the rest pose to the posed one, relative to the root, shaped (frames, 22, 3, 4)."""
    root: Tensor
    """The root positions, shaped (frames, 3)."""

    def cut(self, rows: slice) -> "_Moved":
        return _Moved(*(field[rows] for field in self))


def _move_joints(poses: TorchPoses, levels: tuple[Level, ...]) -> _Moved:
    turns = rotvec_to_rotmat(poses.pose)
    joints = poses.joints[poses.shapes]
    rotation, translation = poses.T_target_world[:, :3, :3], poses.T_target_world[:, :3, 3]
    root = (rotation @ (joints[:, 0] + poses.trans)[..., None])[..., 0] + translation
    features = (turns[:, 1:] - torch.eye(3, device=turns.device)).flatten(1)
    transforms = _transforms(joints, _turned_root(rotation, turns), levels)
    return _Moved(poses.shapes, features.float(), transforms.float(), root.float())


def _skin(skin: TorchSkin, vertices: Tensor, moved: _Moved) -> Tensor:
    rest = vertices[moved.shapes]
    if skin.pose_dirs is not None:
        rest = rest + (moved.features @ skin.pose_dirs).view_as(rest)
    carried = (skin.weights @ moved.transforms.flatten(2)).view(*rest.shape[:2], 3, 4)
    about_root = carried[..., 3]
    for axis in range(3):
        about_root = torch.addcmul(about_root, carried[..., axis], rest[..., axis, None])
    return about_root + moved.root[:, None]


def _turned_root(rotation: Tensor, turns: Tensor) -> Tensor:
    """Apply the rotation into the target frame to the root rotations."""
    return torch.cat([(rotation @ turns[:, 0])[:, None], turns[:, 1:]], dim=1)


def _transforms(joints: Tensor, turns: Tensor, levels: tuple[Level, ...]) -> Tensor:
    """Return the transforms of the joints from the rest pose, with the root as the origin.

    The result is shaped (frames, 22, 3, 4). `joints` are at rest, shaped (frames, 22, 3); `turns`
    are rotations relative to the parents, shaped (frames, 22, 3, 3).
    """
    turned, places = torch.empty_like(turns), torch.zeros_like(joints)
    turned[:, 0] = turns[:, 0]
    for level, parents in levels:
        bones = (joints[:, level] - joints[:, parents])[..., None]
        turned[:, level] = turned[:, parents] @ turns[:, level]
        places[:, level] = places[:, parents] + (turned[:, parents] @ bones)[..., 0]
    shifts = places[..., None] - turned @ joints[..., None]
    return torch.cat([turned, shifts], dim=-1)


def rotvec_to_rotmat(rotvecs: Tensor) -> Tensor:
    """Convert axis-angle vectors, shaped (..., 3), radians, as `motiondata.rotations` does."""
    x, y, z = rotvecs.unbind(-1)
    angle = (x * x + y * y + z * z).sqrt()
    turn = torch.sinc(angle / torch.pi)
    bend = 0.5 * torch.sinc(angle / (2 * torch.pi)) ** 2
    rows = (
        (1 - bend * (y * y + z * z), bend * x * y - turn * z, bend * x * z + turn * y),
        (bend * x * y + turn * z, 1 - bend * (x * x + z * z), bend * y * z - turn * x),
        (bend * x * z - turn * y, bend * y * z + turn * x, 1 - bend * (x * x + y * y)),
    )
    return torch.stack([torch.stack(row, dim=-1) for row in rows], dim=-2)
