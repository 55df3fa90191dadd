"""Share the GPU between PyTorch, which allocates memory, and Numba, which compiles the kernels.

Nothing initializes CUDA before `open_gpu`, because the forks of a process that has initialized CUDA
cannot use it. All work is queued on the default stream, which Numba's kernels also use, and runs in
order. Copies use pinned memory, so that the CPU can continue meanwhile. With Numba's simulator, all
memory is that of the CPU.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numba import cuda
from numba.cuda.cudadrv.driver import CudaAPIError
from numpy.typing import NDArray
from torch import Tensor

from motiondata.errors import DeviceError
from motiondata.lidar.cuda.jit import SIMULATED

SIMULATED_BYTES = 2**26
"""The nominal memory of a simulated GPU, in bytes."""

OUT_OF_MEMORY_ERRORS = ("out of memory", "OUT_OF_MEMORY", "ALLOC_FAILED")
"""Texts in out-of-memory errors of PyTorch, the driver and cuBLAS."""


@dataclass(frozen=True)
class Gpu:
    """An opened GPU."""

    device: torch.device
    memory_bytes: int
    """The total memory of the GPU, in bytes."""

    def upload(self, values: NDArray[Any]) -> Tensor:
        """Queue a copy of an array to the GPU."""
        tensor = torch.from_numpy(np.require(values, requirements=["C", "W"]))
        return tensor if SIMULATED else tensor.pin_memory().to(self.device, non_blocking=True)

    def download(self, tensor: Tensor) -> Tensor:
        """Queue a copy from the GPU; it is complete when a `mark` recorded after it has passed."""
        if SIMULATED:
            return tensor
        pinned = torch.empty(tensor.shape, dtype=tensor.dtype, pin_memory=True)
        return pinned.copy_(tensor, non_blocking=True)

    def empty(self, shape: tuple[int, ...], dtype: torch.dtype) -> Tensor:
        """Allocate GPU memory; raises `torch.OutOfMemoryError` if there is not enough."""
        return torch.empty(shape, dtype=dtype, device=self.device)

    def mark(self) -> "GpuEvent":
        """Record an event after all queued work."""
        event = None if SIMULATED else torch.cuda.Event(blocking=True)  # type: ignore[no-untyped-call]
        if event is not None:
            event.record()
        return GpuEvent(event)

    @contextmanager
    def in_turn(self) -> Iterator[None]:
        """Use the default stream within the `with` block, whatever the caller's stream is."""
        if SIMULATED:
            yield
        else:
            with torch.cuda.stream(torch.cuda.default_stream(self.device)):
                yield


@dataclass(frozen=True)
class GpuEvent:
    """An event in the queue of GPU work."""

    event: torch.cuda.Event | None

    def wait(self) -> None:
        """Sleep, without busy waiting, until the event; other workers may need the CPU core."""
        if self.event is not None:
            self.event.synchronize()


def open_gpu() -> Gpu:
    """Open the first GPU available to this process; raises `DeviceError` if there is none."""
    if SIMULATED:
        return Gpu(torch.device("cpu"), SIMULATED_BYTES)
    try:
        torch.cuda.init()  # type: ignore[no-untyped-call]
    except (RuntimeError, AssertionError) as error:
        raise DeviceError(
            f"--device cuda: expected an NVIDIA GPU that PyTorch can use ({_first_line(error)}): "
            "see `nvidia-smi` and CUDA_VISIBLE_DEVICES, or use --device cpu"
        ) from error
    if not cuda.is_available():
        raise DeviceError(
            "--device cuda: expected NVIDIA's compiler and its driver, which numba-cuda does not "
            "find: run pip install 'motiondata[gpu]', or use --device cpu"
        )
    device = torch.device("cuda", torch.cuda.current_device())
    return Gpu(device, torch.cuda.get_device_properties(device).total_memory)


def numba_view(tensor: Tensor) -> Any:
    """Return a view of a tensor's memory as an array for kernels."""
    return tensor.numpy() if SIMULATED else cuda.as_cuda_array(tensor, sync=False)


@contextmanager
def gpu_errors_as_device_errors() -> Iterator[None]:
    """Convert errors of CUDA, in particular out of memory, to `DeviceError`."""
    try:
        yield
    except (RuntimeError, CudaAPIError) as error:
        said = _first_line(error)
        if "CUDA" not in said:
            raise
        raise DeviceError(f"the GPU failed: {said}. {_advice(said)}") from error


def _advice(said: str) -> str:
    if any(lack in said for lack in OUT_OF_MEMORY_ERRORS):
        return (
            "It does not have enough free memory: use fewer --workers, or a GPU without other users"
        )
    return "Run the same command again to resume, or use --device cpu"


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [""])[0].rstrip(". ")
