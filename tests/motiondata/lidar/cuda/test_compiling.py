"""The kernels compiled for real GPUs: their types fit, and so do registers and shared memory."""

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[4]

SHARED_BYTES = 48 * 1024
"""What a block may have without asking the driver for more."""

REGISTERS = 64 * 1024
"""What the blocks of a multiprocessor share."""

BLOCKS = 4
"""As many as have room in the shared memory of an H200's multiprocessor, 228 kB."""

SPILLED = 16
"""Bytes that may be kept elsewhere for want of registers: a value or two, and none on an H200."""

KERNELS = 5 * 2
"""Five kernels, each for two GPUs."""

SAMPLE = ("observe_frames", "observe_large_frames")
"""Kernels that sample points."""
DECIDE = (*SAMPLE, "cast_frames")
"""Kernels that decide which face a ray hits."""


@pytest.fixture(scope="module")
def compiled() -> list[dict[str, Any]]:
    pytest.importorskip("numba_cuda")
    run = subprocess.run(
        [sys.executable, "-m", "tests.support.compile_cuda"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    if "DynamicLibNotFoundError" in run.stderr or "NvvmSupportError" in run.stderr:
        pytest.skip("needs NVIDIA's compiler: pip install 'motiondata[gpu]'")
    assert run.returncode == 0, run.stderr
    kernels: list[dict[str, Any]] = json.loads(run.stdout)
    assert len(kernels) == KERNELS
    return kernels


def test_what_decides_is_never_fused(compiled: list[dict[str, Any]]) -> None:
    for kernel in compiled:
        if kernel["kernel"] not in DECIDE:
            continue
        assert "mul.rn.f64" in kernel["ptx"]
        assert "fma.rn.f64" not in kernel["ptx"]
    for kernel in (kernel for kernel in compiled if kernel["kernel"] in SAMPLE):
        squares = re.findall(r"mul\.rn\.f32\s+%f\d+, (%f\d+), \1;", kernel["ptx"])
        assert len(squares) >= 2 * 3  # of the first point and of the next, by component


def test_registers_and_shared_memory_suffice(compiled: list[dict[str, Any]]) -> None:
    for kernel in compiled:
        if not kernel["report"]:
            pytest.skip("needs NVIDIA's assembler, ptxas")
        found = re.search(r"Used (\d+) registers.* (\d+) bytes smem", kernel["report"])
        assert found is not None, kernel["report"]
        registers, shared_bytes = map(int, found.groups())
        spilled = max(map(int, re.findall(r"(\d+) bytes spill", kernel["report"])))
        assert spilled <= (0 if kernel["capability"] == [9, 0] else SPILLED)
        assert BLOCKS * kernel["threads"] * registers <= REGISTERS
        assert shared_bytes + kernel["launched_with_bytes"] <= SHARED_BYTES
