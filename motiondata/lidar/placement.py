"""Where the sensor stands: in front of the subject, level, looking at the middle of its path.

World frame z up, as AMASS; sensor frame x forward, y left, z up. The middle is that of the path's
bounding box, so that a long pause does not draw the sensor to one end.
"""

import numpy as np
from numpy.typing import NDArray

from motiondata.skeleton import JOINT


def first_heading(joints: NDArray[np.float64]) -> float:
    """Return which way the subject faces in the first frame, as an azimuth in the world frame.

    `joints` is shaped (frames, 22, 3), world frame. The subject faces along left x up, where left
    points across the hips and the shoulders together, as HumanML3D has it. Zero azimuth is +x, and
    is returned where hips and shoulders are stacked upright.
    """
    first = joints[0]
    across = first[JOINT["left_hip"]] - first[JOINT["right_hip"]]
    across = across + first[JOINT["left_shoulder"]] - first[JOINT["right_shoulder"]]
    return float(np.arctan2(-across[0], across[1])) if np.any(across[:2]) else 0.0


def place_sensor(
    pelvis_path: NDArray[np.float64],
    heading: float,
    *,
    distance: float,
    height: float,
    views: int = 1,
    floor: float = 0.0,
) -> NDArray[np.float64]:
    """Return `T_world_sensor` of each view, shaped (views, 4, 4).

    `pelvis_path` is shaped (frames, 3), world frame. The sensor stands `distance` metres from the
    path's middle, `height` metres above the `floor`. View 0 is where `heading` points; the others
    follow counter-clockwise, evenly round.
    """
    middle = (pelvis_path.min(axis=0) + pelvis_path.max(axis=0)) / 2
    azimuth = heading + 2 * np.pi * np.arange(views) / views
    ahead = -np.stack([np.cos(azimuth), np.sin(azimuth)], axis=1)
    placed = np.zeros((views, 4, 4))
    placed[:, :2, 0] = ahead
    placed[:, :2, 1] = np.stack([-ahead[:, 1], ahead[:, 0]], axis=1)
    placed[:, :2, 3] = middle[:2] - distance * ahead
    placed[:, 2, 3] = floor + height
    placed[:, 2, 2] = placed[:, 3, 3] = 1
    return placed


def invert_rigid(transform: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the inverse of rotations with translations, shaped (..., 4, 4)."""
    inverse = np.zeros_like(transform)
    turned = np.swapaxes(transform[..., :3, :3], -1, -2)
    inverse[..., :3, :3] = turned
    inverse[..., :3, 3] = -(turned @ transform[..., :3, 3, None])[..., 0]
    inverse[..., 3, 3] = 1
    return inverse
