"""Bodies for the tests of scans: one of capsules, and the bundled one in shaken poses."""

import numpy as np
import pytest

from motiondata.skeleton import JOINT, JOINTS
from tests.lidar.meshes import Mesh, capsule_body


def standing_body(seed: int) -> Mesh:
    """Return the bundled body, standing on the floor with its arms down, facing -y."""
    bundled = pytest.importorskip("motiondata.bodies.bundled")
    posing = pytest.importorskip("motiondata.bodies.posing")
    pose = np.zeros((1, JOINTS, 3))
    pose[0, 1:] = np.random.default_rng(seed).normal(0, 0.15, (JOINTS - 1, 3))
    pose[0, JOINT["left_shoulder"]] += [0, 0, -1.2]
    pose[0, JOINT["right_shoulder"]] += [0, 0, 1.2]
    pose[0, JOINT["pelvis"]] = [np.pi / 2, 0, 0]
    body = bundled.bundled_body()
    posed = posing.pose_body(posing.shape_body(body, np.zeros(0)), pose, np.zeros((1, 3)))
    vertices = posed.vertices[0]
    return vertices - [0, 0, vertices[:, 2].min()], body.faces


BODIES = {"capsules": capsule_body, "bundled": standing_body}
"""Adults at the origin, standing on the floor, by name; each takes a seed."""
