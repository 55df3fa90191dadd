"""Faults that are added to the joints of a sound clip, and the flag that each must raise.

Joints are shaped (frames, 22, 3), world frame, z up, meters.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from motiondata.skeletons import JOINT

Floats = NDArray[np.float64]
Spoil = Callable[[Floats, float, np.random.Generator], Floats]
"""Return spoiled joints, given joints, their frame rate in Hz, and a generator."""


@dataclass(frozen=True)
class Fault:
    """A fault of a clip."""

    name: str
    flag: str
    spoil: Spoil
    kinds: tuple[str, ...] = ()
    """The kinds of acts that a clip must have; none: all clips."""


def slide(joints: Floats, fps: float, _: np.random.Generator) -> Floats:
    """Move the whole body by 0.8 m/s."""
    seconds = np.arange(len(joints)) / fps
    return np.asarray(joints + seconds[:, None, None] * [0.8, 0.0, 0.0])


def sink(joints: Floats, _: float, __: np.random.Generator) -> Floats:
    """Lower the body by 0.1 m."""
    return np.asarray(joints - [0.0, 0.0, 0.1])


def lie_low(joints: Floats, _: float, __: np.random.Generator) -> Floats:
    """Lay the body down, with the pelvis 0.05 m below the floor."""
    around = joints - joints[:, JOINT["pelvis"], None]
    return np.asarray(around[..., [0, 2, 1]] - [0.0, 0.0, 0.05])


def lift(joints: Floats, _: float, __: np.random.Generator) -> Floats:
    """Lift the body by 0.3 m."""
    return np.asarray(joints - [0.0, 0.0, -0.3])


def skip(joints: Floats, _: float, __: np.random.Generator) -> Floats:
    """Move the body by 0.25 m between two frames."""
    later = np.arange(len(joints)) >= len(joints) // 2
    return np.asarray(joints + later[:, None, None] * [0.25, 0.0, 0.0])


def shake(joints: Floats, _: float, random: np.random.Generator) -> Floats:
    """Add noise with a standard deviation of 6 mm."""
    return np.asarray(joints + random.normal(0, 0.006, joints.shape))


def hold_in_place(joints: Floats, _: float, __: np.random.Generator) -> Floats:
    """Keep the pelvis where it is, as on a treadmill."""
    return np.asarray(joints - joints[:, :1] * [1.0, 1.0, 0.0])


def spread_arms(joints: Floats, fps: float, _: np.random.Generator) -> Floats:
    """Hold both arms out for 2 s, from the first frame on."""
    spread, frames = joints.copy(), min(len(joints), round(2 * fps))
    for side in ("left", "right"):
        shoulder = joints[:frames, JOINT[f"{side}_shoulder"]]
        across = shoulder - joints[:frames, JOINT["neck"]]
        level = across * [1.0, 1.0, 0.0] / np.linalg.norm(across[:, :2], axis=1)[:, None]
        spread[:frames, JOINT[f"{side}_elbow"]] = shoulder + 0.27 * level
        spread[:frames, JOINT[f"{side}_wrist"]] = shoulder + 0.5 * level
    return spread


FAULTS = (
    Fault("body slides by 0.8 m/s", "foot_skating", slide),
    Fault("body lowered by 0.1 m", "foot_penetration", sink),
    Fault("body lies 5 cm below the floor", "body_penetration", lie_low),
    Fault("body lifted by 0.3 m", "floating", lift),
    Fault("jump of 0.25 m", "frame_jump", skip),
    Fault("noise of 6 mm", "jitter", shake),
    Fault("walk or run in place", "treadmill", hold_in_place, ("walk", "run")),
    Fault("arms held out for 2 s", "t_pose", spread_arms, ("stand",)),
)
"""One fault for each flag."""
