"""The quick form of every benchmark runs as the documents write it, and prints figures."""

import os
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def run_quick(module: str, *arguments: str, **environment: str) -> str:
    """Run the quick form of a benchmark, and return what it printed."""
    run = subprocess.run(
        [sys.executable, "-m", module, *arguments, "--quick"],
        cwd=ROOT,
        env={**os.environ, "OMP_NUM_THREADS": "1", "NUMBA_NUM_THREADS": "1", **environment},
        capture_output=True,
        text=True,
    )
    assert run.returncode == 0, run.stdout + run.stderr
    assert re.search(r"\d", run.stdout)
    return run.stdout


def test_loading_compares_readers_of_the_same_clips(tmp_path: Path) -> None:
    printed = run_quick("benchmarks.loading", str(tmp_path / "data"))
    assert printed.count("webdataset") == 10
    assert "ms after its state" in printed


def test_loading_refuses_a_folder_with_other_data(tmp_path: Path) -> None:
    run_quick("benchmarks.loading", str(tmp_path))
    run = subprocess.run(
        [sys.executable, "-m", "benchmarks.loading", str(tmp_path)],
        cwd=ROOT, capture_output=True, text=True,
    )  # fmt: skip
    assert run.returncode == 1
    assert "expected 400 clips, found 16" in run.stderr
    assert "Traceback" not in run.stderr
