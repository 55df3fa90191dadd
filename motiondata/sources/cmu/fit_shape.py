"""Fit the shape of a body to the size of a subject's skeleton.

On a body of a different size, motion in meters slides and floats, and scaled motion differs from
the captured motion. A skeleton determines few shape parameters; ridge regression keeps the others
near those of the mean person.
"""

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import lsq_linear

from motiondata.bodies.body import Body
from motiondata.recording import BETAS
from motiondata.sources.cmu.asf import AsfSkeleton
from motiondata.sources.cmu.segments import Segment

MAX_BETA = 3.0
"""Bound on the coefficients, in standard deviations of the population of the shape space."""

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
"""Segments that are fitted in the rest pose, where the legs are straight, and their tolerances.

A tolerance is the length error, meters, that weighs as much as one standard deviation of shape. It
is small for the legs, which determine whether the feet touch the floor. Two measures are left out:
the hip width, because the skeletons are narrower than a person (0.15 m in 01.asf), and the forearm,
because CMU skeletons do not distinguish its end from that of the hand.
"""


def fit_betas(skeleton: AsfSkeleton, body: Body) -> NDArray[np.float64]:
    """Return the 16 betas that give a body the measures of a skeleton, padded with zeros."""
    tips, numbers = skeleton.rest_tips, skeleton.numbers
    wanted = [np.linalg.norm(segment.of_skeleton(tips, numbers)) for segment, _ in MEASURES]
    return fit_lengths(np.array(wanted), body)


def fit_lengths(wanted: NDArray[np.float64], body: Body) -> NDArray[np.float64]:
    """Return the 16 betas that give a body the lengths of `MEASURES`, meters, in their order.

    A length of NaN is unknown and is not fitted.
    """
    segments, errors_meters = zip(*MEASURES, strict=True)
    ways = np.array([segment.of_body(body.joints_template) for segment in segments])
    lengths = np.linalg.norm(ways, axis=1)
    # To first order, a segment lengthens by the displacement of its end along the segment.
    shapes = np.array(
        [segment.of_body(np.moveaxis(body.joint_shapes, 2, 0)) for segment in segments]
    )
    slopes = np.einsum("ma,mba->mb", ways / lengths[:, None], shapes)
    is_known = np.isfinite(wanted)
    weights = is_known / np.array(errors_meters)
    wanted = np.where(is_known, wanted, lengths)
    fit = lsq_linear(
        np.concatenate([slopes * weights[:, None], np.eye(slopes.shape[1])]),
        np.concatenate([(wanted - lengths) * weights, np.zeros(slopes.shape[1])]),
        bounds=(-MAX_BETA, MAX_BETA),
    )
    return np.concatenate([fit.x, np.zeros(BETAS)])[:BETAS]
