"""Turn a motion to z up: results from videos have y up, or y down in the frame of a camera.

The root rotates about the pelvis, whose rest position is added to `trans` along the axes of the
world. It is therefore part of the turn.
"""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from motiondata.bodies.bundled import bundled_body
from motiondata.bodies.posing import ShapedBody, pose_joints, shape_body
from motiondata.bodies.templates import rest_pelvis
from motiondata.rotations import rotmat_to_rotvec, rotvec_to_rotmat
from motiondata.skeletons import JOINT

Floats = NDArray[np.float64]

UPS: Mapping[str, Floats] = {
    "x": np.array([[0.0, 1, 0], [0, 0, 1], [1, 0, 0]]),
    "-x": np.array([[0.0, -1, 0], [0, 0, 1], [-1, 0, 0]]),
    "y": np.array([[1.0, 0, 0], [0, 0, -1], [0, 1, 0]]),
    "-y": np.array([[1.0, 0, 0], [0, 0, 1], [0, -1, 0]]),
    "z": np.eye(3),
    "-z": np.array([[1.0, 0, 0], [0, -1, 0], [0, 0, -1]]),
}
"""Rotations to z up, by the direction that is up in the file."""


def find_up(shaped: ShapedBody, pose: Floats, trans: Floats) -> str:
    """Return the direction of `UPS` along which the head is above the ankles on average."""
    joints = pose_joints(shaped, pose, trans)
    ankles = joints[:, [JOINT["left_ankle"], JOINT["right_ankle"]]].mean(axis=1)
    trunk = joints[:, JOINT["head"]] - ankles
    mean = (trunk / np.maximum(np.linalg.norm(trunk, axis=1, keepdims=True), 1e-9)).mean(axis=0)
    axis = int(np.argmax(np.abs(mean)))
    return ("-" if mean[axis] < 0 else "") + "xyz"[axis]


def pelvis_at_rest(shape_space: str, betas: Floats) -> Floats:
    """Return the pelvis of the body of a file at rest, shaped (3,), meters.

    That of the bundled body is exact. Other bodies are absent, and have that of their template.
    """
    body = bundled_body()
    if shape_space == body.shape_space:
        return np.asarray(shape_body(body, betas).joints[0])
    return np.array(rest_pelvis(shape_space))


def turn_to_z(pose: Floats, trans: Floats, up: str, pelvis: Floats) -> tuple[Floats, Floats]:
    """Return pose (frames, 22, 3) and trans (frames, 3) with z up.

    `pelvis` is its rest position in the body of the file, meters.
    """
    if up == "z":
        return pose, trans
    turned = pose.copy()
    turned[:, 0] = rotmat_to_rotvec(UPS[up] @ rotvec_to_rotmat(pose[:, 0]))
    return turned, (trans + pelvis) @ UPS[up].T - pelvis
