"""The driver's memory per row: a million rows take less than a gigabyte."""

from pathlib import Path

import pytest

from benchmarks.scale.driver_load import measure_driver

FEW, MANY = 70_000, 210_000
"""More rows than are objects at once, in either."""
BYTES_PER_ROW = 700
"""Maximum at a peak: a million rows then take less than a gigabyte with all libraries."""


@pytest.mark.slow
def test_a_row_costs_the_driver_some_hundred_bytes(tmp_path: Path) -> None:
    peaks = []
    for rows in (FEW, MANY):
        root = tmp_path / str(rows)
        root.mkdir()
        load = measure_driver(root, rows, recordings=1_000, texts=False)
        peaks.append(load.stages[-1].megabytes)
    assert (peaks[1] - peaks[0]) * 1e6 < BYTES_PER_ROW * (MANY - FEW)
