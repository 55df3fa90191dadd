"""Joints of made motion for the tests of representations: y up, as HumanML3D has them."""

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from motiondata.representations.joint_sets import amass_to_y_up
from motiondata.representations.skeleton import T2M
from tests.support.performances import recorded_scenes

Floats = NDArray[np.float64]


@lru_cache
def y_up_joints(number: int, frames: int = 120) -> Floats:
    """Return the start of a made recording at about 20 Hz, shaped (frames, 22, 3), y up, meters."""
    scene = recorded_scenes()[number]
    stride = max(1, round(scene.fps / 20))
    return amass_to_y_up(scene.joints[::stride][:frames])


def bundled_lengths() -> Floats:
    """Return the bone lengths of the bundled body, shaped (21,), meters."""
    from motiondata.bodies.load_body import load_body

    return T2M.bone_lengths(load_body().joints)


def walking_in_a_circle(turns: float = 1.5, frames: int = 120) -> Floats:
    """Return a stiff body that is carried around a circle, so that its heading turns all ways."""
    angles = np.linspace(0.0, 2 * np.pi * turns, frames)
    still = y_up_joints(0)[0] - y_up_joints(0)[0, 0] * [1, 0, 1]
    x, z = still[:, 0], still[:, 2]
    cosine, sine = np.cos(angles)[:, None], np.sin(angles)[:, None]
    heights = np.broadcast_to(still[:, 1], (frames, len(x)))
    turned = np.stack([cosine * x + sine * z, heights, cosine * z - sine * x], axis=-1)
    path = np.stack([1 - np.cos(angles), np.zeros(frames), np.sin(angles)], axis=-1)
    moved: Floats = turned + path[:, None]
    return moved


@lru_cache
def posed_clip(number: int, frames: int = 120) -> tuple[Floats, Floats]:
    """Return joints and axis-angle poses (frames, 22, 3) of a made recording, AMASS's world."""
    scene = recorded_scenes()[number]
    stride = max(1, round(scene.fps / 30))
    return scene.joints[::stride][:frames], scene.motion.pose[::stride][:frames]
