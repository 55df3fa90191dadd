"""Devices: the messages for a missing device."""

import sys

import numpy as np
import pytest
import torch

from motiondata.errors import DeviceError, InputError
from motiondata.lidar.devices import make_observer
from motiondata.lidar.sensor import Sensor

SENSOR = Sensor("one ray", np.zeros(1), np.zeros(1), 1, "made up")


def test_without_its_package_the_gpu_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "numba_cuda", None)
    with pytest.raises(InputError, match=r"pip install 'motiondata\[gpu\]'"):
        make_observer("cuda", SENSOR, 4)


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU")
def test_without_a_gpu_one_sentence_says_so() -> None:
    pytest.importorskip("numba_cuda")
    from motiondata.lidar.cuda.device import open_gpu

    with pytest.raises(DeviceError, match="expected an NVIDIA GPU that PyTorch can use"):
        open_gpu()
