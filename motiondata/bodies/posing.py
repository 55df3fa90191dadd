"""Posing: a body's shape and a clip's rotations become vertices and joints, frame by frame.

Linear blend skinning of our own, since it is on the hot path and shape is constant in a clip; the
`smplx` package is its reference in the tests. Conventions are AMASS's and `smplx`'s: the root turns
about the pelvis, the pelvis stands at its rest place plus `trans`. Source: Loper et al. 2015.
"""

from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np
from numpy.typing import ArrayLike, NDArray

from motiondata.arrays import finite_array
from motiondata.bodies.body import Body
from motiondata.bodies.forward_kinematics import forward_kinematics
from motiondata.bodies.simd import LANES
from motiondata.bodies.skinning import Skin, body_to_skin, skin_frames, to_blocks
from motiondata.skeletons import JOINTS

BATCH_FRAMES = 256
"""How many frames are skinned at once: HumanML3D's clips, of 199 frames at most, are one batch."""

IDENTITY = np.eye(4)

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class ShapedBody:
    """A body with its shape merged in, which is constant in a clip; the rest pose, metres."""

    body: Body
    betas: Array
    """The shape coefficients used, shaped (betas,): those that the body has a component for."""
    vertices: Array
    """The rest surface, shaped (vertices, 3)."""
    joints: Array
    """The body's own joints at rest, shaped (joints, 3)."""

    @cached_property
    def vertex_blocks(self) -> NDArray[np.float32]:
        """The rest surface as `skin_frames` takes it."""
        return to_blocks(self.vertices[..., None])[:, 0]

    @property
    def plane_vertices(self) -> int:
        """How many vertices all its blocks have."""
        return len(self.vertex_blocks) * LANES


@dataclass(frozen=True, eq=False)
class PosedBody:
    """A clip's surfaces and joints in the target frame, metres."""

    vertices: NDArray[np.float32]
    """Shaped (frames, vertices, 3): a view of memory that has each axis's numbers together."""
    joints: Array
    """The 22 posed joints, shaped (frames, 22, 3)."""


def shape_body(body: Body, betas: Array) -> ShapedBody:
    """Merge shape coefficients, shaped (betas,), into a body.

    They are amplitudes of principal components, largest first: missing ones count as zero, and
    those beyond the body's components are left out. `ShapedBody.betas` are those used.
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
    """Pose a body by axis-angle `pose` (frames, 22, 3), radians, and `trans` (frames, 3), metres.

    Both are in AMASS's conventions, world frame, z up. `T_target_world`, shaped (4, 4), transforms
    the world frame to the one wanted, such as a sensor's. A frame's result has the same bits
    whatever frames are posed with it. Raises `InputError` where arrays are not shaped so, not
    finite, or of different numbers of frames.
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
    """Write the vertices that `pose_body` gives to memory at hand, and return its joints.

    `planes`, shaped (frames, 3, `shaped.plane_vertices`), has each axis's numbers together, and at
    the end of each some vertices more than the body has, which no face names.
    """
    chain, skin = (
        forward_kinematics(shaped.joints, pose, trans, T_target_world),
        _skin_of(shaped.body),
    )
    for first in range(0, len(trans), BATCH_FRAMES):
        batch = slice(first, first + BATCH_FRAMES)
        frames = (chain.features[batch], chain.transforms[batch], chain.roots[batch])
        skin_frames(skin, shaped.vertex_blocks, *frames, planes[batch])
    return chain.joints


def pose_joints(
    shaped: ShapedBody, pose: Array, trans: Array, T_target_world: Array = IDENTITY
) -> Array:
    """Return the joints, shaped (frames, 22, 3), that `pose_body` would give."""
    return forward_kinematics(shaped.joints, pose, trans, T_target_world).joints


@lru_cache(maxsize=3)  # a body for each gender
def _skin_of(body: Body) -> Skin:
    return body_to_skin(body)
