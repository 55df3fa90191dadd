"""Work in separate processes is limited to its cores, and everything that it starts is counted."""

import os
import subprocess
import sys
import time
from collections.abc import Sequence
from functools import partial

import pytest

from benchmarks.common.processes import Share, Work, cores, run_apart, tree_cpu_seconds
from benchmarks.common.timing import spread, take_turns

BUSY_SECONDS = 0.3
SPIN = "import time\nwhile time.process_time() < 0.3: pass"
IN_THE_BACKGROUND = f"import subprocess, sys; subprocess.Popen([sys.executable, '-c', {SPIN!r}])"


def prepare_to_tell(megabytes: int, orphans: bool) -> Work:
    return partial(tell, megabytes, orphans)


def tell(megabytes: int, orphans: bool) -> list[int]:
    """Take memory, start what goes on alone, and return the cores that may be used."""
    taken = b"x" * (megabytes * 10**6)
    if orphans and taken:
        subprocess.run([sys.executable, "-c", IN_THE_BACKGROUND], check=True)
    return sorted(os.sched_getaffinity(0))


def test_each_process_keeps_to_its_cores_and_all_answer_in_order() -> None:
    used = run_apart([Share(partial(prepare_to_tell, 1, False), frozenset({c})) for c in cores(2)])
    assert list(used.answers) == [[core] for core in cores(2)]


def test_memory_and_orphans_are_counted() -> None:
    small, large = (
        run_apart([Share(partial(prepare_to_tell, megabytes, orphans), frozenset(cores(1)))])
        for megabytes, orphans in ((1, False), (200, True))
    )
    assert large.peak_megabytes == pytest.approx(small.peak_megabytes + 199, abs=20)
    assert small.cpu < BUSY_SECONDS
    assert large.cpu >= BUSY_SECONDS
    assert large.wall > 0 < large.startup


def fail() -> Work:
    raise RuntimeError("meant to fail")


@pytest.mark.timeout(60)
def test_a_process_that_fails_ends_the_others(capfd: pytest.CaptureFixture[str]) -> None:
    here = frozenset(cores(1))
    with pytest.raises(EOFError):
        run_apart([Share(fail, here), Share(partial(partial, time.sleep, 3600), here)])
    assert "meant to fail" in capfd.readouterr().err


def test_ways_take_turns_after_a_run_that_is_not_counted() -> None:
    order: list[str] = []
    seconds = take_turns({"a": lambda: order.append("a"), "b": lambda: order.append("b")}, 2)
    assert "".join(order) == "ababab"
    assert {name: len(values) for name, values in seconds.items()} == {"a": 2, "b": 2}


def test_a_spread_is_the_median_and_what_values_lie_between() -> None:
    assert spread([3.0, 9.0, 1.0]) == (3.0, 1.0, 9.0)


def prepare_to_start_another() -> Work:
    return start_another


def start_another() -> None:
    subprocess.run([sys.executable, "-c", SPIN], check=True)


def test_processes_are_watched_until_they_answer_with_all_that_they_started() -> None:
    seen: list[float] = []

    def watch(processes: Sequence[int]) -> float:
        seen.append(tree_cpu_seconds(processes))
        return 0.01

    used = run_apart([Share(prepare_to_start_another, frozenset(cores(1)))], watch)
    assert len(seen) > 2
    assert seen == sorted(seen)
    assert seen[-1] - seen[0] == pytest.approx(used.cpu, abs=0.15)
