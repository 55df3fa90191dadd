"""Groups of components that share a standard deviation, and rules: groups with a name.

A component is then divided by the mean standard deviation of its group, not by its own. The rules
that have a name belong to the data, so the caller passes them.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from shards.errors import ShardError

Groups = Mapping[str, tuple[int, int]]
"""The start and the (exclusive) stop of each group, by name."""

GROUPED = "grouped"
"""The name of every rule that is not a named one."""

_GROUP = re.compile(r"([A-Za-z0-9_]+)=([0-9]{1,6}):([0-9]{1,6})")


@dataclass(frozen=True)
class GroupRule:
    """Groups of components, and the name of the rule in folder names and in `stats.json`."""

    groups: Groups
    name: str = GROUPED


def parse_rule(text: str, named: Mapping[str, Groups]) -> GroupRule:
    """Return the rule with this name, or parse groups written as `name=start:stop,...`.

    `named` are the rules that have a name. Groups that equal those of a named rule are that rule.
    Raises `ShardError` for other text and for a duplicate name of a group.
    """
    groups = named[text] if text in named else _parse_groups(text, named)
    names = (name for name, known in named.items() if known == groups)
    return GroupRule(groups, next(names, GROUPED))


def _parse_groups(text: str, named: Mapping[str, Groups]) -> Groups:
    matches = [match for match in map(_GROUP.fullmatch, text.split(",")) if match]
    groups = {match[1]: (int(match[2]), int(match[3])) for match in matches}
    if len(groups) != len(text.split(",")):
        raise ShardError(
            f"the groups are {text!r}; expected {', '.join(named)}, or name=start:stop,... with a "
            "different name for each group"
        )
    return groups


def group_std(std: NDArray[np.float64], groups: Groups) -> NDArray[np.float64]:
    """Return the mean standard deviation of each component's group, per component."""
    check_groups(groups, len(std))
    sizes = [stop - start for start, stop in groups.values()]
    means = [std[start:stop].mean() for start, stop in groups.values()]
    return np.repeat(means, sizes)


def check_groups(groups: Groups, components: int) -> None:
    """Raise `ShardError` unless the groups contain every component once, in order."""
    edges = [0, *(stop for _, stop in groups.values())]
    starts = [start for start, _ in groups.values()]
    if starts != edges[:-1] or edges[-1] != components or sorted(set(edges)) != edges:
        written = ", ".join(f"{name}={start}:{stop}" for name, (start, stop) in groups.items())
        raise ShardError(
            f"expected groups that cover each of the {components} components once, in order, found "
            f"{written}"
        )
