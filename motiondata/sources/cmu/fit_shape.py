"""Fit the shape of a body to the size of a subject's skeleton."""

import numpy as np
from numpy.typing import NDArray

from motiondata.bodies.body import Body
from motiondata.bodies.measures import fit_lengths
from motiondata.sources.cmu.asf import AsfSkeleton

TIPS = (
    ("lhipjoint", "lfemur"),
    ("rhipjoint", "rfemur"),
    ("lhipjoint", "ltibia"),
    ("rhipjoint", "rtibia"),
    ("lclavicle", "lhumerus"),
    ("rclavicle", "rhumerus"),
    ("lclavicle", "rclavicle"),
    ("lhipjoint rhipjoint", "lclavicle rclavicle"),
)
"""The tips of the skeleton's bones between which each of `MEASURES` lies; two are their middle."""


def fit_betas(skeleton: AsfSkeleton, body: Body) -> NDArray[np.float64]:
    """Return the 16 betas that give a body the measures of a skeleton, padded with zeros."""
    tips = skeleton.rest_tips

    def middle(names: str) -> NDArray[np.float64]:
        return np.asarray(tips[[skeleton.numbers[name] for name in names.split()]].mean(axis=0))

    wanted = [np.linalg.norm(middle(end) - middle(start)) for start, end in TIPS]
    return fit_lengths(np.array(wanted), body)
