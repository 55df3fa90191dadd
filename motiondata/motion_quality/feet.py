"""Where the feet are: heights above the floor, standing, and how fast they slide.

World frame, z up, floor at z = 0, as in AMASS; meters and seconds. A foot has two joints, ankle and
ball. Its sole is below them by heights that depend on the body.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from motiondata.bodies.posing import ShapedBody
from motiondata.skeletons import JOINT

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

FEET = np.array(
    [[JOINT["left_ankle"], JOINT["left_foot"]], [JOINT["right_ankle"], JOINT["right_foot"]]]
)
"""Ankle and ball of the left and of the right foot, shaped (2, 2)."""

STANDING_METERS = 0.025
"""A foot stands if neither of its joints is higher than this above its height at rest. While a foot
swings, its heel is higher."""


@dataclass(frozen=True)
class SoleHeights:
    """The heights of joints above the sole of a flat foot, meters."""

    ankle: float
    ball: float

    @property
    def array(self) -> Floats:
        """Both, shaped (2,)."""
        return np.array([self.ankle, self.ball])


def sole_heights(shaped: ShapedBody) -> SoleHeights:
    """Return the heights of a body at rest, which stands on flat feet in a T-pose, y up."""
    rest = shaped.joints[FEET, 1].mean(axis=0) - shaped.vertices[:, 1].min()
    return SoleHeights(float(rest[0]), float(rest[1]))


def foot_heights(joints: Floats, soles: SoleHeights) -> Floats:
    """Return how far the joints of feet are above their places on a flat foot on the floor.

    `joints` are shaped (frames, 22, 3). The result is shaped (frames, 2, 2): left and right, ankle
    and ball.
    """
    heights: Floats = joints[:, FEET, 2] - soles.array
    return heights


def standing(joints: Floats, soles: SoleHeights) -> Flags:
    """Return which feet stand in each frame, shaped (frames, 2).

    Heights are counted from the lowest that a foot of the clip has, so that an offset of the floor
    does not matter.
    """
    heights = foot_heights(joints, soles).max(axis=2)
    floor = min(0.0, float(heights.min())) if len(heights) else 0.0
    above: Flags = heights - floor < STANDING_METERS
    return above


def foot_velocities(joints: Floats, fps: float) -> Floats:
    """Return the horizontal velocities of the feet between frames, shaped (frames - 1, 2, 2).

    The axes are frames, left and right, x and y. The velocity of a foot is that of the middle
    between ankle and ball, m/s.
    """
    middle = joints[:, FEET, :2].sum(axis=2) / 2
    velocities: Floats = np.diff(middle, axis=0) * fps
    return velocities


def stays_standing(joints: Floats, soles: SoleHeights) -> Flags:
    """Return which feet stand in both frames of each pair of frames, shaped (frames - 1, 2)."""
    stands = standing(joints, soles)
    return np.logical_and(stands[1:], stands[:-1])
