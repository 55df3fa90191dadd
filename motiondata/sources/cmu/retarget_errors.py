"""Measure how well a converted motion follows its source skeleton.

Segment directions in the world are compared between the joints of the final pose and the ASF/AMC
files, so that a fault in any step of the conversion appears as an angle.
"""

import numpy as np
from numpy.typing import NDArray

from motiondata.sources.cmu.kinematics import WorldBones
from motiondata.sources.cmu.retarget import DRIVES, Y_UP_TO_Z_UP
from motiondata.sources.cmu.segments import Segment

AIMED_SEGMENTS = {drive.aim.end: drive.aim for drive in DRIVES.values() if drive.aim}
"""Segments that retargeting aligns, keyed by the joint at their end."""

TRUNK = {
    "neck": Segment("spine1", "neck", "root", "thorax"),
    "hips to shoulders": Segment(
        "left_hip right_hip",
        "left_shoulder right_shoulder",
        "lhipjoint rhipjoint",
        "lclavicle rclavicle",
    ),
    "right to left hip": Segment("right_hip", "left_hip", "rhipjoint", "lhipjoint"),
    "right to left shoulder": Segment("right_shoulder", "left_shoulder", "rclavicle", "lclavicle"),
}
"""Segments of the trunk, whose proportions differ between a body and a skeleton."""

COLLARS = {
    "left_shoulder": Segment("left_collar", "left_shoulder", "thorax", "lclavicle"),
    "right_shoulder": Segment("right_collar", "right_shoulder", "thorax", "rclavicle"),
}
"""Segments of the collarbones, which differ by about 35 degrees at rest.

Those of a body start next to the neck; those of CMU start in the spine below it.
"""


def segment_errors_deg(
    world: WorldBones, joints: NDArray[np.float64]
) -> dict[str, NDArray[np.float64]]:
    """Return the angle between each body segment and the skeleton's, shaped (frames,), degrees.

    `joints` are the posed joints, shaped (frames, 22, 3), world frame, z up.
    """
    numbers = world.skeleton.numbers
    tips = Y_UP_TO_Z_UP.apply(world.tips.reshape(-1, 3)).reshape(world.tips.shape)
    return {
        name: _angle_deg(segment.of_body(joints), segment.of_skeleton(tips, numbers))
        for name, segment in (AIMED_SEGMENTS | TRUNK | COLLARS).items()
    }


def _angle_deg(a: NDArray[np.float64], b: NDArray[np.float64]) -> NDArray[np.float64]:
    # The arc cosine cannot resolve angles below a millionth of a degree, so arctan2 is used.
    across = np.linalg.norm(np.cross(a, b), axis=1)
    return np.asarray(np.degrees(np.arctan2(across, np.sum(a * b, axis=1))))
