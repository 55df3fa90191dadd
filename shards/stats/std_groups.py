"""Groups of features that share a standard deviation, and named rules for such groups.

HumanML3D divides a feature by the mean standard deviation of its group, not by its own, so that a
joint with little motion is not amplified. Its trainers and evaluators expect such statistics.
"""

import re
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from shards.errors import ShardError

Groups = Mapping[str, tuple[int, int]]
"""The start and the (exclusive) stop of each group, by name."""

HUMANML3D_263: Groups = {
    "root_yaw_velocity": (0, 1),
    "root_plane_velocity": (1, 3),
    "root_height": (3, 4),
    "joint_positions": (4, 67),
    "joint_rotations": (67, 193),
    "joint_velocities": (193, 259),
    "foot_contacts": (259, 263),
}
"""Source: EricGuo5513/HumanML3D, cal_mean_variance.ipynb, for 22 joints."""

HUMANML3D_272: Groups = {
    "root_plane_velocity": (0, 2),
    "root_heading_velocity": (2, 8),
    "joint_positions": (8, 74),
    "joint_velocities": (74, 140),
    "joint_rotations": (140, 272),
}
"""Source: Li-xingXiao/272-dim-Motion-Representation, cal_mean_std.py, for 22 joints."""

GROUPS: Mapping[str, Groups] = {"humanml3d-263": HUMANML3D_263, "humanml3d-272": HUMANML3D_272}
"""The predefined rules, by name."""
GROUPED = "grouped"
"""The name of every other rule."""

_GROUP = re.compile(r"([A-Za-z0-9_]+)=([0-9]{1,6}):([0-9]{1,6})")


def parse_groups(text: str) -> Groups:
    """Return the rule with this name, or parse groups written as `name=start:stop,...`.

    Raises `ShardError` for other text and for a duplicate name.
    """
    if text in GROUPS:
        return GROUPS[text]
    matches = [match for match in map(_GROUP.fullmatch, text.split(",")) if match]
    groups = {match[1]: (int(match[2]), int(match[3])) for match in matches}
    if len(groups) != len(text.split(",")):
        raise ShardError(
            f"the groups are {text!r}; expected {', '.join(GROUPS)}, or name=start:stop,... with "
            f"a name of its own for each group"
        )
    return groups


def rule_name(groups: Groups) -> str:
    """Return the name of a rule: its name in `GROUPS`, or else `grouped`."""
    return next((name for name, known in GROUPS.items() if known == groups), GROUPED)


def group_std(std: NDArray[np.float64], groups: Groups) -> NDArray[np.float64]:
    """Return the mean standard deviation of each feature's group, per feature."""
    check_groups(groups, len(std))
    sizes = [stop - start for start, stop in groups.values()]
    means = [std[start:stop].mean() for start, stop in groups.values()]
    return np.repeat(means, sizes)


def check_groups(groups: Groups, components: int) -> None:
    """Raise `ShardError` unless the groups contain every feature once, in order."""
    edges = [0, *(stop for _, stop in groups.values())]
    starts = [start for start, _ in groups.values()]
    if starts != edges[:-1] or edges[-1] != components or sorted(set(edges)) != edges:
        named = ", ".join(f"{name}={start}:{stop}" for name, (start, stop) in groups.items())
        raise ShardError(
            f"the groups {named} do not hold each of {components} features once, in order"
        )
