"""The schema of pose pairs: one column for each code."""

from motiondata.pose_pairs.pair_codes import PAIR_CODES
from motiondata.pose_pairs.pose_codes import POSE_CODES, SUPER_CODES
from motiondata.skeletons import JOINTS as SKELETON_JOINTS
from pipelines.clips.members import DETAILS, POSE, TEXT, TRANS
from pipelines.products.pose_pairs.members import (
    CHANGES,
    JOINTS,
    LEVELS,
    POSE_CODES_MEMBER,
    SUPER_CODES_MEMBER,
)
from shards.format.array_spec import FRAMES, ArraySpec
from shards.format.schema import Schema

SCHEMA = Schema(
    {
        JOINTS: ArraySpec("float32", (FRAMES, SKELETON_JOINTS, 3)),
        POSE: ArraySpec("float32", (FRAMES, SKELETON_JOINTS, 3)),
        TRANS: ArraySpec("float32", (FRAMES, 3)),
        POSE_CODES_MEMBER: ArraySpec("int8", (FRAMES, len(POSE_CODES))),
        SUPER_CODES_MEMBER: ArraySpec("int8", (FRAMES, len(SUPER_CODES))),
        CHANGES: ArraySpec("float32", (len(PAIR_CODES),)),
        LEVELS: ArraySpec("int8", (len(PAIR_CODES),)),
        DETAILS: "json",
        TEXT: "text",
    }
)
"""A sample has two frames: pose A, and pose B that a text corrects it into."""
