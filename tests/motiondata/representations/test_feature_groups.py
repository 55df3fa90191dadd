"""HumanML3D's rule for standard deviations, on made features and on its own statistics."""

import numpy as np
import pytest

from motiondata.representations.feature_groups import FEATURE_GROUPS
from shards.stats.std_groups import group_std
from tests.support.reference_data import reference_data

JOINTS = 22
FEATURES_263, FEATURES_272 = (FEATURE_GROUPS[name] for name in ("humanml3d-263", "humanml3d-272"))


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
    np.testing.assert_array_equal(group_std(made, FEATURES_263), expected)


def test_the_272_features_are_grouped_by_kind() -> None:
    assert [stop for _, stop in FEATURES_272.values()] == [2, 8, 8 + 66, 8 + 132, 8 + 264]
    assert len(np.unique(group_std(np.arange(272.0), FEATURES_272))) == 5


@pytest.mark.parametrize("groups", FEATURE_GROUPS.values(), ids=FEATURE_GROUPS)
def test_grouping_twice_is_grouping_once(groups: dict[str, tuple[int, int]]) -> None:
    components = list(groups.values())[-1][1]
    once = group_std(np.random.default_rng(0).random(components), groups)
    np.testing.assert_allclose(group_std(once, groups), once, rtol=1e-15)


def test_humanml3ds_own_std_has_these_groups() -> None:
    std = np.load(reference_data("humanml3d", "Std.npy"))
    grouped = group_std(std.astype(np.float64), FEATURES_263).astype(np.float32)
    np.testing.assert_array_equal(grouped, std)
    changes = (np.flatnonzero(np.diff(std)) + 1).tolist()
    assert changes == [start for start, _ in FEATURES_263.values()][1:]
