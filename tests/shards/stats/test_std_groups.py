"""HumanML3D's rule for standard deviations, on made features and on its own statistics."""

import numpy as np
import pytest

from shards.errors import ShardError
from shards.stats.std_groups import (
    GROUPS,
    HUMANML3D_263,
    HUMANML3D_272,
    group_std,
    parse_groups,
    rule_name,
)
from tests.support.reference_data import reference_data

JOINTS = 22


def test_the_263_features_are_grouped_as_the_notebook_does() -> None:
    made = np.random.default_rng(0).normal(0, np.linspace(0.1, 9, 263), (400, 263)).std(axis=0)
    expected = made.copy()
    rotations, velocities = 4 + (JOINTS - 1) * 3, 4 + (JOINTS - 1) * 9
    for part in (
        slice(0, 1),
        slice(1, 3),
        slice(3, 4),
        slice(4, rotations),
        slice(rotations, velocities),
        slice(velocities, velocities + JOINTS * 3),
        slice(velocities + JOINTS * 3, None),
    ):
        expected[part] = made[part].mean()
    np.testing.assert_array_equal(group_std(made, HUMANML3D_263), expected)


def test_the_272_features_are_grouped_by_kind() -> None:
    assert [stop for _, stop in HUMANML3D_272.values()] == [2, 8, 8 + 66, 8 + 132, 8 + 264]
    assert len(np.unique(group_std(np.arange(272.0), HUMANML3D_272))) == 5


@pytest.mark.parametrize("groups", GROUPS.values(), ids=GROUPS)
def test_grouping_twice_is_grouping_once(groups: dict[str, tuple[int, int]]) -> None:
    components = list(groups.values())[-1][1]
    once = group_std(np.random.default_rng(0).random(components), groups)
    np.testing.assert_allclose(group_std(once, groups), once, rtol=1e-15)


def test_humanml3ds_own_std_has_these_groups() -> None:
    std = np.load(reference_data("humanml3d", "Std.npy"))
    grouped = group_std(std.astype(np.float64), HUMANML3D_263).astype(np.float32)
    np.testing.assert_array_equal(grouped, std)
    changes = (np.flatnonzero(np.diff(std)) + 1).tolist()
    assert changes == [start for start, _ in HUMANML3D_263.values()][1:]


WRONG = {
    "too few": {"a": (0, 3)},
    "too many": {"a": (0, 5)},
    "a gap": {"a": (0, 1), "b": (2, 4)},
    "an overlap": {"a": (0, 3), "b": (2, 4)},
    "an empty group": {"a": (0, 2), "b": (2, 2), "c": (2, 4)},
    "another order": {"b": (2, 4), "a": (0, 2)},
    "none": {},
}


@pytest.mark.parametrize("groups", WRONG.values(), ids=WRONG)
def test_groups_hold_each_feature_once(groups: dict[str, tuple[int, int]]) -> None:
    with pytest.raises(ShardError, match="each of 4 features once"):
        group_std(np.ones(4), groups)


@pytest.mark.parametrize("name", GROUPS)
def test_a_known_rule_goes_by_its_name(name: str) -> None:
    assert rule_name(parse_groups(name)) == name


def test_a_rule_can_be_spelled() -> None:
    groups = parse_groups("plane=0:2,height=2:3")
    assert groups == {"plane": (0, 2), "height": (2, 3)}
    assert rule_name(groups) == "grouped"


@pytest.mark.parametrize(
    "text", ["", "humanml3d", "a=0:2,", "a=0-2", "a=0:2,a=2:3", "a=-1:2", "a=0:2;b=2:3", "=0:2"]
)
def test_a_rule_that_cannot_be_read_names_those_there_are(text: str) -> None:
    with pytest.raises(ShardError, match="expected humanml3d-263, humanml3d-272, or name="):
        parse_groups(text)
