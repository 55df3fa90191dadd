"""The one way in which a GPU's kernels are compiled here, and products that are never fused.

`fastmath` stays off, as on the processor. That alone does not keep NVVM from contracting a product
and a sum into one instruction, which has no option here: a product with its rounding said does.
Source: PTX ISA, `mul`: "mul with an explicit rounding modifier is treated conservatively".
"""

import operator
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar, cast

import numpy as np
from numba import cuda
from numba.cuda import libdevice
from numba.cuda.core import config

Function = TypeVar("Function", bound=Callable[..., object])

SIMULATED = bool(config.ENABLE_CUDASIM)
"""Whether Numba's simulator stands in for a GPU, by NUMBA_ENABLE_CUDASIM=1: slow, for tests."""

REGISTERS = 128
"""Of a thread at the most, so that a multiprocessor has them for four blocks of 128 threads."""

_LINKING: dict[str, Any] = {} if SIMULATED else {"lto": False}
"""Modules are joined by NVVM, as the tests check it, whether or not there is nvJitLink."""


def kernel(function: Callable[..., None]) -> Any:
    """Compile a function that Python launches, and cache it, if there is any folder for caches.

    Launched as `function[blocks, threads, stream, bytes of shared memory](...)`.
    """
    options = _LINKING if SIMULATED else {**_LINKING, "max_registers": REGISTERS}
    try:
        compiled = cuda.jit(cache=True, **options)(function)
    except RuntimeError:  # all folders are read-only: then every process compiles for itself
        return cuda.jit(**options)(function)
    if not SIMULATED:
        _renew_with_all_files(compiled)
    return compiled


def _renew_with_all_files(compiled: Any) -> None:
    """Let a kernel be compiled anew when any file of this folder has changed.

    Numba looks at the kernel's own file alone, but what it calls lies in the others.
    """
    index = compiled._cache._cache_file
    if not hasattr(index, "_source_stamp"):
        raise AttributeError("numba-cuda: expected the index of a cache to have a source stamp")
    index._source_stamp = stamp_of(Path(__file__).parent)


def stamp_of(folder: Path) -> tuple[tuple[str, float, int], ...]:
    """Return what changes when one of a folder's modules does: names, times and sizes."""
    files = ((path.name, path.stat()) for path in sorted(folder.glob("*.py")))
    return tuple((name, file.st_mtime, file.st_size) for name, file in files)


def step(function: Function) -> Function:
    """Compile a function that kernels call."""
    return cast("Function", cuda.jit(device=True, **_LINKING)(function))


times: Any = operator.mul if SIMULATED else libdevice.dmul_rn
"""Multiply in float64, rounding the product."""

float_bits: Any = (lambda value: value.view(np.int32)) if SIMULATED else libdevice.float_as_int
"""Return the bits of a float32 as an int32."""

times32: Any = operator.mul if SIMULATED else libdevice.fmul_rn
"""Multiply in float32, rounding the product."""
