"""The kernels' own source, run by Numba's simulator in a process of its own."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent
ROOT = HERE.parents[2]


@pytest.mark.parametrize("file", sorted(path.name for path in HERE.glob("simulated/test_*.py")))
def test_the_simulated_tests_pass(file: str) -> None:
    pytest.importorskip("numba_cuda")
    run = subprocess.run(
        [sys.executable, "-m", "pytest", str(HERE / "simulated" / file)],
        cwd=ROOT,
        env={**os.environ, "NUMBA_ENABLE_CUDASIM": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stdout + run.stderr
