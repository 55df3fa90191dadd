"""Linear blend skinning of a clip: the inner loop of posing, compiled.

Frames are the innermost axis of everything, so that one instruction works on many frames and none
waits for a sum. Each frame then goes through the same IEEE operations in the same order, however
many stand beside it: the bytes cannot depend on batches, threads or vector widths. A BLAS product
for the pose blend shapes would be faster but fails that law: OpenBLAS's Haswell kernels round a row
by its place in the matrix and by the number of threads, even in batches of a fixed size.
"""

from dataclasses import dataclass

import numba
import numpy as np
from numpy.typing import NDArray

from motiondata.bodies.body import Body
from motiondata.skeleton import JOINTS

POSE_FEATURES = 9 * (JOINTS - 1)
"""The rotation matrices, less the identity, of all posed joints but the root."""

_compiled = numba.njit(cache=True, nogil=True, error_model="numpy")


@dataclass(frozen=True, eq=False)
class Skin:
    """What skinning needs of a body: constant, sparse, and of the posed joints only."""

    starts: NDArray[np.int64]
    """Where each vertex's weights start in the next two arrays, shaped (vertices + 1,)."""
    joints: NDArray[np.int64]
    """The posed joint that each weight is of."""
    weights: NDArray[np.float64]
    """All weights but those of zero."""
    pose_dirs: NDArray[np.float32]
    """Pose blend shapes, shaped (vertices, 3, 189), or (vertices, 3, 0) where there are none."""


def body_to_skin(body: Body) -> Skin:
    """Keep what skinning needs of a body; unposed joints have no rotation to blend shapes by."""
    vertices, joints = np.nonzero(body.driven_weights)
    counts = np.bincount(vertices, minlength=len(body.vertices))
    pose_dirs = np.zeros((len(body.vertices), 3, 0)) if body.pose_dirs is None else body.pose_dirs
    return Skin(
        starts=np.concatenate([[0], np.cumsum(counts)]),
        joints=joints,
        weights=body.driven_weights[vertices, joints],
        pose_dirs=np.ascontiguousarray(pose_dirs[..., :POSE_FEATURES], np.float32),
    )


def skin_frames(
    skin: Skin,
    vertices: NDArray[np.float64],
    features: NDArray[np.float32],
    transforms: NDArray[np.float64],
    posed: NDArray[np.float32],
) -> None:
    """Write the posed vertices of some frames to `posed`, shaped (frames, vertices, 3).

    `vertices` are at rest, shaped (vertices, 3); `features` are the rotation matrices of all posed
    joints but the root, less the identity, shaped (189, frames); `transforms` take the rest pose to
    the posed one, shaped (22, 3, 4, frames).
    """
    rows = features[: skin.pose_dirs.shape[2]]
    _skin(vertices, skin.pose_dirs, rows, skin.starts, skin.joints, skin.weights, transforms, posed)


# Rows are picked by number within these functions, never passed as slices: counting references to a
# slice costs more than the arithmetic. Three features at once halve the traffic of `offsets`.


@_compiled
def _skin(vertices, pose_dirs, features, starts, joints, weights, transforms, posed):  # type: ignore[no-untyped-def]
    frames = len(posed)
    offsets = np.empty((3, frames), np.float32)
    rest = np.empty((3, frames))
    moved = np.empty((3, frames))
    for vertex in range(len(vertices)):
        _blend(pose_dirs, vertex, features, offsets)
        for axis in range(3):
            for frame in range(frames):
                rest[axis, frame] = vertices[vertex, axis] + offsets[axis, frame]
                moved[axis, frame] = 0
        for entry in range(starts[vertex], starts[vertex + 1]):
            _follow(transforms, joints[entry], weights[entry], rest, moved)
        for frame in range(frames):
            for axis in range(3):
                posed[frame, vertex, axis] = moved[axis, frame]


@_compiled
def _blend(dirs, vertex, features, offsets):  # type: ignore[no-untyped-def]
    offsets[:] = 0
    for row in range(0, len(features), 3):
        x0, x1, x2 = dirs[vertex, 0, row], dirs[vertex, 0, row + 1], dirs[vertex, 0, row + 2]
        y0, y1, y2 = dirs[vertex, 1, row], dirs[vertex, 1, row + 1], dirs[vertex, 1, row + 2]
        z0, z1, z2 = dirs[vertex, 2, row], dirs[vertex, 2, row + 1], dirs[vertex, 2, row + 2]
        for frame in range(features.shape[1]):
            a, b, c = features[row, frame], features[row + 1, frame], features[row + 2, frame]
            offsets[0, frame] += x0 * a + x1 * b + x2 * c
            offsets[1, frame] += y0 * a + y1 * b + y2 * c
            offsets[2, frame] += z0 * a + z1 * b + z2 * c


@_compiled
def _follow(transforms, joint, weight, rest, moved):  # type: ignore[no-untyped-def]
    for axis in range(3):
        for frame in range(rest.shape[1]):
            moved[axis, frame] += weight * (
                transforms[joint, axis, 0, frame] * rest[0, frame]
                + transforms[joint, axis, 1, frame] * rest[1, frame]
                + transforms[joint, axis, 2, frame] * rest[2, frame]
                + transforms[joint, axis, 3, frame]
            )
