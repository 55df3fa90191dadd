"""The bones of the skeletons that samples contain, and their joints in AMASS's world.

A viewer draws all motion in one frame, so that datasets of one clip can be compared.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from motiondata.representations.joint_sets import from_kit_frame, y_up_to_amass
from motiondata.representations.skeleton import KIT
from motiondata.skeletons import JOINT, PARENTS
from pipelines.products.motion_features.options import (
    JOINTS_ONLY,
    KIT_251,
    REPRESENTATIONS,
    WORLD,
)

Floats = NDArray[np.float64]

HANDS = (JOINT["left_wrist"], JOINT["right_wrist"])
"""The parents of SMPL's last two joints, the hands."""
PARENTS_BY_JOINTS: Mapping[int, tuple[int, ...]] = {
    len(PARENTS): PARENTS,
    len(PARENTS) + len(HANDS): (*PARENTS, *HANDS),
    KIT.joints: (-1, *KIT.parents.tolist()),
}
"""The parents of the joints of each skeleton, by its number of joints."""


@dataclass(frozen=True)
class PosedSkeleton:
    """The joints of a clip, and the bones between them."""

    joints: Floats
    """Shaped (frames, joints, 3), AMASS's world, z up, meters."""
    parents: tuple[int, ...]
    """The parent of each joint; -1 for the root."""

    @property
    def roots(self) -> list[int]:
        """The joints without a parent: one for each person."""
        return [joint for joint, parent in enumerate(self.parents) if parent < 0]

    @property
    def bones(self) -> tuple[tuple[int, int], ...]:
        """The parent and the joint of each bone."""
        return tuple((parent, joint) for joint, parent in enumerate(self.parents) if parent >= 0)


def skeleton_of_features(joints: NDArray[Any], details: Mapping[str, Any]) -> PosedSkeleton | None:
    """Return the skeleton of a sample of motion features.

    `details` are the sample's `json`. Returns None for a representation or a number of joints that
    is not known.
    """
    parents = PARENTS_BY_JOINTS.get(joints.shape[1])
    representation = details.get("representation")
    if parents is None or representation not in REPRESENTATIONS:
        return None
    return PosedSkeleton(_to_world(representation, details)(joints.astype(np.float64)), parents)


def _to_world(representation: str, details: Mapping[str, Any]) -> Callable[[Floats], Floats]:
    if representation == KIT_251:
        return kit_to_amass
    in_world = representation == JOINTS_ONLY and details.get("joint_frame") == WORLD
    return np.asarray if in_world else y_up_to_amass


def kit_to_amass(joints: Floats) -> Floats:
    """Turn joints (..., 3) from the frame of KIT-ML's features, millimeters, to AMASS's world."""
    return y_up_to_amass(from_kit_frame(joints))
