"""What of a CMU skeleton corresponds to what of a body: segments between the same two places.

The places are joints of SMPL's on one side and the tips of bones on the other.
"""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from motiondata.skeletons import JOINT


class Segment(NamedTuple):
    """A straight way between two places; two names with a space between mean their middle."""

    start: str
    end: str
    start_tip: str
    end_tip: str

    def of_body(self, joints: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the way from start to end, shaped (..., 3), of joints shaped (..., joints, 3)."""
        return _middle(joints, self.end, JOINT) - _middle(joints, self.start, JOINT)

    def of_skeleton(
        self, tips: NDArray[np.float64], numbers: Mapping[str, int]
    ) -> NDArray[np.float64]:
        """Return the same way, shaped (..., 3), of a skeleton's tips shaped (..., bones, 3)."""
        return _middle(tips, self.end_tip, numbers) - _middle(tips, self.start_tip, numbers)


def _middle(
    places: NDArray[np.float64], names: str, numbers: Mapping[str, int]
) -> NDArray[np.float64]:
    return np.asarray(places[..., [numbers[name] for name in names.split()], :].mean(axis=-2))
