"""The body that moves as a clip does: its shape, its poses, and where it stands."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

from motiondata.bodies.body import Body
from motiondata.bodies.posing import ShapedBody, pose_body, shape_body
from motiondata.recording import GENDERS
from motiondata.skeletons import JOINT
from pipelines.viewing.pose_pair import shifts_of
from pipelines.viewing.registration import HIPS, find_move, hips_of
from pipelines.viewing.skeletons import PosedSkeleton
from pipelines.viewing.viewed_clip import ViewedClip

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class ClipBody:
    """A shaped body, and its poses in the frame in which a clip is drawn."""

    shaped: ShapedBody
    pose: Floats
    """Axis-angle rotations, shaped (frames, 22, 3), radians."""
    roots: Floats
    """The places of the pelvis, shaped (frames, 3), meters."""
    has_shape: bool
    """Whether the body has the shape of the clip; else it has its mean shape."""


def shape_of(clip: ViewedClip, bodies: Mapping[str, Body]) -> tuple[ShapedBody, bool]:
    """Return the body of a clip, and whether it has the clip's shape: betas fit one body only."""
    gender = clip.details.get("gender")
    body = bodies[gender if gender in GENDERS else "neutral"]
    fits = clip.details.get("body") == body.id
    betas = np.asarray(clip.details.get("betas", []) if fits else [], np.float64)
    return shape_body(body, betas), fits


def surface_of_pair(
    clip: ViewedClip, shaped: ShapedBody
) -> tuple[NDArray[np.float32], NDArray[np.int32]]:
    """Return vertices (vertices, 3) and faces of a body in both poses of a pair, side by side.

    Raises `ValueError` if the clip has no poses.
    """
    if clip.pose is None or clip.trans is None:
        raise ValueError(f"{clip.key}: a pair without poses")
    posed = pose_body(shaped, clip.pose, clip.trans)
    vertices = (posed.vertices + shifts_of(posed.joints)).reshape(-1, 3)
    faces = shaped.body.faces
    both = np.concatenate([faces, faces + len(shaped.vertices)])
    return vertices.astype(np.float32), both.astype(np.int32)


def body_of(clip: ViewedClip, bodies: Mapping[str, Body]) -> ClipBody | None:
    """Return the body that moves as a clip does; None if the clip has no poses.

    It stands where the skeleton of the clip does: some features have left the world of the poses.
    """
    if clip.pose is None or clip.trans is None:
        return None
    shaped, fits = shape_of(clip, bodies)
    pose = clip.pose.astype(np.float64)
    roots = shaped.joints[0] + clip.trans.astype(np.float64)
    if clip.skeleton is None:
        return ClipBody(shaped, pose, roots, fits)
    return _onto(clip.skeleton, ClipBody(shaped, pose, roots, fits))


def _onto(skeleton: PosedSkeleton, body: ClipBody) -> ClipBody:
    """Move a body to where a skeleton is."""
    turns = Rotation.from_rotvec(body.pose[:, 0])
    rest = body.shaped.joints[[JOINT[name] for name in HIPS]] - body.shaped.joints[0]
    hips = np.stack([body.roots + turns.apply(offset) for offset in rest], axis=1)
    move = find_move(hips.reshape(-1, 3), hips_of(skeleton).reshape(-1, 3))
    if move.is_nothing:
        return body
    pose = body.pose.copy()
    pose[:, 0] = (Rotation.from_matrix(move.rotation) * turns).as_rotvec()
    return ClipBody(body.shaped, pose, move.of(body.roots), body.has_shape)
