"""Describe the environment of a measurement: commit, date, device and versions.

Figures without this information cannot be compared.
"""

import os
import platform
import shutil
import subprocess
from collections.abc import Sequence
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
RESULTS = tuple(f":!benchmarks/*.{suffix}" for suffix in ("json", "svg", "md"))
"""Files that benchmarks write, as pathspecs that `git` excludes."""


def describe_run(packages: Sequence[str]) -> dict[str, Any]:
    """Return the metadata of a run that begins now, to store with its figures."""
    return {
        "commit": commit(),
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "device": {
            "cpu": _cpu(),
            "cores": len(os.sched_getaffinity(0)),
            "memory_gigabytes": round(
                os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9
            ),
            "load": round(os.getloadavg()[0], 1),
            "system": f"{platform.system()} {platform.release()}",
        },
        "versions": {"python": platform.python_version()}
        | {package: _version(package) for package in packages},
    }


def commit() -> str:
    """Return the commit of the working tree, with `+` if files other than results differ."""
    known = _git("rev-parse", "--short=12", "HEAD")
    changed = _git("status", "--porcelain", "--untracked-files=no", "--", ".", *RESULTS)
    return (known or "unknown") + ("+" if changed else "")


def _git(*arguments: str) -> str:
    if shutil.which("git") is None:
        return ""
    run = subprocess.run(  # noqa: S603
        ["git", *arguments],  # noqa: S607
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    return run.stdout.strip()


def _cpu() -> str:
    """Return the processor's name from Linux; virtual machines hide the exact model."""
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    fields = dict(line.split(":", 1) for line in reversed(lines) if ":" in line)
    known = {key.strip(): value.strip() for key, value in fields.items()}
    model = f"family {known.get('cpu family')}, model {known.get('model')}"
    return f"{known.get('model name', platform.machine())} ({model})"


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None
