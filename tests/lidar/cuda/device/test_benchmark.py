"""The benchmark of a GPU, run in the simulator as far as that can be waited for."""

import json
from pathlib import Path

import pytest

from benchmarks import gpu_builds, gpu_stages
from benchmarks.gpu import Size, measure
from benchmarks.gpu_builds import Builds
from benchmarks.gpu_work import Setting, with_blend_shapes
from motiondata.lidar.cuda.device import open_gpu
from tests.bodies.made_body import small_body
from tests.lidar.cuda.device.test_observer import SENSOR

FRAMES = 1


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    for constant in ("REPEATS", "LAUNCHES"):
        monkeypatch.setattr(gpu_stages, constant, 1)
    monkeypatch.setattr(gpu_builds, "WRITTEN_BYTES", 2**24)


def test_the_benchmark_measures_stages_and_builds_that_agree(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    setting = Setting(SENSOR, 5.0, with_blend_shapes(small_body()), points=4)
    results = measure(open_gpu(), Size([setting], FRAMES, 1, [Builds("cpu", 1, 1)]), tmp_path)
    told, (stage,), (built,) = capsys.readouterr().out, results["stages"], results["builds"]
    assert stage["hits"] > 0
    assert set(stage["launched_frames_per_second"]) == {FRAMES}
    assert "bound: posing by" in told
    for otherwise in ("other_hits", "other_order", "other_bytes"):
        assert stage["agreement"][otherwise] == 0
    assert stage["agreement"]["range_metres"] < 1e-4
    assert stage["agreement"]["same_bytes_alone"]
    assert built["frames"] > 0
    assert json.loads(json.dumps(results))["limits"]["copied_bytes_per_second"] > 0
