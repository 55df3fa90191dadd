"""Regions of the body that share a color in pictures, and these colors.

Left is bluish, right is reddish. Source of the colors: "tab10" of Matplotlib and Tableau.
"""

from motiondata.skeletons import JOINT_NAMES

REGIONS = {
    "torso": ("pelvis", "spine1", "spine2", "spine3", "left_collar", "right_collar"),
    "head": ("neck", "head"),
    "left arm": ("left_shoulder", "left_elbow", "left_wrist"),
    "right arm": ("right_shoulder", "right_elbow", "right_wrist"),
    "left leg": ("left_hip", "left_knee", "left_ankle", "left_foot"),
    "right leg": ("right_hip", "right_knee", "right_ankle", "right_foot"),
}
"""The joints of each region."""

REGION_COLORS = {
    "torso": "#7f7f7f",
    "head": "#ff7f0e",
    "left arm": "#1f77b4",
    "right arm": "#d62728",
    "left leg": "#17becf",
    "right leg": "#e377c2",
}
"""The color of each region: gray, orange, blue, red, cyan, pink."""

SURROUNDINGS_COLOR = "#8c564b"
"""The color of points that do not lie on the person: brown."""

REGION_OF_JOINT = tuple(
    next(name for name, joints in REGIONS.items() if joint in joints) for joint in JOINT_NAMES
)
"""The region of each joint, in SMPL's order."""
