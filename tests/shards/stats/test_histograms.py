"""Histograms equal plain counting, for any division of the values."""

from collections import Counter
from functools import reduce
from operator import add
from typing import Any

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from numpy.typing import NDArray

from shards.stats.histograms import Histogram

FRAMES = hnp.arrays(np.int32, st.integers(1, 60), elements=st.integers(0, 300))
METERS = hnp.arrays(np.float64, st.integers(1, 60), elements=st.floats(0, 100))


@given(st.one_of(FRAMES, METERS), st.sampled_from([10, 16, 0.125]))
def test_each_value_is_in_the_bin_that_begins_below_it(values: NDArray[Any], width: float) -> None:
    expected = Counter(value // width * width for value in values.tolist())
    assert Histogram.of(values, width).counts == expected


@given(METERS, st.lists(st.integers(0, 60), max_size=5), st.randoms())
def test_any_cut_in_any_order_gives_the_same(
    values: NDArray[np.float64], cuts: list[int], random: Any
) -> None:
    parts = np.split(values, sorted(min(cut, len(values)) for cut in cuts))
    random.shuffle(parts)
    merged = reduce(add, (Histogram.of(part, 0.125) for part in parts))
    assert merged.to_json() == Histogram.of(values, 0.125).to_json()


def test_json_has_the_bins_in_order() -> None:
    found = Histogram.of(np.array([199, 40, 45]), 10).to_json()
    assert found == {"width": 10, "starts": [40, 190], "counts": [2, 1]}
