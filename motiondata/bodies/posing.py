"""Posing: a body's shape and a clip's rotations become vertices and joints, frame by frame.

Linear blend skinning of our own, since it is on the hot path and shape is constant in a clip; the
`smplx` package is its referee in the tests. Conventions are AMASS's and `smplx`'s: the root turns
about the pelvis, the pelvis stands at its rest place plus `trans`. Source: Loper et al. 2015.
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from motiondata.bodies.body import Body
from motiondata.bodies.skinning import Skin, body_to_skin, skin_frames
from motiondata.rotations import rotvec_to_rotmat
from motiondata.skeleton import JOINTS, PARENTS

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


@dataclass(frozen=True, eq=False)
class PosedBody:
    """A clip's surfaces and joints in the target frame, metres."""

    vertices: NDArray[np.float32]
    """Shaped (frames, vertices, 3)."""
    joints: Array
    """The 22 posed joints, shaped (frames, 22, 3)."""


def shape_body(body: Body, betas: Array) -> ShapedBody:
    """Merge shape coefficients, shaped (betas,), into a body.

    They are amplitudes of principal components, largest first: missing ones count as zero, and
    those beyond the body's components are left out. `ShapedBody.betas` are those used.
    """
    used = np.asarray(betas, np.float64)[: body.shape_dirs.shape[2]]
    return ShapedBody(
        body=body,
        betas=used,
        vertices=body.vertices + (body.shape_dirs[..., : len(used)] * used).sum(axis=2),
        joints=body.joints_template + (body.joint_shapes[..., : len(used)] * used).sum(axis=2),
    )


def pose_body(
    shaped: ShapedBody, pose: Array, trans: Array, world_to_target: Array = IDENTITY
) -> PosedBody:
    """Pose a body by axis-angle `pose` (frames, 22, 3) and `trans` (frames, 3), world frame.

    `world_to_target`, shaped (4, 4), takes the world frame to the one wanted, such as a sensor's.
    A frame's result has the same bits whatever frames are posed with it.
    """
    skin = _skin_of(shaped.body)
    vertices = np.empty((len(trans), len(shaped.vertices), 3), np.float32)
    joints = np.empty((len(trans), JOINTS, 3))
    for first in range(0, len(trans), BATCH_FRAMES):
        batch = slice(first, first + BATCH_FRAMES)
        turns = _turns(pose[batch])
        turned, places = _chain(shaped, turns, trans[batch], world_to_target)
        transforms = _transforms(shaped, turned, places)
        skin_frames(skin, shaped.vertices, _features(turns), transforms, vertices[batch])
        joints[batch] = np.moveaxis(places, -1, 0)
    return PosedBody(vertices, joints)


def pose_joints(
    shaped: ShapedBody, pose: Array, trans: Array, world_to_target: Array = IDENTITY
) -> Array:
    """Return the joints, shaped (frames, 22, 3), that `pose_body` would give."""
    _, places = _chain(shaped, _turns(pose), trans, world_to_target)
    return np.ascontiguousarray(np.moveaxis(places, -1, 0))


@lru_cache(maxsize=3)  # a body for each gender
def _skin_of(body: Body) -> Skin:
    return body_to_skin(body)


def _turns(pose: Array) -> Array:
    """Return each joint's rotation relative to its parent, shaped (22, 3, 3, frames)."""
    return np.ascontiguousarray(np.moveaxis(rotvec_to_rotmat(pose), 0, -1))


def _features(turns: Array) -> NDArray[np.float32]:
    """Return what scales the pose blend shapes, shaped (189, frames)."""
    less_identity = turns[1:] - np.eye(3)[:, :, None]
    return less_identity.reshape(-1, turns.shape[-1]).astype(np.float32)


def _chain(
    shaped: ShapedBody, turns: Array, trans: Array, world_to_target: Array
) -> tuple[Array, Array]:
    """Return the joints' rotations (22, 3, 3, frames) and places (22, 3, frames), target frame."""
    rotation, translation = world_to_target[:3, :3, None], world_to_target[:3, 3:]
    turned, places = np.empty_like(turns), np.empty((JOINTS, 3, turns.shape[-1]))
    turned[0] = _product(rotation, turns[0])
    places[0] = _product(rotation, (shaped.joints[0] + trans).T[:, None])[:, 0] + translation
    for joint, parent in enumerate(PARENTS[1:], start=1):
        bone = shaped.joints[joint] - shaped.joints[parent]
        turned[joint] = _product(turned[parent], turns[joint])
        places[joint] = places[parent] + _product(turned[parent], bone[:, None, None])[:, 0]
    return turned, places


def _transforms(shaped: ShapedBody, turned: Array, places: Array) -> Array:
    """Return what carries a vertex at rest along with each joint, shaped (22, 3, 4, frames)."""
    rest = shaped.joints[:JOINTS, None, :, None]
    return np.concatenate([turned, (places - (turned * rest).sum(axis=2))[:, :, None]], axis=2)


def _product(left: Array, right: Array) -> Array:
    """Multiply matrices shaped (rows, 3, frames) and (3, columns, frames), one frame as another."""
    product: Array = (left[:, :, None] * right[None]).sum(axis=1)
    return product
