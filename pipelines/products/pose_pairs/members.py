"""The members of samples of pose pairs, in storage order."""

from pipelines.clips.members import DETAILS, POSE, TEXT, TRANS
from pipelines.engine.description import Member

JOINTS = "joints.npy"
POSE_CODES_MEMBER = "pose_codes.npy"
SUPER_CODES_MEMBER = "super_codes.npy"
CHANGES = "changes.npy"
LEVELS = "levels.npy"

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
