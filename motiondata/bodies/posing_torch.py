"""Posing on any device of PyTorch: the same body as `posing` gives, to some micrometres.

Batched products: the chain in float64 level by level of the skeleton, since rounding adds up along
it; blend shapes and skinning, where the time goes, in float32 about the root, whose place is added
last, so that a body far away is as exact as a near one. Frames go through in batches of one size,
the last one padded, so that a product always has the same shape, and the library that computes it
chooses the same algorithm. Nothing waits for the device. Source of the model: Loper et al. 2015.
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
"""Frames whose joints are moved at once: to queue the hundred small steps of it takes longest."""

SKINNED_FRAMES = 256
"""Frames that are skinned at once; 150 MB of intermediate results with SMPL's vertices."""


class Level(NamedTuple):
    """Joints that are equally far from the root, shaped (joints,).

    Tensors, since a list that indexes one is copied to the device each time, which waits for all
    that is queued.
    """

    joints: Tensor
    parents: Tensor


@dataclass(frozen=True, eq=False)
class TorchSkin:
    """What skinning needs of a body, on a device."""

    weights: Tensor
    """How much each vertex follows each posed joint, shaped (vertices, 22), float32."""
    pose_dirs: Tensor | None
    """Pose blend shapes, shaped (189, 3 vertices), float32, or None where there are none."""
    levels: tuple[Level, ...]
    """All joints but the root, from it outwards."""


@dataclass(frozen=True, eq=False)
class TorchPoses:
    """Frames of one body in some shapes, each before a sensor of its own, on a device."""

    vertices: Tensor
    """The rest surface of each shape, shaped (shapes, vertices, 3), float32."""
    joints: Tensor
    """The 22 joints at rest of each shape, shaped (shapes, 22, 3), float64."""
    shapes: Tensor
    """The number of each frame's shape, shaped (frames,)."""
    pose: Tensor
    """Axis-angle rotations, shaped (frames, 22, 3), float64, world frame."""
    trans: Tensor
    """Shaped (frames, 3), float64, metres, world frame."""
    T_target_world: Tensor
    """Shaped (frames, 4, 4), float64."""


def body_to_torch(body: Body, device: torch.device) -> TorchSkin:
    """Keep what skinning needs of a body on a device."""
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
    """Return the rest surfaces and the 22 rest joints of some shapes, as `TorchPoses` has them."""
    vertices = np.stack([shape.vertices for shape in shaped]).astype(np.float32)
    return vertices, np.stack([shape.joints[:JOINTS] for shape in shaped])


def pose_frames(skin: TorchSkin, poses: TorchPoses) -> Tensor:
    """Return the vertices in the target frame, shaped (frames, vertices, 3), float32, metres."""
    with _products_in_float32():
        return _pose_frames(skin, poses)


@contextmanager
def _products_in_float32() -> Iterator[None]:
    """Multiply as exactly as float32 can, and not in TF32, which a program may have allowed.

    That would put vertices half a millimetre off.
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
    """Cut a batch out, and fill it up with frames of zeros."""

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
    """The joints of some frames in the target frame, all float32 but the first."""

    shapes: Tensor
    features: Tensor
    """What scales the pose blend shapes, shaped (frames, 189)."""
    transforms: Tensor
    """What carries a vertex at rest along, about the root, shaped (frames, 22, 3, 4)."""
    root: Tensor
    """The root's place, shaped (frames, 3)."""

    def cut(self, rows: slice) -> "_Moved":
        return _Moved(*(field[rows] for field in self))


def _move_joints(poses: TorchPoses, levels: tuple[Level, ...]) -> _Moved:
    turns = _rotvec_to_rotmat(poses.pose)
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
    """Turn the root into the target frame."""
    return torch.cat([(rotation @ turns[:, 0])[:, None], turns[:, 1:]], dim=1)


def _transforms(joints: Tensor, turns: Tensor, levels: tuple[Level, ...]) -> Tensor:
    """Return what carries a vertex at rest along with each joint, the root being the origin.

    Shaped (frames, 22, 3, 4), from joints at rest, shaped (frames, 22, 3), and their rotations
    relative to their parents, shaped (frames, 22, 3, 3).
    """
    turned, places = torch.empty_like(turns), torch.zeros_like(joints)
    turned[:, 0] = turns[:, 0]
    for level, parents in levels:
        bones = (joints[:, level] - joints[:, parents])[..., None]
        turned[:, level] = turned[:, parents] @ turns[:, level]
        places[:, level] = places[:, parents] + (turned[:, parents] @ bones)[..., 0]
    shifts = places[..., None] - turned @ joints[..., None]
    return torch.cat([turned, shifts], dim=-1)


def _rotvec_to_rotmat(rotvecs: Tensor) -> Tensor:
    """Convert axis-angle vectors, shaped (..., 3), radians, to matrices: Rodrigues' formula."""
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
