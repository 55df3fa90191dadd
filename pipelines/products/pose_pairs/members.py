"""The members of samples of pose pairs, in storage order."""

from motiondata.pose_pairs.pair_codes import PAIR_CODES
from motiondata.pose_pairs.pose_codes import POSE_CODES, SUPER_CODES
from motiondata.skeletons import JOINTS as SKELETON_JOINTS
from pipelines.clips.members import DETAILS, POSE, TEXT, TRANS
from pipelines.engine.description import Member
from shards.format.array_spec import FRAMES, ArraySpec
from shards.format.schema import Schema

JOINTS = "joints.npy"
POSE_CODES_MEMBER = "pose_codes.npy"
SUPER_CODES_MEMBER = "super_codes.npy"
CHANGES = "changes.npy"
LEVELS = "levels.npy"

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

MEMBERS = (
    Member(
        JOINTS,
        "SMPL's first 22 joints of pose A and of pose B",
        unit="meters",
        frame="z up, on the floor; pose A faces -y, its pelvis is above the origin",
    ),
    Member(
        POSE,
        "axis-angle rotations in SMPL order of pose A and of pose B",
        unit="radians",
        frame="parent joint; pelvis: that of the joints",
    ),
    Member(TRANS, "AMASS's `trans`", unit="meters", frame="that of the joints"),
    Member(POSE_CODES_MEMBER, "the category of each pose code of both poses, see pose_pairs.md"),
    Member(SUPER_CODES_MEMBER, "whether each super-code holds for both poses, 0 or 1"),
    Member(CHANGES, "what each pair code measures, pose B minus pose A", unit="meters, degrees"),
    Member(LEVELS, "the level of each pair code, see pose_pairs.md"),
    Member(DETAILS, "see pose_pairs.md"),
    Member(TEXT, "the texts, one per line"),
)
