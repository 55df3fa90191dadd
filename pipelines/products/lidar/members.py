"""The members of a LiDAR sample, in storage order. No other file contains their names."""

from pipelines.clips.members import MOTION_MEMBERS, POSE, TRANS
from pipelines.engine.description import Member

POINTS = "points.npy"
HITS = "hits.npy"
PARTS = "parts.npy"
JOINTS = "joints.npy"

MEMBERS = (
    Member(
        POINTS,
        "in farthest-point order: `points[:, :k]` is the farthest-point sample of any smaller k",
        unit="meters",
        frame="sensor",
    ),
    Member(
        HITS,
        "number of rays that hit; `min(hits, K)` of the K points are distinct, and the rest repeat "
        "them in order",
        unit="rays",
    ),
    Member(
        PARTS,
        "body part of each point: the SMPL joint (0 to 21) with the largest skinning weight on the "
        "face that was hit; 255 where no ray hit",
        unit="joint number",
    ),
    Member(JOINTS, "SMPL's first 22 joints", unit="meters", frame="sensor"),
    Member(
        POSE,
        "axis-angle rotations in SMPL order, as recorded",
        unit="radians",
        frame="parent joint; pelvis: world",
    ),
    Member(TRANS, "AMASS's `trans`", unit="meters", frame="world"),
    *MOTION_MEMBERS,
)
