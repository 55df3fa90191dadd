"""What CUDA says is told to a person, and nothing touches a GPU before it has something to do."""

import os
from pathlib import Path

import numpy as np
import pytest
import torch

pytest.importorskip("numba_cuda")

from numba.cuda.cudadrv.driver import CudaAPIError, driver

from motiondata.errors import DeviceError
from motiondata.lidar.cuda.device import failures_told
from motiondata.lidar.cuda.jit import stamp_of
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
        "Run the command again",
    ),
}


@pytest.mark.parametrize(("failure", "advice"), FAILURES.values(), ids=FAILURES)
def test_what_cuda_says_becomes_one_line(failure: Exception, advice: str) -> None:
    with pytest.raises(DeviceError, match=advice) as told, failures_told():
        raise failure
    assert "\n" not in str(told.value)
    assert told.value.__cause__ is failure


def test_a_bug_stays_one() -> None:
    with pytest.raises(RuntimeError, match="size of tensor"), failures_told():
        torch.zeros(2) + torch.zeros(3)


def test_to_make_an_observer_touches_no_gpu_so_that_workers_can_be_forked() -> None:
    make_observer("cuda", Sensor("one ray", np.zeros(1), np.zeros(1), 1, "made up"), 4)
    assert not torch.cuda.is_initialized()  # type: ignore[no-untyped-call]
    assert driver.pid is None


def test_a_kernel_is_renewed_when_any_file_of_its_folder_changes(tmp_path: Path) -> None:
    folder = Path(observe_frames.py_func.__code__.co_filename).parent
    assert observe_frames._cache._cache_file._source_stamp == stamp_of(folder)
    (tmp_path / "a.py").write_text("1")
    (tmp_path / "b.py").write_text("2")
    before = stamp_of(tmp_path)
    os.utime(tmp_path / "b.py", (1, 1))
    assert stamp_of(tmp_path) != before
