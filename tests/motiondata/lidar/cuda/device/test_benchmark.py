"""The GPU benchmark runs in the simulator, as far as time allows."""

import json
from pathlib import Path

import pytest

from benchmarks.gpu.measuring import measure, quick_size
from motiondata.lidar.cuda.device import open_gpu


def test_the_benchmark_measures_stages_and_builds_that_agree(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    results = measure(open_gpu(), quick_size("cpu"), tmp_path)
    printed, (stage,), (built,) = capsys.readouterr().out, results["stages"], results["builds"]
    assert stage["hits"] > 0
    assert set(stage["launched_frames_per_second"]) == {1}
    assert "bound: posing by" in printed
    for otherwise in ("other_hits", "other_order", "other_bytes"):
        assert stage["agreement"][otherwise] == 0
    assert stage["agreement"]["range_meters"] < 1e-4
    assert stage["agreement"]["same_bytes_alone"]
    (realism,) = results["realism"]
    assert (realism["frames"], realism["other_hits"]) == (1, 0)
    assert realism["points_meters"] < 1e-5
    assert built["frames"] > 0
    assert json.loads(json.dumps(results))["limits"]["copied_bytes_per_second"] > 0
