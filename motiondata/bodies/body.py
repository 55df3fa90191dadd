"""A body: a surface, its skeleton, and the skinning weights that connect them.

Every body in SMPL's file format is loaded into this one type, so that only the loader depends on
the model. Source of the model: Loper et al., "SMPL: A Skinned Multi-Person Linear Model", 2015.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from motiondata.skeletons import JOINTS


@dataclass(frozen=True, eq=False)
class Body:
    """A skinned body at rest: T-pose, y up, facing +z, left side toward +x, meters.

    Two bodies are equal if they have the same `id`.
    """

    vertices: NDArray[np.float64]
    """The surface of the mean shape, shaped (vertices, 3)."""
    faces: NDArray[np.int32]
    """Vertex numbers, shaped (faces, 3)."""
    weights: NDArray[np.float64]
    """Skinning weights for the body's own joints, shaped (vertices, joints)."""
    joints_template: NDArray[np.float64]
    """The joints of the mean shape, shaped (joints, 3)."""
    joint_shapes: NDArray[np.float64]
    """Displacement of the joints per unit of each shape component, shaped (joints, 3, shapes)."""
    parents: NDArray[np.int32]
    """The parent of each joint, shaped (joints,); the root's is -1."""
    shape_dirs: NDArray[np.float64]
    """Displacement of the vertices per unit of each shape component: (vertices, 3, shapes)."""
    pose_dirs: NDArray[np.float64] | None
    """Pose blend shapes, shaped (vertices, 3, 9 (joints - 1)), or None if the body has none. They
    are scaled by the rotation matrices minus the identity of all joints except the root, row by
    row."""
    name: str
    """The display name: the name of the file."""
    id: str
    """BLAKE2b-128 of the file's arrays, in hexadecimal."""
    shape_space: str
    """The shape space of the body's betas."""

    @cached_property
    def driven_weights(self) -> NDArray[np.float64]:
        """Skinning weights for the 22 posed joints, shaped (vertices, 22).

        Fingers, jaw and eyes are not posed, so each moves with its nearest posed ancestor.
        """
        driven = np.arange(len(self.parents))
        weights = np.zeros((len(self.vertices), JOINTS))
        for joint, parent in enumerate(self.parents):
            driven[joint] = joint if joint < JOINTS else driven[parent]
            weights[:, driven[joint]] += self.weights[:, joint]
        return weights

    @cached_property
    def shape_rows(self) -> NDArray[np.float64]:
        """`shape_dirs` with the shape components first, shaped (shapes, vertices, 3)."""
        return np.ascontiguousarray(np.moveaxis(self.shape_dirs, -1, 0))

    @cached_property
    def face_parts(self) -> NDArray[np.uint8]:
        """The posed joint with the largest weight on each face, 0 to 21, shaped (faces,)."""
        parts: NDArray[np.intp] = self.driven_weights[self.faces].sum(axis=1).argmax(axis=1)
        return parts.astype(np.uint8)
