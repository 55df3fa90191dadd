"""A pose pair as it is drawn: pose A and pose B side by side, in one frame.

Both face -y, so that a person who looks at their faces sees pose A on the left.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from motiondata.skeletons import JOINTS, PARENTS
from pipelines.viewing.skeletons import PosedSkeleton

Floats = NDArray[np.float64]

GAP_METERS = 0.45
"""Between the joints of the two poses: hands and heads extend beyond joints."""
PAIR_KEYS = {"a", "b", "in_sequence"}
"""The keys of the `json` of a pose pair."""
POSES = 2
PARENTS_OF_PAIR = (*PARENTS, *(parent + JOINTS if parent >= 0 else -1 for parent in PARENTS))


def is_pair(details: Mapping[str, Any]) -> bool:
    """Tell by its `json` whether a sample is a pose pair."""
    return details.keys() >= PAIR_KEYS


def skeleton_of_pair(joints: NDArray[np.float32]) -> PosedSkeleton:
    """Return both poses of joints shaped (2, 22, 3) as one skeleton of one frame."""
    shifted = joints.astype(np.float64) + shifts_of(joints)
    return PosedSkeleton(shifted.reshape(1, POSES * JOINTS, 3), PARENTS_OF_PAIR)


def shifts_of(joints: NDArray[np.floating]) -> Floats:
    """Return by how much each pose of joints (2, 22, 3) is moved aside, shaped (2, 1, 3)."""
    sides = joints[..., 0].astype(np.float64)
    apart = float(sides[0].max() - sides[1].min()) + GAP_METERS
    shifts = np.zeros((POSES, 1, 3))
    shifts[:, 0, 0] = (-apart / 2, apart / 2)
    return shifts
