"""Turn the limbs of rest bodies into SMPL's zero pose: arms along x, legs straight down.

AMASS rotations are relative to that pose, so a body whose rest pose differs would carry the
difference through every frame. The turn is linear blend skinning with the body's own weights.
"""

import numpy as np

from motiondata.skeleton import JOINT, PARENTS

PARENTS_24 = (*PARENTS, JOINT["left_wrist"], JOINT["right_wrist"])

ARM_CHAINS = {
    +1: tuple(JOINT[f"left_{name}"] for name in ("collar", "shoulder", "elbow", "wrist")),
    -1: tuple(JOINT[f"right_{name}"] for name in ("collar", "shoulder", "elbow", "wrist")),
}
LEG_CHAINS = tuple(
    tuple(JOINT[f"{side}_{name}"] for name in ("hip", "knee", "ankle"))
    for side in ("left", "right")
)
HAND_OF_SIDE = {+1: 22, -1: 23}

COLLAR_LIFT_DEG = 10.0
"""How far a collar bone rises while its arm goes from Anny's rest pose to the horizontal."""


def t_pose(
    vertices: np.ndarray, joints: np.ndarray, weights: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return one body's vertices (vertices, 3) and joints (24, 3) in SMPL's zero pose."""
    turns = _turns(joints)
    moved = _chain(joints, turns)
    offsets = moved - np.einsum("jab,jb->ja", turns, joints)
    posed = np.einsum("vj,jab,vb->va", weights, turns, vertices, optimize=True)
    return posed + weights @ offsets, moved


def _turns(joints: np.ndarray) -> np.ndarray:
    """Return the rotation (24, 3, 3) of every joint's bone in the rest frame."""
    turns = np.tile(np.eye(3), (len(joints), 1, 1))
    for side, chain in ARM_CHAINS.items():
        _turn_arm(turns, joints, side, chain)
    for chain in LEG_CHAINS:
        _turn_leg(turns, joints, chain)
    return turns


def _turn_arm(
    turns: np.ndarray, joints: np.ndarray, side: int, chain: tuple[int, int, int, int]
) -> None:
    collar, shoulder, elbow, wrist = chain
    hand = HAND_OF_SIDE[side]
    out, hinge = np.array([side, 0.0, 0.0]), np.array([0.0, -side, 0.0])
    upper, lower = joints[elbow] - joints[shoulder], joints[wrist] - joints[elbow]
    bend = np.cross(upper, lower)
    turns[collar] = _about_z(np.radians(side * COLLAR_LIFT_DEG))
    turns[shoulder] = _frame(out, hinge) @ _frame(upper, bend).T
    turns[elbow] = _frame(out, hinge) @ _frame(lower, bend).T
    turns[wrist] = _shortest_turn(turns[elbow] @ (joints[hand] - joints[wrist]), out) @ turns[elbow]
    turns[hand] = turns[wrist]


def _turn_leg(turns: np.ndarray, joints: np.ndarray, chain: tuple[int, int, int]) -> None:
    """Straighten a leg; its foot keeps the direction that it has, flat on the floor."""
    down = np.array([0.0, -1.0, 0.0])
    for joint, child in zip(chain, chain[1:], strict=False):
        turns[joint] = _shortest_turn(joints[child] - joints[joint], down)


def _chain(joints: np.ndarray, turns: np.ndarray) -> np.ndarray:
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
    return _frame(target, axis) @ _frame(source, axis).T


def _about_z(angle: float) -> np.ndarray:
    cosine, sine = np.cos(angle), np.sin(angle)
    return np.array([[cosine, -sine, 0.0], [sine, cosine, 0.0], [0.0, 0.0, 1.0]])
