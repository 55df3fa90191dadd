"""Bodies made for tests, since no real one may be part of the project.

`made_body` has random arrays in SMPL's format, which exercise every term of posing; `small_body`
looks like a person, so that what is measured on it makes sense.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from motiondata.bodies.body import Body
from motiondata.bodies.smpl_format import arrays_to_body
from motiondata.skeletons import JOINT, JOINT_NAMES, JOINTS, PARENTS

Arrays = dict[str, NDArray[Any]]

HEAD, LEFT_WRIST, RIGHT_WRIST = JOINT["head"], JOINT["left_wrist"], JOINT["right_wrist"]


def _hand(wrist: int, first: int) -> tuple[int, ...]:
    """Return the parents of five fingers of three joints each, of which `first` is the first."""
    return tuple(wrist if n % 3 == 0 else first + n - 1 for n in range(15))


OTHER_PARENTS = {
    24: (LEFT_WRIST, RIGHT_WRIST),
    52: _hand(LEFT_WRIST, 22) + _hand(RIGHT_WRIST, 37),
    55: (HEAD, HEAD, HEAD, *_hand(LEFT_WRIST, 25), *_hand(RIGHT_WRIST, 40)),
}
"""The parents of the joints after the 22nd: SMPL's hands, SMPL-H's fingers, and SMPL-X's jaw, eyes
and fingers."""


def kintree_table(joints: int) -> NDArray[np.int64]:
    """Return the parents and the numbers of 24, 52 or 55 joints as SMPL's files have them."""
    parents = (2**32 - 1, *PARENTS[1:], *OTHER_PARENTS[joints])
    return np.array([parents, range(joints)])


def made_body(seed: int = 0, vertices: int = 300, joints: int = 24, betas: int = 10) -> Arrays:
    """Make random arrays under SMPL's keys, of a person's size.

    Up to five weights a vertex, regressors of 20 vertices a joint, `betas` shape components.
    """
    generator = np.random.default_rng(seed)
    return {
        "v_template": generator.normal(scale=0.4, size=(vertices, 3)),
        "f": generator.integers(0, vertices, (2 * vertices, 3)).astype(np.uint32),
        "weights": _sparse_rows(generator, vertices, joints, 5),
        "J_regressor": _sparse_rows(generator, joints, vertices, 20),
        "kintree_table": kintree_table(joints),
        "shapedirs": generator.normal(scale=0.02, size=(vertices, 3, betas)),
        "posedirs": generator.normal(scale=0.005, size=(vertices, 3, 9 * (joints - 1))),
    }


def _sparse_rows(
    generator: np.random.Generator, rows: int, columns: int, entries: int
) -> NDArray[np.float64]:
    """Make rows that sum to one, each of some random entries, of which some may coincide."""
    matrix = np.zeros((rows, columns))
    places = generator.integers(0, columns, (rows, entries))
    np.add.at(matrix, (np.arange(rows)[:, None], places), generator.random((rows, entries)))
    matrix /= matrix.sum(axis=1, keepdims=True)
    return matrix


BONES_M: dict[str, tuple[tuple[float, float, float], tuple[float, float, float], float]] = {
    "pelvis": ((0.0, 0.95, 0.0), (0.0, 1.06, 0.0), 0.14),
    "left_hip": ((0.09, 0.88, 0.0), (0.10, 0.49, 0.0), 0.08),
    "spine1": ((0.0, 1.06, 0.0), (0.0, 1.19, 0.0), 0.13),
    "left_knee": ((0.10, 0.49, 0.0), (0.10, 0.09, -0.03), 0.055),
    "spine2": ((0.0, 1.19, 0.0), (0.0, 1.30, 0.0), 0.14),
    "left_ankle": ((0.10, 0.09, -0.03), (0.11, 0.04, 0.08), 0.04),
    "spine3": ((0.0, 1.30, 0.0), (0.0, 1.47, 0.0), 0.15),
    "left_foot": ((0.11, 0.04, 0.08), (0.11, 0.04, 0.17), 0.035),
    "neck": ((0.0, 1.47, 0.0), (0.0, 1.57, 0.02), 0.055),
    "left_collar": ((0.06, 1.41, 0.0), (0.17, 1.42, 0.0), 0.06),
    "head": ((0.0, 1.57, 0.02), (0.0, 1.73, 0.03), 0.09),
    "left_shoulder": ((0.17, 1.42, 0.0), (0.43, 1.42, -0.01), 0.05),
    "left_elbow": ((0.43, 1.42, -0.01), (0.67, 1.42, -0.01), 0.04),
    "left_wrist": ((0.67, 1.42, -0.01), (0.84, 1.42, -0.01), 0.035),
}
"""Start, end and radius of each joint's bone in an upright T-pose above the floor, y up; the right
ones mirror the left."""

ORIGIN_M = np.array([0.0, 1.2, 0.0])
"""Where a rest pose has its origin in SMPL's manner: in the chest, above the pelvis."""

SIDES, RINGS = 6, 3
BONE_VERTICES = SIDES * RINGS + 2
FOLLOWS_PARENT = 0.4
"""How much the ring at a bone's start follows the bone before."""


def small_body() -> Body:
    """Make a closed surface of 440 vertices that looks like a person of 1.8 m, in a T-pose."""
    return arrays_to_body(small_arrays(), "small", "small")


def small_arrays() -> Arrays:
    """Make the small body's arrays under SMPL's keys: a capped prism around each of 22 bones.

    The two shape components make it 5 % taller, and 20 % thicker around its bones.
    """
    prisms, axes = zip(*(_prism(name) for name in JOINT_NAMES), strict=True)
    vertices = np.concatenate(prisms)
    first_vertices = BONE_VERTICES * np.arange(JOINTS)
    return {
        "v_template": vertices,
        "f": (_prism_faces() + first_vertices[:, None, None]).reshape(-1, 3),
        "weights": _bone_weights(),
        "J_regressor": _ring_regressor(),
        "kintree_table": kintree_table(24),
        "shapedirs": np.stack([0.05 * vertices, 0.2 * (vertices - np.concatenate(axes))], axis=-1),
    }


def _prism(name: str) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Make a bone's vertices, a cap, three rings and a cap, and the points of its axis beside."""
    start, end, radius = BONES_M[name.replace("right", "left")]
    mirror = np.array([-1 if name.startswith("right") else 1, 1, 1])
    start_at, end_at = mirror * start - ORIGIN_M, mirror * end - ORIGIN_M
    along = (end_at - start_at) / np.linalg.norm(end_at - start_at)
    across = np.cross(along, np.roll(along, 1))
    across /= np.linalg.norm(across)
    angles = 2 * np.pi * np.arange(SIDES)[:, None] / SIDES
    ring = radius * (np.cos(angles) * across + np.sin(angles) * np.cross(along, across))
    centers = np.linspace(start_at, end_at, RINGS)
    cap = radius / 2 * along
    vertices = np.concatenate([[start_at - cap], *(c + ring for c in centers), [end_at + cap]])
    return vertices, np.concatenate([[start_at], np.repeat(centers, SIDES, axis=0), [end_at]])


def _prism_faces() -> NDArray[np.int64]:
    """Return the triangles of one bone, seen anticlockwise from outside."""
    side, last = np.arange(SIDES), BONE_VERTICES - 1
    faces = []
    for ring in range(RINGS - 1):
        low, low_next = 1 + ring * SIDES + side, 1 + ring * SIDES + (side + 1) % SIDES
        high, high_next = low + SIDES, low_next + SIDES
        faces += [np.stack([low, low_next, high], 1), np.stack([low_next, high_next, high], 1)]
    faces.append(np.stack([np.zeros(SIDES, int), 1 + (side + 1) % SIDES, 1 + side], 1))
    top = last - SIDES
    faces.append(np.stack([np.full(SIDES, last), top + side, top + (side + 1) % SIDES], 1))
    return np.concatenate(faces)


def _bone_weights() -> NDArray[np.float64]:
    """Let bones follow their joint, their starts also the one before, fingers the hand's joint."""
    weights = np.zeros((JOINTS, BONE_VERTICES, 24))
    for joint in range(JOINTS):
        weights[joint, :, joint] = 1
        if joint:
            weights[joint, : 1 + SIDES, joint] = 1 - FOLLOWS_PARENT
            weights[joint, : 1 + SIDES, PARENTS[joint]] = FOLLOWS_PARENT
    for hand, wrist in ((22, LEFT_WRIST), (23, RIGHT_WRIST)):
        weights[wrist, -1 - SIDES :] = np.eye(24)[hand]
    return weights.reshape(-1, 24)


def _ring_regressor() -> NDArray[np.float64]:
    """Place each joint in the middle of its bone's first ring, a hand's in the wrist's second."""
    regressor = np.zeros((24, JOINTS, BONE_VERTICES))
    for joint in range(JOINTS):
        regressor[joint, joint, 1 : 1 + SIDES] = 1 / SIDES
    for hand, wrist in ((22, LEFT_WRIST), (23, RIGHT_WRIST)):
        regressor[hand, wrist, 1 + SIDES : 1 + 2 * SIDES] = 1 / SIDES
    return regressor.reshape(24, -1)
