"""SMPL's skeleton: order, names and parents of its joints.

Source: the SMPL model (Loper et al. 2015); the first 22 joints are common to SMPL, SMPL-H and
SMPL-X. Mirror pairs: `motion_representation.ipynb` of EricGuo5513/HumanML3D.
"""

JOINT_NAMES = (
    "pelvis", "left_hip", "right_hip", "spine1", "left_knee", "right_knee", "spine2",
    "left_ankle", "right_ankle", "spine3", "left_foot", "right_foot", "neck",
    "left_collar", "right_collar", "head", "left_shoulder", "right_shoulder",
    "left_elbow", "right_elbow", "left_wrist", "right_wrist",
)  # fmt: skip
"""The 22 joints of every recording, in SMPL's order."""

PARENTS = (-1, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 9, 9, 12, 13, 14, 16, 17, 18, 19)
"""The parent of each of the 22 joints; the root's is -1."""

JOINTS = len(JOINT_NAMES)

JOINT = {name: number for number, name in enumerate(JOINT_NAMES)}
"""The number of each joint by its name."""

LEFT_JOINTS = (1, 4, 7, 10, 13, 16, 18, 20)
RIGHT_JOINTS = (2, 5, 8, 11, 14, 17, 19, 21)
