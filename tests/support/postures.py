"""Made postures: random ones, and the upright body with some joints turned."""

import numpy as np

from motiondata.bodies.bundled import bundled_body
from motiondata.bodies.posing import shape_body
from motiondata.pose_pairs.pair_codes import pair_codes
from motiondata.pose_pairs.pose_codes import pose_codes, super_codes
from motiondata.pose_pairs.postures import Postures
from motiondata.pose_pairs.statements import PairFacts
from motiondata.skeletons import JOINT, JOINTS

UPRIGHT = (np.pi / 2, 0.0, 0.0)
"""The rotation of an upright root in AMASS's world."""


def posed(pose: np.ndarray) -> Postures:
    """Pose the bundled body by rotations (poses, 22, 3), relative to the upright one."""
    turned = pose.astype(np.float64)
    turned[:, 0] += UPRIGHT
    return Postures.of(shape_body(bundled_body(), np.zeros(0)), turned)


def posture(**turns: tuple[float, float, float]) -> Postures:
    """Pose the upright body with some joints turned, axis-angle in degrees."""
    pose = np.zeros((1, JOINTS, 3))
    for name, turn in turns.items():
        pose[0, JOINT[name]] = np.radians(turn)
    return posed(pose)


def random_poses(count: int, seed: int = 0, spread: float = 0.35) -> np.ndarray:
    """Return rotations of random postures, (poses, 22, 3), relative to the upright body."""
    return np.random.default_rng(seed).normal(0, spread, (count, JOINTS, 3))


def facts_of_pairs(first: Postures, second: Postures, turns_deg: np.ndarray) -> list[PairFacts]:
    """Return the facts of pairs of postures."""
    codes = np.stack([pose_codes(first), pose_codes(second)], axis=1)
    supers = np.stack([super_codes(codes[:, 0]), super_codes(codes[:, 1])], axis=1)
    found = pair_codes(first, second, codes[:, 1], turns_deg)
    return [
        PairFacts(*each) for each in zip(found.levels, found.reached, codes, supers, strict=True)
    ]
