"""Linear blend skinning of a clip: the inner loop of posing, compiled.

Sixteen vertices go through each operation together. A vertex of a frame always goes through the
same fused multiplications and additions in the same order, whatever stands beside it, so that bytes
cannot depend on batches or threads. Single precision, about the root, whose place is added last:
what is far away is as exact.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from motiondata.bodies.body import Body
from motiondata.bodies.simd import LANES, TILE_FRAMES, blend, follow
from motiondata.jit import kernel
from motiondata.skeletons import JOINTS

POSE_FEATURES = 9 * (JOINTS - 1)
"""The rotation matrices, less the identity, of all posed joints but the root."""


@dataclass(frozen=True, eq=False)
class Skin:
    """What skinning needs of a body: constant, by blocks of `LANES` vertices, the last padded."""

    starts: NDArray[np.int64]
    """Where each block's rows start in the next two arrays, shaped (blocks + 1,)."""
    joints: NDArray[np.int64]
    """The joint of each row: those that any vertex of its block follows, shaped (rows,)."""
    weights: NDArray[np.float32]
    """How much the block's vertices follow that joint, shaped (rows, LANES)."""
    pose_dirs: NDArray[np.float32]
    """Pose blend shapes, shaped (blocks, 189, 3, LANES), or (blocks, 0, 3, LANES) without any."""


def body_to_skin(body: Body) -> Skin:
    """Keep what skinning needs of a body; unposed joints have no rotation to blend shapes by."""
    weights = to_blocks(body.driven_weights[:, None])[:, :, 0]
    blocks, joints = np.nonzero(weights.any(axis=2))
    pose_dirs = np.zeros((*body.vertices.shape, 0)) if body.pose_dirs is None else body.pose_dirs
    return Skin(
        starts=np.searchsorted(blocks, np.arange(len(weights) + 1)),
        joints=np.ascontiguousarray(joints),
        weights=weights[blocks, joints],
        pose_dirs=to_blocks(pose_dirs[..., :POSE_FEATURES]),
    )


def to_blocks(values: NDArray[np.float64]) -> NDArray[np.float32]:
    """Lay values of vertices, shaped (vertices, axes, n), out as (blocks, n, axes, LANES)."""
    vertices, axes, count = values.shape
    blocks = -(-vertices // LANES)
    padded = np.zeros((blocks * LANES, axes, count), np.float32)
    padded[:vertices] = values
    return np.ascontiguousarray(padded.reshape(blocks, LANES, axes, count).transpose(0, 3, 2, 1))


def skin_frames(
    skin: Skin,
    vertices: NDArray[np.float32],
    features: NDArray[np.float32],
    transforms: NDArray[np.float32],
    roots: NDArray[np.float32],
    planes: NDArray[np.float32],
) -> None:
    """Write the posed vertices of some frames to `planes`, shaped (frames, 3, blocks x LANES).

    `vertices` are at rest, shaped (blocks, 3, LANES); `features` are the rotation matrices of all
    posed joints but the root, less the identity, shaped (frames, 189); `transforms` take the rest
    pose to the posed one about the root, shaped (frames, 22, 3, 4), and `roots` are the roots'
    places, shaped (frames, 3).
    """
    if skin.pose_dirs.shape[1] > 0:
        features = np.pad(features, ((0, -len(planes) % TILE_FRAMES), (0, 0)))
    _skin(
        (skin.starts, skin.joints, skin.weights, skin.pose_dirs),
        vertices,
        features,
        transforms,
        roots,
        planes,
        np.empty((TILE_FRAMES, 3, LANES), np.float32),
    )


@kernel
def _skin(
    skin: tuple[NDArray[Any], ...],
    vertices: NDArray[np.float32],
    features: NDArray[np.float32],
    transforms: NDArray[np.float32],
    roots: NDArray[np.float32],
    planes: NDArray[np.float32],
    tile: NDArray[np.float32],
) -> None:
    starts, joints, weights, dirs = skin
    for block in range(len(vertices)):
        rows, at = (starts[block], starts[block + 1]), block * LANES
        for first in range(0, len(planes), TILE_FRAMES):
            frames = range(first, min(first + TILE_FRAMES, len(planes)))
            if dirs.shape[1] > 0:
                blend(vertices, dirs, block, features, first, tile)
                for frame in frames:
                    place = (frame - first, frame, at)
                    follow(tile, joints, weights, rows, transforms, roots, planes, place)
            else:
                for frame in frames:
                    place = (block, frame, at)
                    follow(vertices, joints, weights, rows, transforms, roots, planes, place)
