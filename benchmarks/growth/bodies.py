"""The bundled body with fewer or more vertices, to measure how kernels scale with their number.

It is decimated to a subset of its vertices, or each face is divided into four. The shape of the
person does not change.
"""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from motiondata.bodies.body import Body
from tools.bake_body.decimation import decimate


def decimated(body: Body, vertices: int) -> Body:
    """Return the body decimated to `vertices` of its vertices."""
    kept, faces = decimate(body.vertices, body.faces, vertices)
    return replace(
        body,
        vertices=body.vertices[kept],
        faces=faces.astype(np.int32),
        weights=body.weights[kept],
        shape_dirs=body.shape_dirs[kept],
        pose_dirs=None if body.pose_dirs is None else body.pose_dirs[kept],
    )


def subdivided(body: Body) -> Body:
    """Return the body with a new vertex at each edge's midpoint, so each face becomes four."""
    sides = np.sort(body.faces[:, [[0, 1], [1, 2], [2, 0]]], axis=2)
    edges, numbers = np.unique(sides.reshape(-1, 2), axis=0, return_inverse=True)
    middles = (len(body.vertices) + numbers).reshape(-1, 3)
    corners = [np.stack([body.faces[:, k], middles[:, k], middles[:, k - 1]], 1) for k in range(3)]
    return replace(
        body,
        vertices=_with_middles(body.vertices, edges),
        faces=np.concatenate([*corners, middles]).astype(np.int32),
        weights=_with_middles(body.weights, edges),
        shape_dirs=_with_middles(body.shape_dirs, edges),
        pose_dirs=None if body.pose_dirs is None else _with_middles(body.pose_dirs, edges),
    )


def _with_middles(values: NDArray[np.float64], edges: NDArray[np.int32]) -> NDArray[np.float64]:
    return np.concatenate([values, values[edges].mean(axis=1)])
