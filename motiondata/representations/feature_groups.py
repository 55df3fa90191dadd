"""Groups of features that share a standard deviation, for each representation of motion.

HumanML3D divides a feature by the mean standard deviation of its group, not by its own, so that a
joint with little motion is not amplified. Its trainers and evaluators expect such statistics.
"""

from collections.abc import Mapping

FEATURE_GROUPS: Mapping[str, Mapping[str, tuple[int, int]]] = {
    # Source: EricGuo5513/HumanML3D, cal_mean_variance.ipynb, for 22 joints.
    "humanml3d-263": {
        "root_yaw_velocity": (0, 1),
        "root_plane_velocity": (1, 3),
        "root_height": (3, 4),
        "joint_positions": (4, 67),
        "joint_rotations": (67, 193),
        "joint_velocities": (193, 259),
        "foot_contacts": (259, 263),
    },
    # The same rule for 21 joints.
    "kit-251": {
        "root_yaw_velocity": (0, 1),
        "root_plane_velocity": (1, 3),
        "root_height": (3, 4),
        "joint_positions": (4, 64),
        "joint_rotations": (64, 184),
        "joint_velocities": (184, 247),
        "foot_contacts": (247, 251),
    },
    # Source: Li-xingXiao/272-dim-Motion-Representation, cal_mean_std.py, for 22 joints.
    "humanml3d-272": {
        "root_plane_velocity": (0, 2),
        "root_heading_velocity": (2, 8),
        "joint_positions": (8, 74),
        "joint_velocities": (74, 140),
        "joint_rotations": (140, 272),
    },
}
"""The start and the (exclusive) stop of each group, by name, in order; by representation."""
