"""Dynamic time warping, compared with all paths that there are."""

from collections.abc import Iterator

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from pipelines.comparing.time_warping import STEPS, warp

SIZES = st.tuples(st.integers(1, 4), st.integers(1, 4), st.integers(0, 10**6))


def all_paths(rows: int, columns: int) -> Iterator[list[tuple[int, int]]]:
    """Yield every path from the first pair to the pair (rows - 1, columns - 1): the reference."""
    if (rows, columns) == (1, 1):
        yield [(0, 0)]
    for first, second in STEPS:
        if rows > first and columns > second:
            for path in all_paths(rows - first, columns - second):
                yield [*path, (rows - 1, columns - 1)]


@given(SIZES)
def test_no_path_is_cheaper(sizes: tuple[int, int, int]) -> None:
    rows, columns, seed = sizes
    costs = np.random.default_rng(seed).integers(0, 9, (rows, columns)).astype(float)
    found = [tuple(pair) for pair in warp(costs).tolist()]
    paths = list(all_paths(rows, columns))
    assert found in paths
    assert sum(costs[pair] for pair in found) == min(
        sum(costs[pair] for pair in path) for path in paths
    )


def test_equal_sequences_are_paired_frame_by_frame() -> None:
    assert warp(np.zeros((3, 3))).tolist() == [[0, 0], [1, 1], [2, 2]]


@given(st.lists(st.integers(1, 3), min_size=1, max_size=6))
def test_a_sequence_that_pauses_is_followed(times: list[int]) -> None:
    slow = np.repeat(np.arange(len(times)), times)
    path = warp(np.abs(np.arange(len(times))[:, None] - slow).astype(float))
    assert path[:, 0].tolist() == slow.tolist()
