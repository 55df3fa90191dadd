"""Find the shape of a body that is as large as a subject's skeleton.

On a body of another size, metric motion slides and floats, and scaled motion is no longer what was
captured. A skeleton says little of a shape: ridge regression leaves the rest at the mean person.
"""

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import lsq_linear

from motiondata.bodies.body import Body
from motiondata.recording import BETAS
from motiondata.sources.cmu.asf import AsfSkeleton
from motiondata.sources.cmu.segments import Segment

MAX_BETA = 3.0
"""Standard deviations of the population that the shape space was made from."""

MEASURES = (
    (Segment("left_hip", "left_knee", "lhipjoint", "lfemur"), 0.02),
    (Segment("right_hip", "right_knee", "rhipjoint", "rfemur"), 0.02),
    (Segment("left_hip", "left_ankle", "lhipjoint", "ltibia"), 0.005),
    (Segment("right_hip", "right_ankle", "rhipjoint", "rtibia"), 0.005),
    (Segment("left_shoulder", "left_elbow", "lclavicle", "lhumerus"), 0.02),
    (Segment("right_shoulder", "right_elbow", "rclavicle", "rhumerus"), 0.02),
    (Segment("left_shoulder", "right_shoulder", "lclavicle", "rclavicle"), 0.02),
    (
        Segment(
            "left_hip right_hip",
            "left_shoulder right_shoulder",
            "lhipjoint rhipjoint",
            "lclavicle rclavicle",
        ),
        0.02,
    ),
)
"""What is fitted at rest, where legs are straight, and the metres by which its length may be missed
for one standard deviation of shape: few for the legs, by which feet stand on the floor. Left out:
the width of the hips, where skeletons are too narrow to be a person's (0.15 m in 01.asf), and the
forearm, whose end CMU's skeletons do not tell from the hand's."""


def fit_betas(skeleton: AsfSkeleton, body: Body) -> NDArray[np.float64]:
    """Return the 16 coefficients that give a body the measures of a skeleton; zeros at the end."""
    segments, errors_metres = zip(*MEASURES, strict=True)
    ways = np.array([segment.of_body(body.joints_template) for segment in segments])
    lengths = np.linalg.norm(ways, axis=1)
    # To first order, a limb grows by what its end moves in its own direction.
    shapes = np.array(
        [segment.of_body(np.moveaxis(body.joint_shapes, 2, 0)) for segment in segments]
    )
    slopes = np.einsum("ma,mba->mb", ways / lengths[:, None], shapes)
    tips, numbers = skeleton.rest_tips, skeleton.numbers
    wanted = [np.linalg.norm(segment.of_skeleton(tips, numbers)) for segment in segments]
    weights = 1.0 / np.array(errors_metres)
    fit = lsq_linear(
        np.concatenate([slopes * weights[:, None], np.eye(slopes.shape[1])]),
        np.concatenate([(wanted - lengths) * weights, np.zeros(slopes.shape[1])]),
        bounds=(-MAX_BETA, MAX_BETA),
    )
    return np.concatenate([fit.x, np.zeros(BETAS)])[:BETAS]
