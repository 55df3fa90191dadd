"""Measures of a body: the height of its soles, and lengths that fit its shape to a person.

On a body of a different size, motion in meters slides and floats, and scaled motion differs from
the captured motion. A skeleton determines few shape parameters; ridge regression keeps the others
near those of the mean person.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import lsq_linear

from motiondata.bodies.body import Body
from motiondata.bodies.posing import ShapedBody
from motiondata.recording import BETAS
from motiondata.skeletons import JOINT

Floats = NDArray[np.float64]

MAX_BETA = 3.0
"""Bound on the coefficients, in standard deviations of the population of the shape space."""

FEET = [JOINT[f"{side}_{joint}"] for side in ("left", "right") for joint in ("ankle", "foot")]


class Measure(NamedTuple):
    """A length between two points of a body; two names separated by a space are their midpoint."""

    start: str
    end: str
    tolerance_meters: float
    """The error of the length that weighs as much as one standard deviation of shape."""

    def of(self, joints: Floats) -> Floats:
        """Return the vector from start to end, (..., 3), for joints shaped (..., joints, 3)."""
        return middle(joints, self.end) - middle(joints, self.start)


def middle(joints: Floats, names: str) -> Floats:
    """Return the middle of joints, named with spaces between, of joints (..., joints, 3)."""
    return np.asarray(joints[..., [JOINT[name] for name in names.split()], :].mean(axis=-2))


MEASURES = (
    Measure("left_hip", "left_knee", 0.02),
    Measure("right_hip", "right_knee", 0.02),
    Measure("left_hip", "left_ankle", 0.005),
    Measure("right_hip", "right_ankle", 0.005),
    Measure("left_shoulder", "left_elbow", 0.02),
    Measure("right_shoulder", "right_elbow", 0.02),
    Measure("left_shoulder", "right_shoulder", 0.02),
    Measure("left_hip right_hip", "left_shoulder right_shoulder", 0.02),
)
"""Lengths that are fitted in the rest pose, where the legs are straight.

The tolerance is small for the legs, which determine whether the feet touch the floor. Two measures
are left out: the hip width, because CMU's skeletons are narrower than a person (0.15 m in 01.asf),
and the forearm, because CMU's do not distinguish its end from that of the hand.
"""


def fit_lengths(wanted: Floats, body: Body) -> Floats:
    """Return the 16 betas that give a body the lengths of `MEASURES`, meters, in their order.

    A length of NaN is unknown and is not fitted. Betas that the body lacks are zero.
    """
    ways = np.array([measure.of(body.joints_template) for measure in MEASURES])
    lengths = np.linalg.norm(ways, axis=1)
    # To first order, a segment lengthens by the displacement of its end along the segment.
    shapes = np.array([measure.of(np.moveaxis(body.joint_shapes, 2, 0)) for measure in MEASURES])
    slopes = np.einsum("ma,mba->mb", ways / lengths[:, None], shapes)
    is_known = np.isfinite(wanted)
    weights = is_known / np.array([measure.tolerance_meters for measure in MEASURES])
    wanted = np.where(is_known, wanted, lengths)
    fit = lsq_linear(
        np.concatenate([slopes * weights[:, None], np.eye(slopes.shape[1])]),
        np.concatenate([(wanted - lengths) * weights, np.zeros(slopes.shape[1])]),
        bounds=(-MAX_BETA, MAX_BETA),
    )
    return np.concatenate([fit.x, np.zeros(BETAS)])[:BETAS]


def sole_meters(shaped: ShapedBody, joints: Floats) -> Floats:
    """Return the height of the lower sole, estimated from the foot joints: (frames,), meters.

    `joints` are the posed joints, shaped (frames, 22, 3), world frame, z up, meters.
    """
    above_sole = shaped.joints[FEET, 1] - shaped.vertices[:, 1].min()
    return np.asarray((joints[:, FEET, 2] - above_sole).min(axis=1))
