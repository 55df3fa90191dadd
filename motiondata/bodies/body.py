"""A body: a surface, the skeleton in it, and how the one follows the other.

Any body in SMPL's file format becomes this one type, so that nothing after the loader asks which
model it came from. Source of the model: Loper et al., "SMPL: A Skinned Multi-Person Linear Model",
2015.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from motiondata.skeletons import JOINTS


@dataclass(frozen=True, eq=False)
class Body:
    """A skinned body at rest: a T-pose, y up, facing +z, its left towards +x, in metres.

    Two bodies are the same where their `id` is.
    """

    vertices: NDArray[np.float64]
    """The mean shape's surface, shaped (vertices, 3)."""
    faces: NDArray[np.int32]
    """Vertex numbers, shaped (faces, 3)."""
    weights: NDArray[np.float64]
    """How much each vertex follows each of the body's own joints, shaped (vertices, joints)."""
    joints_template: NDArray[np.float64]
    """The mean shape's joints, shaped (joints, 3)."""
    joint_shapes: NDArray[np.float64]
    """How the joints move with each shape component, shaped (joints, 3, shapes)."""
    parents: NDArray[np.int32]
    """The parent of each joint, shaped (joints,); the root's is -1."""
    shape_dirs: NDArray[np.float64]
    """How the vertices move with each shape component, shaped (vertices, 3, shapes)."""
    pose_dirs: NDArray[np.float64] | None
    """How the vertices move with the rotation matrices less the identity of all joints but the
    root, row by row, shaped (vertices, 3, 9 (joints - 1)); None where they do not."""
    name: str
    """What people call it: the file's name."""
    id: str
    """BLAKE2b-128 of the file's arrays, in hexadecimal."""
    shape_space: str
    """The space that its betas are coefficients of."""

    @cached_property
    def driven_weights(self) -> NDArray[np.float64]:
        """How much each vertex follows each of the 22 posed joints, shaped (vertices, 22).

        Fingers, jaw and eyes are never turned, so each moves with its nearest posed ancestor.
        """
        driven = np.arange(len(self.parents))
        weights = np.zeros((len(self.vertices), JOINTS))
        for joint, parent in enumerate(self.parents):
            driven[joint] = joint if joint < JOINTS else driven[parent]
            weights[:, driven[joint]] += self.weights[:, joint]
        return weights

    @cached_property
    def shape_rows(self) -> NDArray[np.float64]:
        """The shape components one after another, shaped (shapes, vertices, 3)."""
        return np.ascontiguousarray(np.moveaxis(self.shape_dirs, -1, 0))

    @cached_property
    def face_parts(self) -> NDArray[np.uint8]:
        """The posed joint that each face's vertices follow most, shaped (faces,), below 22."""
        parts: NDArray[np.intp] = self.driven_weights[self.faces].sum(axis=1).argmax(axis=1)
        return parts.astype(np.uint8)
