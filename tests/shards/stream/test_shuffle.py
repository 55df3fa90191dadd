"""The order of an epoch: an exact permutation, wherever it is asked, that looks random."""

import time

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shards.stream.shuffle import Epoch

SEEDS = st.integers(-(2**70), 2**70)
NUMBERS = st.integers(0, 2**40)


@given(count=st.integers(1, 3000), seed=SEEDS, number=NUMBERS)
def test_every_item_comes_once(count: int, seed: int, number: int) -> None:
    items = Epoch(seed, number).permute(np.arange(count), count)
    assert sorted(items.tolist()) == list(range(count))


@given(
    count=st.integers(1, 10**15),
    seed=SEEDS,
    places=st.lists(st.floats(0, 1, exclude_max=True), max_size=50),
)
def test_a_place_has_its_item_whatever_else_is_asked(
    count: int, seed: int, places: list[float]
) -> None:
    epoch, numbers = Epoch(seed, 3), np.array([int(place * count) for place in places], np.int64)
    together = epoch.permute(numbers, count)
    alone = [int(epoch.permute(numbers[at : at + 1], count)[0]) for at in range(len(numbers))]
    assert together.tolist() == alone
    assert all(0 <= item < count for item in alone)


def test_seeds_and_epochs_have_orders_of_their_own() -> None:
    orders = {
        tuple(Epoch(seed, number).permute(np.arange(30), 30).tolist())
        for seed in range(20)
        for number in range(20)
    }
    assert len(orders) == 400


@pytest.mark.parametrize("count", [2, 3, 5, 16, 17])
def test_every_item_is_as_likely_at_every_place(count: int) -> None:
    epochs = 4000
    orders = np.array([Epoch(0, n).permute(np.arange(count), count) for n in range(epochs)])
    seen = np.array([np.bincount(orders[:, place], minlength=count) for place in range(count)])
    expected = epochs / count
    chi_square = ((seen - expected) ** 2 / expected).sum()
    freedom = (count - 1) ** 2
    assert chi_square < freedom + 5 * np.sqrt(2 * freedom)


def test_neighbors_are_as_far_apart_as_in_numpys_permutation() -> None:
    count = 20_000
    ours = Epoch(1, 0).permute(np.arange(count), count)
    numpys = np.random.default_rng(0).permutation(count)
    gaps = [np.histogram(np.diff(order), 20, (-count, count))[0] for order in (ours, numpys)]
    assert np.abs(gaps[0] - gaps[1]).max() < 6 * np.sqrt(gaps[1].max())


PINNED_ORDER = [2, 5, 6, 0, 3, 9, 4, 8, 7, 1]
PINNED_CHOICES = [26, 42, 57, 87, 61, 54, 40, 75, 68, 31]


def test_orders_stay_what_they_are_for_good() -> None:
    assert Epoch(0, 0).permute(np.arange(10), 10).tolist() == PINNED_ORDER
    chosen = Epoch(0, 0).choose("window", np.arange(10), np.full(10, 100))
    assert chosen.tolist() == PINNED_CHOICES


@given(seed=SEEDS, counts=st.lists(st.integers(1, 10**9), min_size=1, max_size=30))
def test_choices_lie_below_their_counts_and_belong_to_their_items(
    seed: int, counts: list[int]
) -> None:
    epoch, items, below = Epoch(seed, 0), np.arange(len(counts)), np.array(counts)
    chosen = epoch.choose("window", items, below)
    assert np.all((chosen >= 0) & (chosen < below))
    backwards = epoch.choose("window", items[::-1], below[::-1])
    np.testing.assert_array_equal(backwards[::-1], chosen)


def test_choices_are_even_and_differ_by_purpose() -> None:
    items, ten = np.arange(50_000), np.full(50_000, 10)
    chosen = Epoch(0, 0).choose("window", items, ten)
    assert np.abs(np.bincount(chosen) - 5000).max() < 400
    assert (chosen != Epoch(0, 0).choose("caption", items, ten)).mean() > 0.85
    assert (chosen != Epoch(0, 1).choose("window", items, ten)).mean() > 0.85


def test_the_middle_of_millions_is_reached_at_once() -> None:
    start = time.process_time()
    Epoch(0, 7).permute(np.arange(10**9, 10**9 + 256), 2 * 10**9)
    assert time.process_time() - start < 0.1
