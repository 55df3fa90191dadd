"""The columns of the representations, by name.

Source: EricGuo5513/HumanML3D and Li-xingXiao/272-dim-Motion-Representation; docs/representations.md
has the tables.
"""

from functools import lru_cache
from typing import NamedTuple

from motiondata.representations.skeleton import FeatureSkeleton


class Columns(NamedTuple):
    """The columns of HumanML3D's features, in order; (joints, ...) are flattened."""

    yaw_velocity: slice
    """The change of heading to the next frame: half the angle, radians a frame."""
    root_velocity: slice
    """The displacement of the root to the next frame, x and z, in the next frame's heading."""
    root_height: slice
    """The height of the root."""
    positions: slice
    """The positions of the joints but the root, (joints - 1, 3)."""
    rotations: slice
    """Two columns of the rotations of the joints but the root, (joints - 1, 2, 3)."""
    velocities: slice
    """The displacements of all joints to the next frame, (joints, 3)."""
    contacts: slice
    """Left ankle, left toe, right ankle, right toe: 1 if the joint is in contact."""


@lru_cache
def columns_of(skeleton: FeatureSkeleton) -> Columns:
    """Return the columns of the features of a skeleton."""
    bones = skeleton.joints - 1
    widths = (1, 2, 1, 3 * bones, 6 * bones, 3 * skeleton.joints, 4)
    ends = [sum(widths[: count + 1]) for count in range(len(widths))]
    return Columns(*(slice(end - width, end) for end, width in zip(ends, widths, strict=True)))
