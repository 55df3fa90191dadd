"""Compile GPU kernels, and multiply without fusion.

`fastmath` is off, as on the CPU. This alone does not stop NVVM from contracting a product and a sum
into one instruction, and Numba has no option for it. Products with an explicit rounding mode are
not contracted. Source: PTX ISA, `mul`: "mul with an explicit rounding modifier is treated
conservatively".
"""

import operator
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, TypeVar, cast

import numpy as np
from numba import cuda
from numba.cuda import libdevice
from numba.cuda.core import config

from motiondata.kernel_cache import sources_digest

Function = TypeVar("Function", bound=Callable[..., object])

SIMULATED = bool(config.ENABLE_CUDASIM)
"""Whether Numba's CUDA simulator replaces the GPU (NUMBA_ENABLE_CUDASIM=1); slow, for tests."""

REGISTERS = 128
"""The maximum number of registers per thread; allows four blocks of 128 threads per
multiprocessor."""

_LINKING: dict[str, Any] = {} if SIMULATED else {"lto": False}
"""Link with NVVM, as the tests check it, even if nvJitLink is available."""


def kernel(function: Callable[..., None]) -> Any:
    """Compile a function that Python launches, and cache it if a cache folder is writable.

    Launch it as `function[blocks, threads, stream, bytes of shared memory](...)`.
    """
    if SIMULATED:
        return cuda.jit(function)
    compiled = cuda.jit(max_registers=REGISTERS, **_LINKING)(function)
    with suppress(RuntimeError):  # no writable cache folder: every process compiles for itself
        compiled._cache = _cache_of(function)
    return compiled


def _cache_of(function: Callable[..., None]) -> Any:
    """Return Numba's cache for a kernel; the key includes a digest of all its sources."""
    from numba.cuda.dispatcher import CUDACache  # not available in the simulator

    class Cache(CUDACache):  # type: ignore[misc]
        def _index_key(self, sig: Any, codegen: Any) -> tuple[object, ...]:
            file = Path(function.__code__.co_filename)
            return (*super()._index_key(sig, codegen), sources_digest(file))

        def load_overload(self, sig: Any, target_context: Any) -> Any:
            try:
                return super().load_overload(sig, target_context)
            except Exception:  # noqa: BLE001 (a damaged file: the kernel is compiled again)
                return None

        def save_overload(self, sig: Any, data: Any) -> None:
            with suppress(OSError):  # such as a full disk
                super().save_overload(sig, data)

    return Cache(function)


def step(function: Function) -> Function:
    """Compile a function that kernels call."""
    return cast("Function", cuda.jit(device=True, **_LINKING)(function))


times: Any = operator.mul if SIMULATED else libdevice.dmul_rn
"""Multiply in float64, rounding the product."""

float_bits: Any = (lambda value: value.view(np.int32)) if SIMULATED else libdevice.float_as_int
"""Return the bits of a float32 as an int32."""

times32: Any = operator.mul if SIMULATED else libdevice.fmul_rn
"""Multiply in float32, rounding the product."""
