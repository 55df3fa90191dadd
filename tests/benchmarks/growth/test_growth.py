"""Bodies of other sizes are the same person, and the plot is the same for the same figures."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from benchmarks.growth.bodies import decimated, subdivided
from benchmarks.growth.plot import KERNELS, save_plot
from motiondata.bodies.body import Body
from motiondata.bodies.posing import pose_body, shape_body
from motiondata.lidar.cpu.scanner import Scanner
from motiondata.lidar.presets import sensor_preset
from motiondata.lidar.scans import Scan
from motiondata.skeletons import JOINT, JOINTS
from tests.support.small_body import small_body


def scan_of(body: Body) -> Scan:
    pose = np.zeros((1, JOINTS, 3))
    pose[0, JOINT["pelvis"]] = [np.pi / 2, 0, 0]
    shaped = shape_body(body, np.zeros(0))
    vertices = pose_body(shaped, pose, np.array([[4.0, 0.0, 0.0]])).vertices
    return Scanner(sensor_preset("vlp-16")).scan_clip(vertices, body.faces).hits


def test_a_subdivided_body_at_rest_is_the_same_surface() -> None:
    body = small_body()
    finer = subdivided(body)
    edges = len(body.faces) * 3 // 2
    assert len(finer.vertices) == len(body.vertices) + edges
    assert len(finer.faces) == 4 * len(body.faces)
    ours, theirs = scan_of(body), scan_of(finer)
    assert len(ours.ranges) > 50
    np.testing.assert_array_equal(theirs.columns, ours.columns)
    np.testing.assert_allclose(theirs.ranges, ours.ranges, rtol=0, atol=1e-5)


def test_a_decimated_body_keeps_some_of_its_vertices() -> None:
    body = subdivided(small_body())
    coarser = decimated(body, len(body.vertices) - 100)
    assert len(coarser.vertices) == len(body.vertices) - 100
    assert set(map(tuple, coarser.vertices.tolist())) <= set(map(tuple, body.vertices.tolist()))
    np.testing.assert_allclose(coarser.weights.sum(axis=1), 1)


RESULTS: dict[str, Any] = {
    "commit": "c", "date": "2020-01-01T00:00:00+00:00", "device": {"cpu": "a cpu", "cores": 2},
    "builds": [
        {"processes": processes, "frames": frames, "seconds": 3 + frames / 1000 / processes}
        for processes in (1, 2) for frames in (1000, 10_000, 100_000)
    ],
    "kernels": [
        {"varied": varied, "value": value, "pose": 9e3, "scan": 1e6 / value, "sample": 2e4}
        for varied in KERNELS for value in (100, 1000, 3000)
    ],
}  # fmt: skip


@pytest.mark.parametrize("suffix", ["svg", "png"])
def test_the_same_figures_give_the_same_plot(suffix: str, tmp_path: Path) -> None:
    for name in ("a", "b"):
        save_plot(RESULTS, tmp_path / f"{name}.{suffix}")
    first, second = ((tmp_path / f"{name}.{suffix}").read_bytes() for name in ("a", "b"))
    assert first == second
    assert len(first) > 10_000
