"""Runs of true values, against a plain loop."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from motiondata.true_runs import true_runs


def runs_by_loop(flags: list[bool]) -> list[range]:
    runs: list[range] = []
    for place, flag in enumerate(flags):
        if flag and runs and runs[-1].stop == place:
            runs[-1] = range(runs[-1].start, place + 1)
        elif flag:
            runs.append(range(place, place + 1))
    return runs


@given(st.lists(st.booleans(), max_size=30), st.integers(1, 4))
def test_runs_are_those_of_a_loop(flags: list[bool], least: int) -> None:
    expected = [run for run in runs_by_loop(flags) if len(run) >= least]
    assert true_runs(np.array(flags, bool), least) == expected
