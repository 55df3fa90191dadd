"""Moments equal a two-pass reference, for any offset and any division of the values."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from numpy.typing import NDArray

from shards.errors import ShardError
from shards.stats.moments import Moments, fold, merge

FLOATS = st.floats(-1e6, 1e6, width=32)
VALUES = hnp.arrays(np.float32, st.tuples(st.integers(1, 60), st.just(2)), elements=FLOATS)


def reference_moments(array: NDArray[Any]) -> tuple[NDArray[np.longdouble], NDArray[np.longdouble]]:
    """Return mean and standard deviation by the definition, in 80 bits."""
    values = array.reshape(-1, array.shape[-1]).astype(np.longdouble)
    mean = values.mean(axis=0)
    return mean, np.sqrt(np.square(values - mean).mean(axis=0))


def assert_close(found: Moments, array: NDArray[Any]) -> None:
    """Compare with the reference: 1e-12 of the standard deviation, rounding of the offset aside."""
    mean, std = reference_moments(array)
    tolerance = 1e-12 * std + 4e-16 * np.abs(mean)
    assert (np.abs(found.mean - mean) <= tolerance).all()
    assert (np.abs(found.std() - std) <= tolerance).all()
    assert (found.minimum == array.reshape(-1, array.shape[-1]).min(axis=0)).all()
    assert (found.maximum == array.reshape(-1, array.shape[-1]).max(axis=0)).all()


def assert_same_bits(first: Moments, second: Moments) -> None:
    assert first.to_json() == second.to_json()


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
@pytest.mark.parametrize("offset", [0, 10, 1000, 30_000])
def test_no_offset_costs_precision(dtype: str, offset: float) -> None:
    noise = np.random.default_rng(0).normal(offset, [20.0, 30, 50], (500, 40, 3))
    array = noise.astype(dtype)
    assert_close(Moments.of(array), array)
    assert_close(fold(map(Moments.of, np.array_split(array, 37))), array)


def test_a_small_spread_at_a_large_offset_is_found() -> None:
    array = np.random.default_rng(0).normal(1000, 0.01, (100_000, 1)).astype(np.float32)
    _, std = reference_moments(array)
    assert abs(fold(map(Moments.of, np.array_split(array, 9))).std() - std)[0] < 1e-12


@given(VALUES)
def test_moments_are_those_of_the_definition(array: NDArray[np.float32]) -> None:
    mean, std = reference_moments(array)
    scale = np.abs(array).max()
    found = Moments.of(array)
    assert found.count == len(array)
    np.testing.assert_allclose(found.mean, mean.astype(float), rtol=0, atol=1e-14 * scale)
    np.testing.assert_allclose(found.std(), std.astype(float), rtol=1e-12, atol=1e-14 * scale)


@given(VALUES, st.lists(st.integers(0, 60), max_size=5))
def test_any_cut_into_parts_gives_the_same(array: NDArray[np.float32], cuts: list[int]) -> None:
    whole = Moments.of(array)
    merged = fold(map(Moments.of, np.split(array, sorted(min(cut, len(array)) for cut in cuts))))
    scale = np.abs(array).max()
    assert merged.count == whole.count
    np.testing.assert_allclose(merged.mean, whole.mean, rtol=1e-12, atol=1e-14 * scale)
    np.testing.assert_allclose(merged.std(), whole.std(), rtol=1e-12, atol=1e-12 * scale)
    np.testing.assert_array_equal(merged.minimum, whole.minimum)
    np.testing.assert_array_equal(merged.maximum, whole.maximum)


@given(VALUES, st.permutations(range(5)))
def test_the_order_of_work_does_not_reach_a_bit(
    array: NDArray[np.float32], order: list[int]
) -> None:
    parts = np.array_split(array, 5)
    done = {number: Moments.of(parts[number]) for number in order}
    assert_same_bits(fold(done[number] for number in range(5)), fold(map(Moments.of, parts)))


@given(VALUES)
def test_a_round_trip_through_json_keeps_every_bit(array: NDArray[np.float32]) -> None:
    for moments in (Moments.of(array), Moments.empty(2)):
        assert_same_bits(Moments.from_json(moments.to_json()), moments)


@given(VALUES)
def test_merging_nothing_changes_nothing(array: NDArray[np.float32]) -> None:
    moments = Moments.of(array)
    assert_same_bits(merge(Moments.empty(2), moments), moments)
    assert_same_bits(merge(moments, Moments.empty(2)), moments)


@given(st.floats(-1e6, 1e6), st.integers(1, 40))
def test_a_constant_has_exactly_no_deviation(value: float, count: int) -> None:
    parts = [Moments.of(np.full((count, 1), value)) for _ in range(3)]
    merged = fold(parts)
    assert merged.constant.tolist() == [True]
    assert (merged.mean[0], merged.std()[0], merged.count) == (value, 0, 3 * count)


@given(VALUES, st.data())
def test_only_chosen_entries_are_counted(array: NDArray[np.float32], data: st.DataObject) -> None:
    where = data.draw(hnp.arrays(np.int32, len(array), elements=st.integers(0, 2)))
    assert_same_bits(Moments.of(array, where), Moments.of(array[where > 0]))


def test_the_array_is_left_as_it_was() -> None:
    array = np.arange(5.0)[:, None]
    Moments.of(array)
    assert array[:, 0].tolist() == [0, 1, 2, 3, 4]


def test_leading_axes_are_all_counted() -> None:
    array = np.arange(24.0).reshape(2, 4, 3)
    assert_same_bits(Moments.of(array), Moments.of(array.reshape(8, 3)))
    assert Moments.of(array, np.array([0, 5])).count == 4


def test_what_has_no_moments_is_refused() -> None:
    for value in (np.nan, np.inf, -np.inf):
        with pytest.raises(ShardError, match="NaN or infinite"):
            Moments.of(np.array([[1.0, 2.0], [1.0, value], [1.0, 3.0]]))
    with pytest.raises(ShardError, match="no parts"):
        fold([])
    with pytest.raises(ShardError, match="of 0 values"):
        Moments.empty(3).std()
    with pytest.raises(ShardError, match="of 1 values"):
        Moments.of(np.ones((1, 3))).std(ddof=1)


def test_ddof_is_taken_from_the_count() -> None:
    array = np.array([[1.0], [2.0], [4.0]])
    np.testing.assert_allclose(Moments.of(array).std(1), array.std(axis=0, ddof=1), rtol=1e-15)
