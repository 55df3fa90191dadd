"""The members of a LiDAR sample, in storage order. No other file contains their names."""

from pipelines.clips.members import MOTION_MEMBERS, POSE, TRANS
from pipelines.engine.description import Member

POINTS = "points.npy"
HITS = "hits.npy"
PARTS = "parts.npy"
JOINTS = "joints.npy"
INTENSITY = "intensity.npy"
TIME = "time.npy"
BEAM = "beam.npy"
COLUMN = "column.npy"
LABEL = "label.npy"
SENSOR_POSE = "sensor_pose.npy"

EXTRA_MEMBERS = (
    Member(
        INTENSITY,
        "only with `--members intensity`: light sent back, as the sensor scales it; 100 for a "
        "white surface that faces the sensor (see [realism.md](realism.md)); 0 where no ray hit",
        unit="intensity",
    ),
    Member(
        TIME,
        "only with `--members time`: when the ray fired, since the turn began at the back of the "
        "sensor; the stored pose is that of the middle of the turn",
        unit="seconds",
    ),
    Member(
        BEAM,
        "only with `--members beam`: the beam of the ray, in the order of the sensor's file; -1 "
        "where no ray hit",
        unit="beam number",
    ),
    Member(
        COLUMN,
        "only with `--members column`: the column of the ray, counterclockwise from straight "
        "ahead; -1 where no ray hit",
        unit="column number",
    ),
    Member(
        LABEL,
        "only with `--members label`: what the point lies on: 0 the person, 1 the ground, 2 an "
        "occluder, 3 something else or somebody else; 255 where no ray hit",
        unit="label",
    ),
)
"""The values of points that are stored only on request, in storage order."""

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
        "face that was hit; 254 for points that are not on the person (`--realism street`, "
        "`--scene-points`); 255 where no ray hit",
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
    *EXTRA_MEMBERS,
    Member(
        SENSOR_POSE,
        "only with `--sensors`: the pose of the sensor in each frame, `world = T @ (x, y, z, 1)`",
        unit="meters; rotation: 1",
        frame="world",
    ),
    *MOTION_MEMBERS,
)
