"""From stored vectors back to joints, to the path of the root, and to poses."""

from collections.abc import Mapping
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from motiondata.errors import InputError
from motiondata.representations.humanml3d_recovery import (
    recover_joints,
    recover_joints_by_rotations,
)
from motiondata.representations.joint_sets import amass_to_y_up, from_kit_frame
from motiondata.representations.repr272 import recover_repr272
from pipelines.engine.description import Recovery
from pipelines.products.motion_features.options import (
    JOINTS_ONLY,
    KIT_251,
    ON_A_TARGET,
    REPR_272,
    WORLD,
)
from pipelines.products.motion_features.target import skeleton_of
from shards.format.dataset import Dataset

Arrays = tuple[NDArray[np.float32], ...]


def recovery_of(dataset: Dataset, representation: str, by_rotations: bool) -> Recovery:
    """Return what can be recovered of a dataset's vectors.

    Raises `InputError` for the representation joints, and for 272 by rotations: a body must be
    posed for that.
    """
    if representation in ON_A_TARGET:
        return _of_target(dataset, representation, by_rotations)
    if representation != REPR_272:
        raise InputError(f"{dataset.place}: contains joints already; nothing is to be recovered")
    if by_rotations:
        raise InputError(
            f"{dataset.place}: repr-272 has joints by positions; to have them by rotations, pose a "
            "body by the recovered pose"
        )
    return Recovery(("joints", "root", "pose"), _from_272)


def recover_positions(
    vectors: NDArray[Any], representation: str, corrected: bool = False
) -> NDArray[np.float32]:
    """Return the joints of vectors by their positions, y up, in the unit of the representation.

    `vectors` are shaped (frames, columns), the result (frames, joints, 3).
    """
    if representation == REPR_272:
        return recover_repr272(vectors).joints.astype(np.float32)
    return recover_joints(vectors, skeleton_of(representation), corrected)


def joints_to_y_up(
    representation: str, joints: NDArray[Any], details: Mapping[str, Any]
) -> NDArray[Any]:
    """Return a sample's joints with y up, in meters, and with left on the left.

    The joints of kit-251 are a mirror image in millimeters; those of the representation joints may
    be in AMASS's world, as `details`, the sample's `json`, says.
    """
    if representation == KIT_251:
        return from_kit_frame(joints)
    in_world = representation == JOINTS_ONLY and details.get("joint_frame") == WORLD
    return amass_to_y_up(joints) if in_world else joints


def _of_target(dataset: Dataset, representation: str, by_rotations: bool) -> Recovery:
    corrected = dataset.description.parameters["corrected"]
    if not by_rotations:
        return Recovery(
            ("joints",),
            lambda vectors: (recover_positions(vectors, representation, corrected),),
        )
    lengths = np.array(dataset.description.provenance["target_skeleton"]["bone_lengths"])
    recover = partial(
        recover_joints_by_rotations,
        skeleton=skeleton_of(representation),
        lengths=lengths,
        corrected=corrected,
    )
    return Recovery(("joints",), lambda vectors: (recover(vectors),))


def _from_272(vectors: NDArray[Any]) -> Arrays:
    posed = recover_repr272(vectors)
    joints, root, pose = (
        array.astype(np.float32) for array in (posed.joints, posed.root_path, posed.pose)
    )
    return joints, root, pose
