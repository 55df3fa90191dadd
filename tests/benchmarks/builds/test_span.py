"""The time span of a build is read from its folder, and an impossible span is refused."""

import os
import time
from pathlib import Path

import pytest

from benchmarks.builds.span import Span, SpanWatch


def test_the_span_is_from_the_first_split_s_folder_to_the_last_receipt(tmp_path: Path) -> None:
    here, out = [os.getpid()], tmp_path / "lidar"
    watch = SpanWatch(out)
    watch(here)
    receipts = out / "receipts"
    receipts.mkdir(parents=True)
    (receipts / "plan.json").touch()
    time.sleep(0.1)
    watch(here)  # a folder that is only planned is not begun
    (out / "train").mkdir()
    watch(here)
    spin_until = time.process_time() + 0.2
    while time.process_time() < spin_until:
        pass
    (receipts / "train-000000.json").touch()
    watch(here)
    time.sleep(0.1)
    span = watch.span()
    assert 0.1 <= span.start < 5
    assert 0.15 <= span.cpu < 5
    assert 0.15 <= span.wall < 5
    assert 0.05 <= span.end < 5


def test_a_build_that_published_nothing_has_no_span(tmp_path: Path) -> None:
    watch = SpanWatch(tmp_path / "lidar")
    watch([os.getpid()])
    with pytest.raises(RuntimeError, match="found none"):
        watch.span()


@pytest.mark.parametrize("name", ["start", "wall", "cpu", "end"])
def test_a_time_that_is_not_positive_is_no_measure(name: str) -> None:
    times = {"start": 1.0, "wall": 1.0, "cpu": 1.0, "end": 1.0}
    for wrong in (0.0, -0.1):
        with pytest.raises(ValueError, match=f"{name}: expected more than 0 s, found {wrong} s"):
            Span(**{**times, name: wrong})
