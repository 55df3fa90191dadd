"""Bodies for the tests of scans: one made of capsules, and the bundled body in random poses."""

import numpy as np

from motiondata.bodies.bundled import bundled_body
from motiondata.bodies.posing import pose_body, shape_body
from motiondata.skeletons import JOINT, JOINTS
from tests.support.meshes import Mesh, capsule_body


def standing_body(seed: int) -> Mesh:
    """Return the bundled body, standing on the floor with its arms down, facing -y."""
    pose = np.zeros((1, JOINTS, 3))
    pose[0, 1:] = np.random.default_rng(seed).normal(0, 0.15, (JOINTS - 1, 3))
    pose[0, JOINT["left_shoulder"]] += [0, 0, -1.2]
    pose[0, JOINT["right_shoulder"]] += [0, 0, 1.2]
    pose[0, JOINT["pelvis"]] = [np.pi / 2, 0, 0]
    body = bundled_body()
    vertices = pose_body(shape_body(body, np.zeros(0)), pose, np.zeros((1, 3))).vertices[0]
    vertices[:, 2] -= vertices[:, 2].min()
    return vertices, body.faces


BODIES = {"capsules": capsule_body, "bundled": standing_body}
"""Adults at the origin, standing on the floor, by name; each takes a seed."""
