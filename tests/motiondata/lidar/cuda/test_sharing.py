"""Errors of CUDA become messages, and nothing opens a GPU before it has work to do."""

from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch

pytest.importorskip("numba_cuda")

from numba.cuda.cudadrv.driver import CudaAPIError, driver

from motiondata.errors import DeviceError
from motiondata.kernel_cache import sources_digest
from motiondata.lidar.cuda.device import gpu_errors_as_device_errors
from motiondata.lidar.cuda.kernels import observe_frames
from motiondata.lidar.devices import make_observer
from motiondata.lidar.sensor import Sensor

FULL = "fewer --workers"
FAILURES = {
    "no memory for a tensor": (torch.OutOfMemoryError("CUDA out of memory. Tried 2 GiB."), FULL),
    "none for a context": (torch.AcceleratorError("CUDA error: out of memory\nmore"), FULL),
    "none for a module": (CudaAPIError(2, "cuModuleLoad: CUDA_ERROR_OUT_OF_MEMORY"), FULL),
    "none for cuBLAS": (RuntimeError("CUDA error: CUBLAS_STATUS_ALLOC_FAILED when ..."), FULL),
    "anything else": (
        torch.AcceleratorError("CUDA error: an illegal memory access was encountered"),
        "Run the same command again",
    ),
}


@pytest.mark.parametrize(("failure", "advice"), FAILURES.values(), ids=FAILURES)
def test_what_cuda_says_becomes_one_line(failure: Exception, advice: str) -> None:
    with pytest.raises(DeviceError, match=advice) as raised, gpu_errors_as_device_errors():
        raise failure
    assert "\n" not in str(raised.value)
    assert raised.value.__cause__ is failure


def test_a_bug_stays_one() -> None:
    with pytest.raises(RuntimeError, match="size of tensor"), gpu_errors_as_device_errors():
        torch.zeros(2) + torch.zeros(3)


def test_to_make_an_observer_touches_no_gpu_so_that_workers_can_be_forked() -> None:
    make_observer("cuda", Sensor("one ray", np.zeros(1), np.zeros(1), 1, "made up"), 4)
    assert not torch.cuda.is_initialized()  # type: ignore[no-untyped-call]
    assert driver.pid is None


def test_a_cached_kernel_is_found_by_all_files_that_it_imports() -> None:
    file = Path(observe_frames.py_func.__code__.co_filename)
    key = observe_frames._cache._index_key((), SimpleNamespace(magic_tuple=tuple))
    assert key[-1] == sources_digest(file)
