"""Pose a body: compute the vertices and joints of every frame from shape and rotations.

This package has its own linear blend skinning, because it is on the hot path and the shape is
constant in a clip; the `smplx` package is the reference implementation in the tests. Conventions
are those of AMASS and `smplx`: the root rotates about the pelvis, and the pelvis is at its rest
position plus `trans`. Source: Loper et al. 2015.
"""

from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np
from numpy.typing import ArrayLike, NDArray

from motiondata.arrays import finite_array
from motiondata.bodies.body import Body
from motiondata.bodies.forward_kinematics import forward_kinematics, joint_positions
from motiondata.bodies.simd import LANES
from motiondata.bodies.skinning import Skin, body_to_skin, skin_frames, to_blocks
from motiondata.skeletons import JOINTS

BATCH_FRAMES = 256
"""Frames per skinning batch: a HumanML3D clip, of at most 199 frames, is one batch."""

IDENTITY = np.eye(4)

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class ShapedBody:
    """A body with its shape applied, which is constant in a clip; rest pose, meters."""

    body: Body
    betas: Array
    """The shape coefficients used, shaped (betas,): those for which the body has components."""
    vertices: Array
    """The rest surface, shaped (vertices, 3)."""
    joints: Array
    """The body's own joints at rest, shaped (joints, 3)."""

    @cached_property
    def vertex_blocks(self) -> NDArray[np.float32]:
        """The rest surface in the layout of `skin_frames`, shaped (blocks, 3, LANES)."""
        return to_blocks(self.vertices[..., None])[:, 0]

    @property
    def plane_vertices(self) -> int:
        """The number of vertices of all blocks, including padding."""
        return len(self.vertex_blocks) * LANES


@dataclass(frozen=True, eq=False)
class PosedBody:
    """The surfaces and joints of a clip; target frame, meters."""

    vertices: NDArray[np.float32]
    """Shaped (frames, vertices, 3): a view of memory with the axes as (frames, 3, vertices)."""
    joints: Array
    """The 22 posed joints, shaped (frames, 22, 3)."""


def shape_body(body: Body, betas: Array) -> ShapedBody:
    """Apply shape coefficients, shaped (betas,), to a body.

    They are amplitudes of principal components, largest first. Missing ones count as zero, and
    those beyond the body's components are ignored. `ShapedBody.betas` are the ones used.
    """
    used = np.asarray(betas, np.float64)[: body.shape_dirs.shape[2]]
    return _shape_body(body, tuple(used.tolist()))


@lru_cache(maxsize=64)  # an archive has many recordings of each of its subjects
def _shape_body(body: Body, betas: tuple[float, ...]) -> ShapedBody:
    vertices, joints = body.vertices.copy(), body.joints_template.copy()
    for shape, beta in enumerate(betas):
        if beta != 0:
            vertices += body.shape_rows[shape] * beta
            joints += body.joint_shapes[..., shape] * beta
    return ShapedBody(body, np.array(betas), vertices, joints)


def pose_body(
    shaped: ShapedBody, pose: ArrayLike, trans: ArrayLike, T_target_world: ArrayLike = IDENTITY
) -> PosedBody:
    """Pose a body by axis-angle `pose` (frames, 22, 3), radians, and `trans` (frames, 3), meters.

    Both are in AMASS's conventions, world frame, z up. `T_target_world`, shaped (4, 4), transforms
    from the world frame to the target frame, such as a sensor's. The bits of a frame's result do
    not depend on the other frames. Raises `InputError` if arrays have other shapes, are not finite,
    or differ in their number of frames.
    """
    trans = finite_array(trans, "trans", ("frames", 3))
    pose = finite_array(pose, "pose", (len(trans), JOINTS, 3))
    T_target_world = finite_array(T_target_world, "T_target_world", (4, 4))
    planes = np.empty((len(trans), 3, shaped.plane_vertices), np.float32)
    joints = pose_planes(shaped, pose, trans, T_target_world, planes)
    return PosedBody(planes[..., : len(shaped.vertices)].transpose(0, 2, 1), joints)


def pose_planes(
    shaped: ShapedBody,
    pose: Array,
    trans: Array,
    T_target_world: Array,
    planes: NDArray[np.float32],
) -> Array:
    """Pose as `pose_body` does: write the vertices to `planes` and return the joints.

    `T_target_world` is shaped (4, 4), or (frames, 4, 4) for a target frame that moves. `planes` is
    shaped (frames, 3, `shaped.plane_vertices`). It ends with padding vertices, which no
    face uses. The joints are shaped (frames, 22, 3).
    """
    chain, skin = (
        forward_kinematics(shaped.joints, pose, trans, T_target_world),
        skin_of(shaped.body),
    )
    for first in range(0, len(trans), BATCH_FRAMES):
        batch = slice(first, first + BATCH_FRAMES)
        frames = (chain.features[batch], chain.transforms[batch], chain.roots[batch])
        skin_frames(skin, shaped.vertex_blocks, *frames, planes[batch])
    return chain.joints


def pose_joints(
    shaped: ShapedBody, pose: Array, trans: Array, T_target_world: Array = IDENTITY
) -> Array:
    """Return only the joints of `pose_body`, shaped (frames, 22, 3)."""
    return joint_positions(shaped.joints, pose, trans, T_target_world)


@lru_cache(maxsize=3)  # one body per gender
def skin_of(body: Body) -> Skin:
    """Return what skinning needs of a body; the last bodies' are kept."""
    return body_to_skin(body)
