"""The one way in which a GPU's kernels are compiled here, and products that are never fused.

`fastmath` stays off, as on the processor. That alone does not keep NVVM from contracting a product
and a sum into one instruction, which has no option here: a product with its rounding said does.
Source: PTX ISA, `mul`: "mul with an explicit rounding modifier is treated conservatively".
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
"""Whether Numba's simulator stands in for a GPU, by NUMBA_ENABLE_CUDASIM=1: slow, for tests."""

REGISTERS = 128
"""Of a thread at the most, so that a multiprocessor has them for four blocks of 128 threads."""

_LINKING: dict[str, Any] = {} if SIMULATED else {"lto": False}
"""Modules are joined by NVVM, as the tests check it, whether or not there is nvJitLink."""


def kernel(function: Callable[..., None]) -> Any:
    """Compile a function that Python launches, and cache it, if there is any folder for caches.

    Launched as `function[blocks, threads, stream, bytes of shared memory](...)`.
    """
    if SIMULATED:
        return cuda.jit(function)
    compiled = cuda.jit(max_registers=REGISTERS, **_LINKING)(function)
    with suppress(RuntimeError):  # no folder can be written: every process compiles for itself
        compiled._cache = _cache_of(function)
    return compiled


def _cache_of(function: Callable[..., None]) -> Any:
    """Return Numba's cache of a kernel, in which it is found by all sources that it was made of."""
    from numba.cuda.dispatcher import CUDACache  # which the simulator lacks

    class Cache(CUDACache):  # type: ignore[misc]
        def _index_key(self, sig: Any, codegen: Any) -> tuple[object, ...]:
            file = Path(function.__code__.co_filename)
            return (*super()._index_key(sig, codegen), sources_digest(file))

        def load_overload(self, sig: Any, target_context: Any) -> Any:
            try:
                return super().load_overload(sig, target_context)
            except Exception:  # noqa: BLE001 (a damaged file: it is compiled again)
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
