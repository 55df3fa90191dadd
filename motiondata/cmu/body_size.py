"""Find the shape of a body that is as large as a subject's skeleton.

On a body of another size, metric motion slides and floats, and scaled motion is no longer what was
captured. A skeleton says little of a shape: ridge regression leaves the rest at the mean person.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import lsq_linear

from motiondata.bodies.body import Body
from motiondata.cmu.asf import AsfSkeleton
from motiondata.skeleton import JOINT

BETAS = 16
"""How many coefficients a recording has in AMASS's layout."""

MAX_BETA = 3.0
"""Standard deviations of the population that the shape space was made from."""

LEG_ERROR_METRES = 0.005
ERROR_METRES = 0.02
"""How far a measure may be missed for one standard deviation of shape; a leg, that much less, since
feet stand on the floor by it."""


class Measure(NamedTuple):
    """A distance at rest: from the middle of some joints to another's, and so between tips."""

    joints: tuple[tuple[str, ...], tuple[str, ...]]
    bones: tuple[tuple[str, ...], tuple[str, ...]]
    error_metres: float = ERROR_METRES


MEASURES = (
    Measure((("left_hip",), ("left_knee",)), (("lhipjoint",), ("lfemur",))),
    Measure((("right_hip",), ("right_knee",)), (("rhipjoint",), ("rfemur",))),
    Measure((("left_hip",), ("left_ankle",)), (("lhipjoint",), ("ltibia",)), LEG_ERROR_METRES),
    Measure((("right_hip",), ("right_ankle",)), (("rhipjoint",), ("rtibia",)), LEG_ERROR_METRES),
    Measure((("left_shoulder",), ("left_elbow",)), (("lclavicle",), ("lhumerus",))),
    Measure((("right_shoulder",), ("right_elbow",)), (("rclavicle",), ("rhumerus",))),
    Measure((("left_shoulder",), ("right_shoulder",)), (("lclavicle",), ("rclavicle",))),
    Measure(
        (("left_hip", "right_hip"), ("left_shoulder", "right_shoulder")),
        (("lhipjoint", "rhipjoint"), ("lclavicle", "rclavicle")),
    ),
)
"""What is fitted. Legs are straight in both rest poses, so that they come out as long as they are.
Left out: the width of the hips, where skeletons are too narrow to be a person's (0.15 m in 01.asf),
and the forearm, whose end CMU's skeletons do not tell from the hand's."""


def fit_betas(skeleton: AsfSkeleton, body: Body) -> NDArray[np.float64]:
    """Return the 16 coefficients that give a body the measures of a skeleton; zeros at the end."""
    lengths, slopes = _measure_body(body)
    shapes = slopes.shape[1]
    weights = 1.0 / np.array([measure.error_metres for measure in MEASURES])
    missing = _measure_skeleton(skeleton) - lengths
    fit = lsq_linear(
        np.concatenate([slopes * weights[:, None], np.eye(shapes)]),
        np.concatenate([missing * weights, np.zeros(shapes)]),
        bounds=(-MAX_BETA, MAX_BETA),
    )
    return np.concatenate([fit.x, np.zeros(BETAS)])[:BETAS]


def _measure_skeleton(skeleton: AsfSkeleton) -> NDArray[np.float64]:
    """Return each measure of a skeleton at rest, shaped (measures,), metres."""
    tips = skeleton.rest_tips
    numbers = skeleton.numbers
    ends = [
        [tips[[numbers[name] for name in names]].mean(axis=0) for names in measure.bones]
        for measure in MEASURES
    ]
    return np.array([np.linalg.norm(end - start) for start, end in ends])


def _measure_body(body: Body) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return each measure of the mean shape, and how it grows with each coefficient.

    Shaped (measures,) and (measures, shapes), metres. A limb grows along itself: to first order
    its length changes by what its end moves in its direction.
    """
    lengths, slopes = [], []
    for measure in MEASURES:
        start, end = ([JOINT[name] for name in names] for names in measure.joints)
        way = body.joints_template[end].mean(axis=0) - body.joints_template[start].mean(axis=0)
        shapes = body.joint_shapes[end].mean(axis=0) - body.joint_shapes[start].mean(axis=0)
        lengths.append(np.linalg.norm(way))
        slopes.append(way / np.linalg.norm(way) @ shapes)
    return np.array(lengths), np.array(slopes)
