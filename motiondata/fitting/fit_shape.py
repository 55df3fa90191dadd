"""Fit the shape of a body to the distances between joints, before any pose is known.

Distances within a rigid part do not depend on the pose. They are linear in the betas to first
order, so a few steps of least squares solve for them.
"""

from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from motiondata.bodies.body import Body
from motiondata.fitting.joint_clip import JointClip
from motiondata.recording import BETAS
from motiondata.skeletons import JOINT, JOINTS, PARENTS

Floats = NDArray[np.float64]

RIDGE_METERS = 0.002
"""The error of a distance, meters, that weighs as much as a standard deviation of shape."""

MAX_BETA = 4.0
"""Bound on the coefficients, in standard deviations of the population of the shape space."""

STEPS = 4

RIGID_PARTS = (
    ("pelvis", "left_hip", "right_hip", "spine1"),
    ("spine3", "neck", "left_collar", "right_collar"),
)
"""Joints whose distances from one another do not depend on the pose."""


def fit_betas(clip: JointClip, body: Body) -> Floats:
    """Return betas, shaped (16,), for which the body has the distances of a clip's joints."""
    starts, ends = _distances_of(clip.weights)
    wanted = np.median(_lengths(clip.joints[:, ends] - clip.joints[:, starts]), axis=0)
    shapes = min(body.joint_shapes.shape[2], BETAS)
    directions = body.joint_shapes[ends, :, :shapes] - body.joint_shapes[starts, :, :shapes]
    mean = body.joints_template[ends] - body.joints_template[starts]
    betas = np.zeros(shapes)
    for _ in range(STEPS):
        bones = mean + (directions * betas).sum(axis=-1)
        lengths = _lengths(bones)
        slopes = (directions * (bones / lengths[:, None])[..., None]).sum(axis=1)
        residual = wanted - lengths + (slopes * betas).sum(axis=-1)
        weights = (clip.weights[starts] * clip.weights[ends])[:, None]
        betas = np.clip(_ridge(slopes, residual, weights), -MAX_BETA, MAX_BETA)
    return np.concatenate([betas, np.zeros(BETAS)])[:BETAS]


def _ridge(slopes: Floats, residual: Floats, weights: Floats) -> Floats:
    weighted = slopes * weights
    normal = (weighted[:, :, None] * slopes[:, None, :]).sum(axis=0)
    right = (weighted * residual[:, None]).sum(axis=0)
    solved: Floats = np.linalg.solve(normal + RIDGE_METERS**2 * np.eye(len(normal)), right)
    return solved


def _distances_of(weights: Floats) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Return the joints at both ends of the distances that the source knows."""
    pairs = {(parent, joint) for joint, parent in enumerate(PARENTS) if parent >= 0}
    for part in RIGID_PARTS:
        pairs |= set(combinations((JOINT[name] for name in part), 2))
    known = [pair for pair in sorted(pairs) if weights[pair[0]] * weights[pair[1]] > 0]
    starts, ends = np.array(known).T
    return starts, ends


def _lengths(vectors: Floats) -> Floats:
    lengths: Floats = np.sqrt((vectors * vectors).sum(axis=-1))
    return lengths


def rest_joints(body: Body, betas: Floats) -> tuple[Floats, Floats]:
    """Return the 22 joints of a body at rest, and their displacement per beta.

    Shaped (22, 3) and (22, 3, shapes), meters.
    """
    shapes = min(body.joint_shapes.shape[2], BETAS)
    directions = np.ascontiguousarray(body.joint_shapes[:JOINTS, :, :shapes])
    return body.joints_template[:JOINTS] + (directions * betas[:shapes]).sum(axis=-1), directions
