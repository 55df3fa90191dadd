"""A linear shape space over vertices and joints together, and a regressor that honours both.

SMPL's files know joints only as linear combinations of vertices, so the combination must give the
joints that the rig has, and their change with shape, not merely points near by.
"""

from dataclasses import dataclass

import numpy as np

NEAREST_VERTICES = 300
"""How many vertices about a joint share in its regressor."""


@dataclass(frozen=True)
class ShapeSpace:
    """A mean body and the displacements of its shape components at one deviation each."""

    vertices: np.ndarray
    """(vertices, 3)."""
    joints: np.ndarray
    """(24, 3)."""
    shape_dirs: np.ndarray
    """(vertices, 3, components)."""
    joint_shape_dirs: np.ndarray
    """(24, 3, components)."""


def principal_shapes(vertices: np.ndarray, joints: np.ndarray, components: int) -> ShapeSpace:
    """Return the principal components of bodies (bodies, vertices, 3) and joints (bodies, 24, 3)."""
    bodies, count = vertices.shape[:2]
    stacked = np.concatenate([vertices, joints], axis=1)
    mean = stacked.mean(axis=0)
    _, deviations, directions = np.linalg.svd((stacked - mean).reshape(bodies, -1), full_matrices=False)
    scaled = directions[:components] * deviations[:components, None] / np.sqrt(bodies - 1)
    dirs = np.moveaxis(scaled.reshape(components, -1, 3), 0, -1)
    top, sole = mean[:count, 1].argmax(), mean[:count, 1].argmin()
    dirs *= np.where(dirs[top, 1] < dirs[sole, 1], -1.0, 1.0)  # positive is taller
    return ShapeSpace(mean[:count], mean[count:], dirs[:count], dirs[count:])


def joint_regressor(space: ShapeSpace) -> np.ndarray:
    """Return J_regressor (24, vertices): the least signed weights that give joints and shapes."""
    moves = np.concatenate([space.vertices[..., None], space.shape_dirs], axis=-1)
    wanted = np.concatenate([space.joints[..., None], space.joint_shape_dirs], axis=-1)
    regressor = np.zeros((len(wanted), len(moves)))
    for joint, targets in enumerate(wanted):
        distance = np.linalg.norm(space.vertices - space.joints[joint], axis=1)
        near = np.argsort(distance, kind="stable")[:NEAREST_VERTICES]
        equations = np.concatenate([np.ones((1, len(near))), moves[near].reshape(len(near), -1).T])
        values = np.append(1.0, targets.reshape(-1))
        regressor[joint, near] = np.linalg.lstsq(equations, values, rcond=1e-12)[0]
    return regressor
