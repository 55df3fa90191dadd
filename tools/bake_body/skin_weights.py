"""Skinning weights without steps, few to a vertex.

A step in the weights is a tear or a fold in the skin once a limb turns far from its rest pose,
and SMPL's motion turns the arms by more than Anny's own rest pose leaves room for.
"""

import numpy as np
from scipy.sparse import csr_array, diags_array

DIFFUSIONS = 8
"""Rounds of averaging with the neighbors: the fewest that leave no ledge on a raised shoulder."""

WEIGHTS_PER_VERTEX = 4
"""As in SMPL; skinning takes time in proportion."""


def adjacency(faces: np.ndarray, vertices: int) -> csr_array:
    """Return the matrix (vertices, vertices) that is 1 where two vertices share an edge."""
    edges = faces[:, [0, 1, 1, 2, 2, 0, 1, 0, 2, 1, 0, 2]].reshape(-1, 2)
    ends = np.unique(edges, axis=0).T
    return csr_array((np.ones(ends.shape[1]), tuple(ends)), shape=(vertices, vertices))


def diffuse_weights(weights: np.ndarray, faces: np.ndarray) -> np.ndarray:
    """Return weights (vertices, joints) averaged with those of the neighbors, round by round."""
    near = adjacency(faces, len(weights))
    share = diags_array(1.0 / near.sum(axis=1)) @ near
    for _ in range(DIFFUSIONS):
        weights = (weights + share @ weights) / 2
    return weights


def strongest_weights(weights: np.ndarray) -> np.ndarray:
    """Return the four largest weights of each vertex less its fifth, summing to one.

    So a weight fades to nothing where it begins to be left out, and leaves no step behind.
    """
    left_out = np.sort(weights, axis=1)[:, -WEIGHTS_PER_VERTEX - 1, None]
    kept = np.maximum(weights - left_out, 0.0)
    return np.asarray(kept / kept.sum(axis=1, keepdims=True))
