"""A person at some moments of a clip: what sensors are placed by."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from motiondata.lidar.placement import first_heading

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Moments:
    """A person at some moments; world frame, meters."""

    seconds: Floats
    """When the moments are, since the clip's first frame, shaped (moments,)."""
    pose: Floats
    """Axis-angle, radians, shaped (moments, 22, 3)."""
    joints: Floats
    """Shaped (moments, 22, 3)."""
    clip_joints: Floats
    """The joints in all frames of the clip, shaped (frames, 22, 3)."""


def clip_frame(joints: Floats) -> Floats:
    """Return `T_world_clip`, shaped (4, 4), from the joints of a clip, shaped (frames, 22, 3).

    The origin is on the floor, z = 0, below the center of the bounding box of the pelvis' path. x
    is the heading in the first frame, z is up.
    """
    pelvis, (x, y) = joints[:, 0], first_heading(joints)
    transform = np.eye(4)
    transform[:2, :2] = [[x, -y], [y, x]]
    transform[:2, 3] = ((pelvis.min(axis=0) + pelvis.max(axis=0)) / 2)[:2]
    return transform
