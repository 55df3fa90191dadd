"""How well a converted motion follows the skeleton that it came from.

Compares where bones point in the world, computed from the finished pose on one side and from the
ASF/AMC files on the other: a fault anywhere between shows as degrees.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from motiondata.cmu.kinematics import WorldBones
from motiondata.cmu.retarget import Y_UP_TO_Z_UP
from motiondata.skeleton import JOINT


class Line(NamedTuple):
    """A line of a body, between two joints, and the same line of a skeleton, between two tips."""

    start: str
    end: str
    start_tip: str
    end_tip: str


def _limb_lines(side: str, s: str) -> dict[str, Line]:
    return {
        f"{side} knee": Line(f"{side}_hip", f"{side}_knee", f"{s}hipjoint", f"{s}femur"),
        f"{side} ankle": Line(f"{side}_knee", f"{side}_ankle", f"{s}femur", f"{s}tibia"),
        f"{side} foot": Line(f"{side}_ankle", f"{side}_foot", f"{s}tibia", f"{s}foot"),
        f"{side} shoulder": Line(f"{side}_collar", f"{side}_shoulder", "thorax", f"{s}clavicle"),
        f"{side} elbow": Line(f"{side}_shoulder", f"{side}_elbow", f"{s}clavicle", f"{s}humerus"),
        f"{side} wrist": Line(f"{side}_elbow", f"{side}_wrist", f"{s}humerus", f"{s}wrist"),
    }


LINES = {
    "hips, right to left": Line("right_hip", "left_hip", "rhipjoint", "lhipjoint"),
    "neck": Line("spine1", "neck", "root", "thorax"),
    "head": Line("neck", "head", "thorax", "upperneck"),
    "shoulders, right to left": Line("right_shoulder", "left_shoulder", "rclavicle", "lclavicle"),
    **_limb_lines("left", "l"),
    **_limb_lines("right", "r"),
}
"""The lines compared, each called by the joint that it leads to."""


def line_errors_deg(
    world: WorldBones, joints: NDArray[np.float64]
) -> dict[str, NDArray[np.float64]]:
    """Return the angle between each line of a body and the skeleton's, shaped (frames,), degrees.

    `joints` are the posed joints, shaped (frames, 22, 3), world frame, z up.
    """
    return {
        name: _angle_deg(
            joints[:, JOINT[line.end]] - joints[:, JOINT[line.start]],
            Y_UP_TO_Z_UP.apply(world.tip(line.end_tip) - world.tip(line.start_tip)),
        )
        for name, line in LINES.items()
    }


def _angle_deg(a: NDArray[np.float64], b: NDArray[np.float64]) -> NDArray[np.float64]:
    # Not by the arc cosine, which cannot tell angles below a millionth of a degree from zero.
    across = np.linalg.norm(np.cross(a, b), axis=1)
    return np.asarray(np.degrees(np.arctan2(across, np.sum(a * b, axis=1))))
