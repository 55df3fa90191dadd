"""The kernels' own source, run by Numba's simulator, and by a GPU where there is one."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch

HERE = Path(__file__).parent
ROOT = HERE.parents[3]

SLOW = ("test_benchmark.py",)
"""Files that take the simulator long, and guard nothing that is shipped."""

needs_gpu = pytest.mark.skipif(not torch.cuda.is_available(), reason="needs an NVIDIA GPU")

FILES = [
    pytest.param(path.name, marks=[pytest.mark.slow] if path.name in SLOW else [])
    for path in sorted(HERE.glob("device/test_*.py"))
]


@pytest.mark.parametrize("file", FILES)
@pytest.mark.parametrize(
    "simulated", [True, pytest.param(False, marks=needs_gpu)], ids=["simulator", "GPU"]
)
def test_what_runs_on_a_gpu_passes(file: str, simulated: bool) -> None:
    pytest.importorskip("numba_cuda")
    run = subprocess.run(
        [sys.executable, "-m", "pytest", str(HERE / "device" / file)],
        cwd=ROOT,
        env={**os.environ, "NUMBA_ENABLE_CUDASIM": str(int(simulated))},
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stdout + run.stderr
