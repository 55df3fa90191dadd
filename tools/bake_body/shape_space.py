"""A linear shape space of vertices and joints together, and a regressor that honors both.

SMPL's files know joints only as combinations of vertices; so the combination must give the rig's
own joints, and their change with shape, or limbs would turn about the wrong places.
"""

from dataclasses import dataclass

import numpy as np
from scipy.optimize import linprog

NEAREST_VERTICES = 1_500
"""How many vertices about a joint its regressor may choose from."""


@dataclass(frozen=True)
class ShapeSpace:
    """A mean body, and what one deviation of each component adds to it; meters."""

    vertices: np.ndarray
    """(vertices, 3)."""
    joints: np.ndarray
    """(24, 3)."""
    shape_dirs: np.ndarray
    """(vertices, 3, components)."""
    joint_shape_dirs: np.ndarray
    """(24, 3, components)."""


def principal_shapes(vertices: np.ndarray, joints: np.ndarray, components: int) -> ShapeSpace:
    """Return the principal components of bodies (bodies, vertices, 3) with joints (bodies, 24, 3).

    Coefficients have unit variance; positive ones of each component make the body taller.
    """
    bodies, count = vertices.shape[:2]
    stacked = np.concatenate([vertices, joints], axis=1)
    mean = stacked.mean(axis=0)
    centerd = (stacked - mean).reshape(bodies, -1)
    _, spreads, axes = np.linalg.svd(centerd, full_matrices=False)
    deviations = axes[:components] * spreads[:components, None] / np.sqrt(bodies - 1)
    dirs = np.moveaxis(deviations.reshape(components, -1, 3), 0, -1)
    crown, sole = mean[:count, 1].argmax(), mean[:count, 1].argmin()
    dirs = dirs * np.where(dirs[crown, 1] < dirs[sole, 1], -1.0, 1.0)
    return ShapeSpace(mean[:count], mean[count:], dirs[:count], dirs[count:])


def joint_regressor(space: ShapeSpace) -> np.ndarray:
    """Return J_regressor (24, vertices), which gives the joints and their change with shape."""
    moves = np.concatenate([space.vertices[..., None], space.shape_dirs], axis=-1)
    wanted = np.concatenate([space.joints[..., None], space.joint_shape_dirs], axis=-1)
    regressor = np.zeros((len(wanted), len(moves)))
    for joint, targets in enumerate(wanted):
        distance = np.linalg.norm(space.vertices - space.joints[joint], axis=1)
        near = np.argsort(distance, kind="stable")[:NEAREST_VERTICES]
        equations = np.concatenate([np.ones((1, len(near))), moves[near].reshape(len(near), -1).T])
        regressor[joint, near] = _least_weights(equations, np.append(1.0, targets))
    return regressor


def _least_weights(equations: np.ndarray, values: np.ndarray) -> np.ndarray:
    """Solve for the signed weights of least absolute sum, which are few and none of them large.

    Large ones that cancel would lose the joint in a reader's single precision.
    """
    both_signs = np.concatenate([equations, -equations], axis=1)
    cost = np.ones(both_signs.shape[1])
    solution = linprog(cost, A_eq=both_signs, b_eq=values, method="highs-ds").x
    plus, minus = np.split(np.asarray(solution), 2)
    weights: np.ndarray = plus - minus
    used = np.flatnonzero(weights)
    weights[used] = np.linalg.lstsq(equations[:, used], values)[0]  # beyond linprog's tolerance
    return weights
