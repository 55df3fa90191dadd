"""The processors and the memory of this machine that this process may use.

A container or a batch job limits both by control groups. Source: the kernel's documents
admin-guide/cgroup-v2.rst (`cpu.max`, `memory.max`) and cgroup-v1 (`cpu.cfs_quota_us`,
`memory.limit_in_bytes`).
"""

import os
from contextlib import suppress
from pathlib import Path

CONTROL_GROUPS = Path("/sys/fs/cgroup")
MEMORY = Path("/proc/meminfo")


def usable_cpus(groups: Path = CONTROL_GROUPS) -> int:
    """Return the number of processors that this process may use, at least 1.

    A limit of 1.5 processors counts as 1.
    """
    cpus = len(os.sched_getaffinity(0))
    quota = _first_line(groups / "cpu.max").split() or [
        _first_line(groups / "cpu/cpu.cfs_quota_us"),
        _first_line(groups / "cpu/cpu.cfs_period_us"),
    ]
    with suppress(ValueError, IndexError, ZeroDivisionError):  # no limit: `max`, or no such file
        limit = int(quota[0]) / int(quota[1])
        return max(1, min(cpus, int(limit))) if limit > 0 else cpus
    return cpus


def usable_memory(memory: Path = MEMORY, groups: Path = CONTROL_GROUPS) -> int:
    """Return the bytes of memory that are available, within the limit of the control group."""
    limits = [_available_bytes(memory)]
    for name in ("memory.max", "memory/memory.limit_in_bytes"):
        with suppress(ValueError):
            limits.append(int(_first_line(groups / name)))
    return min(limits)


def _available_bytes(memory: Path) -> int:
    """Return `MemAvailable`, which the kernel gives in units of 1,024 bytes."""
    lines = memory.read_text().splitlines()
    fields = dict(line.split(":", maxsplit=1) for line in lines)
    return int(fields["MemAvailable"].split()[0]) * 1024


def _first_line(path: Path) -> str:
    try:
        return path.read_text().strip()
    except OSError:
        return ""
