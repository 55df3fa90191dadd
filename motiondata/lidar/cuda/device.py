"""The GPU as PyTorch and Numba share it: memory is PyTorch's, kernels are Numba's.

Nothing touches the GPU until it is opened, because a process that has done so can no longer fork
one that uses it. Everything is queued on the default stream, the one that Numba's kernels are on
too, and runs in turn; what is copied, is copied from and to pinned memory, so that the processor
goes on meanwhile. Where Numba's simulator stands in for a GPU, memory is the processor's.
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
"""The memory that a simulated GPU is said to have."""

OUT_OF_MEMORY_ERRORS = ("out of memory", "OUT_OF_MEMORY", "ALLOC_FAILED")
"""What PyTorch, the driver and cuBLAS say where there is too little memory."""


@dataclass(frozen=True)
class Gpu:
    """An opened GPU."""

    device: torch.device
    memory_bytes: int
    """All the memory that it has."""

    def upload(self, values: NDArray[Any]) -> Tensor:
        """Queue a copy to the GPU."""
        tensor = torch.from_numpy(np.require(values, requirements=["C", "W"]))
        return tensor if SIMULATED else tensor.pin_memory().to(self.device, non_blocking=True)

    def download(self, tensor: Tensor) -> Tensor:
        """Queue a copy from the GPU, which is there once a `mark` set after it is passed."""
        if SIMULATED:
            return tensor
        pinned = torch.empty(tensor.shape, dtype=tensor.dtype, pin_memory=True)
        return pinned.copy_(tensor, non_blocking=True)

    def empty(self, shape: tuple[int, ...], dtype: torch.dtype) -> Tensor:
        """Take memory of the GPU. Raises `torch.OutOfMemoryError` where there is none."""
        return torch.empty(shape, dtype=dtype, device=self.device)

    def mark(self) -> "GpuEvent":
        """Set a mark behind all that is queued."""
        event = None if SIMULATED else torch.cuda.Event(blocking=True)  # type: ignore[no-untyped-call]
        if event is not None:
            event.record()
        return GpuEvent(event)

    @contextmanager
    def in_turn(self) -> Iterator[None]:
        """Queue on the default stream, whatever stream the caller is on."""
        if SIMULATED:
            yield
        else:
            with torch.cuda.stream(torch.cuda.default_stream(self.device)):
                yield


@dataclass(frozen=True)
class GpuEvent:
    """A place in the queue of the GPU's work."""

    event: torch.cuda.Event | None

    def wait(self) -> None:
        """Sleep until the GPU has passed it: other workers may need the core."""
        if self.event is not None:
            self.event.synchronize()


def open_gpu() -> Gpu:
    """Open the first GPU that this process may use; raises `DeviceError` where there is none."""
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
    """Return a tensor's memory as the array that a kernel takes."""
    return tensor.numpy() if SIMULATED else cuda.as_cuda_array(tensor, sync=False)


@contextmanager
def gpu_errors_as_device_errors() -> Iterator[None]:
    """Turn what CUDA says, of a lack of memory above all, into `DeviceError`."""
    try:
        yield
    except (RuntimeError, CudaAPIError) as error:
        said = _first_line(error)
        if "CUDA" not in said:
            raise
        raise DeviceError(f"the GPU failed: {said}. {_advice(said)}") from error


def _advice(said: str) -> str:
    if any(lack in said for lack in OUT_OF_MEMORY_ERRORS):
        return "It has not enough memory left: use fewer --workers, or a GPU to themselves"
    return "Run the command again, which goes on where it stopped, or use --device cpu"


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [""])[0].rstrip(". ")
