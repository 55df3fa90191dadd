"""Groups of features that share one standard deviation, and the rule that makes them do so.

HumanML3D does not divide a feature by its own spread but by the mean spread of its group, so that
a joint which moves little is not blown up. Its trainers and evaluators expect statistics like that.
"""

import re
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from shards.errors import ShardError

Groups = Mapping[str, tuple[int, int]]
"""The first feature of each group, and the one after its last."""

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
"""The rules by the names that a user picks them by."""
GROUPED = "grouped"
"""What every other rule is called."""

_GROUP = re.compile(r"([A-Za-z0-9_]+)=([0-9]{1,6}):([0-9]{1,6})")


def parse_groups(text: str) -> Groups:
    """Return the rule of that name, or the one that is spelled `name=start:stop,...`."""
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
    """Return the name of a rule: that in `GROUPS`, or `grouped`."""
    return next((name for name, known in GROUPS.items() if known == groups), GROUPED)


def group_std(std: NDArray[np.float64], groups: Groups) -> NDArray[np.float64]:
    """Return each feature's standard deviation replaced by the mean of its group's."""
    check_groups(groups, len(std))
    sizes = [stop - start for start, stop in groups.values()]
    means = [std[start:stop].mean() for start, stop in groups.values()]
    return np.repeat(means, sizes)


def check_groups(groups: Groups, components: int) -> None:
    """Raise `ShardError` unless the groups hold every feature once, in order."""
    edges = [0, *(stop for _, stop in groups.values())]
    starts = [start for start, _ in groups.values()]
    if starts != edges[:-1] or edges[-1] != components or sorted(set(edges)) != edges:
        named = ", ".join(f"{name}={start}:{stop}" for name, (start, stop) in groups.items())
        raise ShardError(
            f"the groups {named} do not hold each of {components} features once, in order"
        )
