"""Compiles the kernels for real GPUs without one, and prints what came of it as JSON.

Types that do not fit, which the simulator cannot see, come to light here. Run as a program, since
Numba is given the name of a GPU: it would ask the driver.
"""

import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numba.cuda.dispatcher
from numba import cuda, float32, float64, int32, int64, types, uint8

from motiondata.lidar.cuda import casting, kernels
from motiondata.lidar.cuda.fields import (
    HitArrays,
    LargeMemory,
    Mesh,
    Motion,
    Noise,
    Rays,
    SampleArrays,
)
from motiondata.lidar.cuda.jit import REGISTERS
from motiondata.lidar.cuda.scanner import BLOCK

CAPABILITIES = ((8, 0), (9, 0))
"""Of an A100, and of an H100 or H200."""


def array(dtype: Any, axes: int) -> Any:
    """Return the type of a tensor's memory."""
    return types.Array(dtype, axes, "C")


def fields(kind: type, *of: Any) -> Any:
    """Return the type of a named tuple."""
    return types.NamedTuple(of, kind)


MESH = fields(Mesh, array(float32, 3), array(int32, 2), array(uint8, 1))
RAYS = fields(
    Rays, array(float64, 3), array(float32, 1), array(int32, 1), array(float32, 1),
    array(float64, 1),
)  # fmt: skip
NOISE = fields(Noise, array(float64, 1), array(int64, 1))
LARGE = fields(LargeMemory, array(int64, 2), array(float32, 3), array(int32, 2))
SEEN = fields(SampleArrays, array(float32, 3), array(int32, 1), array(uint8, 2))

MOTION = fields(Motion, *[array(float32, 3)] * 3, array(float64, 2))
HITS = fields(
    HitArrays, array(float32, 2), *[array(int32, 1)] * 3, array(float32, 1), array(float64, 2),
    array(int64, 1), array(int32, 1), array(int64, 1),
)  # fmt: skip

SIGNATURES = {
    kernels.observe_frames: (MESH, RAYS, NOISE, int64, int64, int64, SEEN),
    kernels.observe_large_frames: (MESH, RAYS, NOISE, int64, LARGE, SEEN),
    casting.move_frames: (MOTION, float64),
    casting.cast_frames: (
        array(float32, 3), array(int32, 2), RAYS, array(float64, 2), array(int64, 2), HITS,
    ),
    casting.shade_frames: (MOTION, array(int32, 2), HITS),
}  # fmt: skip


def assembler_report(ptx: str, target: str) -> str:
    """Return what the assembler says of registers and memory, or nothing where there is none."""
    if shutil.which("ptxas") is None:
        return ""
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "kernel.ptx").write_text(ptx)
        run = subprocess.run(
            [
                *("ptxas", "-v", f"-arch={target}", f"--maxrregcount={REGISTERS}"),
                *("kernel.ptx", "-o", "kernel.cubin"),
            ],
            cwd=folder,
            capture_output=True,
            text=True,
            check=True,
        )
    return run.stdout + run.stderr


def compiled(kernel: Any, capability: tuple[int, int]) -> dict[str, Any]:
    """Compile a kernel for a GPU of this compute capability."""
    numba.cuda.dispatcher.get_current_device = lambda: SimpleNamespace(
        compute_capability=capability
    )
    name = kernel.py_func.__name__
    ptx, _ = cuda.compile_ptx(kernel.py_func, SIGNATURES[kernel], cc=capability)
    return {
        "kernel": name,
        "capability": capability,
        "ptx": ptx,
        "report": assembler_report(ptx, "sm_{}{}".format(*capability)),
        "threads": BLOCK.threads,
        "launched_with_bytes": BLOCK.shared_bytes if name == "observe_frames" else 0,
    }


if __name__ == "__main__":
    json.dump([compiled(kernel, gpu) for gpu in CAPABILITIES for kernel in SIGNATURES], sys.stdout)
