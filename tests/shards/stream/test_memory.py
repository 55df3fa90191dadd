"""Memory: a process may use what its control group allows, and no more than the machine has."""

import os
from pathlib import Path

import pytest

from shards.stream.memory import group_limits, memory_bytes


def made_groups(folder: Path, lines: str, limits: dict[str, str]) -> list[int]:
    """Return the limits of a process in groups of these lines and files."""
    (folder / "process").write_text(lines)
    for name, text in limits.items():
        path = folder / "groups" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"{text}\n")
    return list(group_limits(folder / "process", folder / "groups"))


def test_the_limits_of_a_group_and_of_those_above_it_count(tmp_path: Path) -> None:
    limits = {
        "job/step/memory.max": "max",
        "job/memory.max": "3000",
        "memory.max": "5000",
        "other/memory.max": "10",
    }
    assert made_groups(tmp_path, "0::/job/step\n", limits) == [3000, 5000]


def test_a_group_that_a_container_hides_has_the_limit_of_what_it_shows(tmp_path: Path) -> None:
    assert made_groups(tmp_path, "0::/docker/3f2a\n", {"memory.max": "5000"}) == [5000]


def test_the_first_version_of_groups_counts_too(tmp_path: Path) -> None:
    lines = "5:cpu,cpuacct:/job\n4:memory:/job\n0::/\n"
    limits = {"memory/job/memory.limit_in_bytes": "2000", "job/memory.max": "1"}
    assert made_groups(tmp_path, lines, limits) == [2000]


@pytest.mark.parametrize("there", [True, False])
def test_without_groups_there_are_no_limits(tmp_path: Path, there: bool) -> None:
    if there:
        assert made_groups(tmp_path, "", {}) == []
    assert list(group_limits(tmp_path / "nothing", tmp_path)) == []


def test_no_more_is_used_than_the_machine_has() -> None:
    assert 0 < memory_bytes() <= os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
