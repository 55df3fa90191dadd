"""Statistics in the files of the field, and the published ones."""

import numpy as np
import pytest

from motiondata.errors import InputError
from motiondata.representations.feature_groups import FEATURE_GROUPS
from motiondata.representations.field_statistics import (
    DTYPES,
    EVALUATOR_DIVISIONS,
    field_statistics,
)
from motiondata.representations.layout import columns_of
from motiondata.representations.repr272 import (
    POSITIONS,
    ROOT_VELOCITY,
    ROTATIONS,
    VELOCITIES,
    YAW_VELOCITY,
)
from motiondata.representations.skeleton import KIT, T2M, FeatureSkeleton
from shards.stats.std_groups import group_std
from tests.support.reference_data import reference_data


@pytest.mark.parametrize(
    ("name", "skeleton"), [("humanml3d-263", T2M), ("kit-251", KIT)], ids=["263", "251"]
)
def test_groups_are_the_columns_of_the_features(name: str, skeleton: FeatureSkeleton) -> None:
    columns = [(part.start, part.stop) for part in columns_of(skeleton)]
    assert list(FEATURE_GROUPS[name].values()) == columns


def test_the_groups_of_272_are_its_columns() -> None:
    columns = (ROOT_VELOCITY, YAW_VELOCITY, POSITIONS, VELOCITIES, ROTATIONS)
    groups = list(FEATURE_GROUPS["humanml3d-272"].values())
    assert groups == [(part.start, part.stop) for part in columns]


@pytest.mark.parametrize(
    ("name", "parts"),
    [("humanml3d-263", ("humanml3d",)), ("humanml3d-272", ("features", "repr_272"))],
)
def test_published_statistics_are_grouped_and_typed_so(name: str, parts: tuple[str, ...]) -> None:
    mean, std = (np.load(reference_data(*parts, f"{kind}.npy")) for kind in ("Mean", "Std"))
    grouped = group_std(std.astype(np.float64), FEATURE_GROUPS[name])
    found = field_statistics(mean.astype(np.float64), grouped, name)
    assert (found.mean.dtype, found.std.dtype) == (mean.dtype, std.dtype)
    np.testing.assert_array_equal(found.mean, mean)
    np.testing.assert_allclose(found.std, std, rtol=1e-12 if std.dtype == np.float64 else 1e-7)


def test_evaluators_divide_the_root_and_the_contacts_by_25() -> None:
    std = np.arange(1.0, 264.0)
    found = field_statistics(np.zeros(263), std, "humanml3d-263", EVALUATOR_DIVISIONS).std
    factors = std / found
    np.testing.assert_allclose(factors[:4], 25, rtol=1e-6)
    np.testing.assert_allclose(factors[4:259], 1, rtol=1e-6)
    np.testing.assert_allclose(factors[259:], 25, rtol=1e-6)


def test_the_bias_does_not_change_its_input() -> None:
    std = np.ones(251)
    field_statistics(np.zeros(251), std, "kit-251", 1)
    assert (std == 1).all()


@pytest.mark.parametrize(
    ("name", "width", "divisions", "message"),
    [
        ("humanml3d-263", 251, 0, r"mean: expected the shape \(263,\), found \(251,\)"),
        ("humanml3d-272", 272, 1, "divide no standard deviation"),
        ("lidar", 3, 0, "'lidar'; expected one of humanml3d-263, kit-251, humanml3d-272"),
    ],
)
def test_statistics_of_something_else_are_refused(
    name: str, width: int, divisions: int, message: str
) -> None:
    with pytest.raises(InputError, match=message):
        field_statistics(np.zeros(width), np.ones(width), name, divisions)


def test_every_type_has_groups() -> None:
    assert {*DTYPES} <= {*FEATURE_GROUPS}
