"""Corresponding segments of a body and a CMU skeleton.

The ends of a segment are SMPL joints in the body and bone tips in the skeleton.
"""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from motiondata.skeletons import JOINT


class Segment(NamedTuple):
    """A vector between two points; two names separated by a space denote their midpoint."""

    start: str
    end: str
    start_tip: str
    end_tip: str

    def of_body(self, joints: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the vector from start to end, (..., 3), for joints shaped (..., joints, 3)."""
        return _middle(joints, self.end, JOINT) - _middle(joints, self.start, JOINT)

    def of_skeleton(
        self, tips: NDArray[np.float64], numbers: Mapping[str, int]
    ) -> NDArray[np.float64]:
        """Return the vector from start to end, (..., 3), for bone tips shaped (..., bones, 3)."""
        return _middle(tips, self.end_tip, numbers) - _middle(tips, self.start_tip, numbers)


def _middle(
    places: NDArray[np.float64], names: str, numbers: Mapping[str, int]
) -> NDArray[np.float64]:
    return np.asarray(places[..., [numbers[name] for name in names.split()], :].mean(axis=-2))
