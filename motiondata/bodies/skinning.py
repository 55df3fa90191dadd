"""Linear blend skinning of a clip: the compiled inner loop of posing.

Each operation processes sixteen vertices. A vertex always gets the same fused multiply-adds in the
same order, so that bytes do not depend on batches or threads. Skinning is in single precision
relative to the root. The root position is added last, so that precision does not depend on the
distance.
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
"""The number of pose features per frame: 9 per posed joint except the root."""


@dataclass(frozen=True, eq=False)
class Skin:
    """The parts of a body that skinning needs, in blocks of `LANES` vertices, the last padded."""

    starts: NDArray[np.int64]
    """The first row of each block in `joints` and `weights`, shaped (blocks + 1,)."""
    joints: NDArray[np.int64]
    """The joint of each row; a block has one row per joint with any weight, shaped (rows,)."""
    weights: NDArray[np.float32]
    """The weights of the row's joint for the block's vertices, shaped (rows, LANES)."""
    pose_dirs: NDArray[np.float32]
    """Pose blend shapes, shaped (blocks, 189, 3, LANES), or (blocks, 0, 3, LANES) if none."""


def body_to_skin(body: Body) -> Skin:
    """Return the parts of a body that skinning needs, without blend shapes of unposed joints."""
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
    """Rearrange vertex values, shaped (vertices, axes, n), to (blocks, n, axes, LANES)."""
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
    """Write the posed vertices of consecutive frames to `planes`: (frames, 3, blocks x LANES).

    `vertices` are at rest, shaped (blocks, 3, LANES). `features` are the rotation matrices of all
    posed joints except the root, minus the identity, shaped (frames, 189). `transforms` are from
    the rest pose to the posed one, relative to the root, shaped (frames, 22, 3, 4). `roots` are the
    root positions, shaped (frames, 3). Lengths are in meters.
    """
    skin_blocks(
        skin_fields(skin), vertices, tiled_features(skin, features), transforms, roots, planes,
        empty_tile(),
    )  # fmt: skip


def skin_fields(skin: Skin) -> tuple[NDArray[Any], ...]:
    """Return a skin as `skin_blocks` reads it."""
    return skin.starts, skin.joints, skin.weights, skin.pose_dirs


def tiled_features(skin: Skin, features: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return features with frames added at the end, as `skin_blocks` reads them in tiles."""
    if skin.pose_dirs.shape[1] == 0:
        return features
    return np.pad(features, ((0, -len(features) % TILE_FRAMES), (0, 0)))


def empty_tile() -> NDArray[np.float32]:
    """Return the working memory of `skin_blocks`."""
    return np.empty((TILE_FRAMES, 3, LANES), np.float32)


@kernel
def skin_blocks(
    skin: tuple[NDArray[Any], ...],
    vertices: NDArray[np.float32],
    features: NDArray[np.float32],
    transforms: NDArray[np.float32],
    roots: NDArray[np.float32],
    planes: NDArray[np.float32],
    tile: NDArray[np.float32],
) -> None:
    """Write the posed vertices of frames as `skin_frames` does, for kernels to call.

    There must be features for whole tiles of frames, which `tiled_features` adds.
    """
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
