"""The members of samples of motion features, in storage order, by representation."""

from collections.abc import Mapping

from pipelines.clips.members import MOTION_MEMBERS, POSE, TRANS
from pipelines.engine.description import Member
from pipelines.products.motion_features.options import (
    HUMANML3D_263,
    JOINTS_ONLY,
    KIT_251,
    REPR_272,
)

VECTORS = "vectors.npy"
JOINTS = "joints.npy"

COLUMNS = "see representations.md"

POSES = (
    Member(
        POSE,
        "axis-angle rotations in SMPL order, as recorded",
        unit="radians",
        frame="parent joint; pelvis: world",
    ),
    Member(TRANS, "AMASS's `trans`", unit="meters", frame="world"),
    *MOTION_MEMBERS,
)


def _members(vectors: Member, joints: Member) -> tuple[Member, ...]:
    return vectors, joints, *POSES


MEMBERS: Mapping[str, tuple[Member, ...]] = {
    HUMANML3D_263: _members(
        Member(VECTORS, "HumanML3D's features, " + COLUMNS, unit="meters, radians, frames"),
        Member(
            JOINTS,
            "SMPL's first 22 joints of the posed body, before they are moved to the target "
            "skeleton",
            unit="meters",
            frame="HumanML3D's, y up",
        ),
    ),
    KIT_251: _members(
        Member(VECTORS, "KIT-ML's features, " + COLUMNS, unit="millimeters, radians, frames"),
        Member(
            JOINTS,
            "KIT-ML's 21 joints of the posed body, before they are moved to the target skeleton",
            unit="millimeters",
            frame="KIT-ML's, y up",
        ),
    ),
    REPR_272: _members(
        Member(
            VECTORS, "features with SMPL's rotations, " + COLUMNS, unit="meters, radians, frames"
        ),
        Member(
            JOINTS,
            "SMPL's first 22 joints of the posed body",
            unit="meters",
            frame="y up, facing +z in the first frame",
        ),
    ),
    JOINTS_ONLY: (
        Member(
            JOINTS,
            "SMPL's first 22 joints, SMPL's 24 or KIT-ML's 21, as `joint_set` of the sample states",
            unit="meters",
            frame="`joint_frame` of the sample: HumanML3D's, y up, or the world",
        ),
        *POSES,
    ),
}
"""The members of each representation. No other file contains their names."""
