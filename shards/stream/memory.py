"""The memory available to this process: the machine's, or less in a container or a cluster job.

Linux counts cached file pages that processes of a control group read as memory of the group.
Source: kernel.org/doc, admin-guide/cgroup-v2.rst and cgroup-v1/memory.rst.
"""

import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

PROCESS_CGROUPS = Path("/proc/self/cgroup")
CGROUPS = Path("/sys/fs/cgroup")


def memory_bytes() -> int:
    """Return the memory limit of this process in bytes."""
    physical = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    return min([physical, *group_limits(PROCESS_CGROUPS, CGROUPS)])


def group_limits(groups_of_process: Path, groups: Path) -> Iterator[int]:
    """Yield the memory limits in bytes of a process's control groups and their ancestors."""
    with suppress(OSError, ValueError):
        for line in groups_of_process.read_text().splitlines():
            _, controllers, path = line.split(":", 2)
            if not controllers:
                yield from _limits_from(groups, path, "memory.max")
            elif "memory" in controllers.split(","):
                yield from _limits_from(groups / "memory", path, "memory.limit_in_bytes")


def _limits_from(root: Path, path: str, file: str) -> Iterator[int]:
    """Yield the limits from a group up to the root; a container may hide some groups."""
    group = root / path.lstrip("/")
    for folder in (group, *group.parents):
        with suppress(OSError, ValueError):  # no limit file, or its value is `max`
            yield int((folder / file).read_text())
        if folder == root:
            return
