"""What joints of a clip show: heights, paths, and events such as a raised hand, over its frames.

All rules of `pipelines.evaluation.joint_words` read these values. Lengths are relative to the
height of the person's pelvis or to the length of an arm, so that the size of a body does not count.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d
from scipy.signal import find_peaks

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

SMPL_JOINTS = 22
PELVIS, NECK = 0, 12
HIPS, KNEES, ANKLES = (1, 2), (4, 5), (7, 8)
SHOULDERS, WRISTS = (16, 17), (20, 21)
"""SMPL's joints, the left one first."""
SMOOTHING_SECONDS = 0.1
"""Standard deviation of the Gaussian that smooths the path of the pelvis."""
VELOCITY_SECONDS = 0.25
"""That of its velocity: about half a step."""


@dataclass(frozen=True, eq=False)
class JointMeasures:
    """The joints of a clip, shaped (frames, 22, 3), z up, in any unit of length."""

    joints: Floats
    fps: float

    @cached_property
    def height(self) -> float:
        """The height of the pelvis above the lowest ankle, as high as in a tenth of the frames."""
        return float(np.quantile(self.joints[:, PELVIS, 2] - self.floor, 0.9))

    @cached_property
    def floor(self) -> float:
        """The height of the lowest ankle."""
        return float(self.joints[:, ANKLES, 2].min())

    @cached_property
    def heading(self) -> Floats:
        """The direction that the person faces, in radians, counterclockwise and without jumps."""
        hips, shoulders = (
            self.joints[:, right] - self.joints[:, left] for left, right in (HIPS, SHOULDERS)
        )
        across = hips + shoulders
        angles: Floats = np.arctan2(across[:, 0], -across[:, 1])
        return np.unwrap(angles)

    @cached_property
    def turn_deg(self) -> float:
        """The turn from the first to the last frame, in degrees, positive to the left."""
        return float(np.degrees(self.heading[-1] - self.heading[0]))

    @cached_property
    def path(self) -> Floats:
        """Steps of the pelvis, forward and to the left, in pelvis heights, shaped (frames, 2)."""
        spread = max(1.0, SMOOTHING_SECONDS * self.fps)
        ground = gaussian_filter1d(self.joints[:, PELVIS, :2], spread, axis=0, mode="nearest")
        steps = np.diff(ground, axis=0, prepend=ground[:1])
        cos, sin = np.cos(self.heading), np.sin(self.heading)
        forward = steps[:, 0] * cos + steps[:, 1] * sin
        left = steps[:, 1] * cos - steps[:, 0] * sin
        return np.stack([forward, left], 1) / self.height

    @cached_property
    def velocity(self) -> Floats:
        """The velocity of the pelvis, forward and to the left, in pelvis heights per second."""
        spread = max(1.0, VELOCITY_SECONDS * self.fps)
        steps: Floats = gaussian_filter1d(self.path, spread, axis=0, mode="nearest")
        return steps * self.fps

    @cached_property
    def pelvis(self) -> Floats:
        """The height of the pelvis, 1 for a person who stands, (frames,)."""
        heights: Floats = self.joints[:, PELVIS, 2]
        return (heights - self.floor) / self.height

    @cached_property
    def bend_deg(self) -> Floats:
        """The angle between the trunk and the vertical, in degrees, (frames,)."""
        trunk = self.joints[:, NECK] - self.joints[:, PELVIS]
        cosines: Floats = trunk[:, 2] / np.linalg.norm(trunk, axis=1)
        return np.degrees(np.arccos(np.clip(cosines, -1, 1)))

    def above_floor(self, joints: tuple[int, int]) -> Floats:
        """Return heights of a left and a right joint in pelvis heights, shaped (frames, 2)."""
        heights: Floats = self.joints[:, joints, 2]
        return (heights - self.floor) / self.height

    @cached_property
    def reach(self) -> Floats:
        """The wrists from their shoulders: forward, left, up; in arm lengths, (frames, 2, 3)."""
        arms = self.joints[:, WRISTS] - self.joints[:, SHOULDERS]
        cos, sin = np.cos(self.heading)[:, None], np.sin(self.heading)[:, None]
        forward = arms[..., 0] * cos + arms[..., 1] * sin
        left = arms[..., 1] * cos - arms[..., 0] * sin
        lengths = np.linalg.norm(arms, axis=-1).max(axis=(0, 1))
        reached: Floats = np.stack([forward, left, arms[..., 2]], -1) / lengths
        return reached

    @cached_property
    def hands_apart(self) -> Floats:
        """The distance of the wrists, in arm lengths, (frames,)."""
        wrists = self.joints[:, WRISTS[0]] - self.joints[:, WRISTS[1]]
        arms = self.joints[:, WRISTS] - self.joints[:, SHOULDERS]
        apart: Floats = np.linalg.norm(wrists, axis=1) / np.linalg.norm(arms, axis=-1).max()
        return apart


def peaks(values: Floats, least: float, prominence: float) -> list[int]:
    """Return the frames of the peaks of values that reach a value and stand out by a prominence."""
    padded = np.r_[-np.inf, values, -np.inf]  # the first and the last frame can be peaks
    found, _ = find_peaks(padded, height=least, prominence=prominence)
    return [int(place) - 1 for place in found]
