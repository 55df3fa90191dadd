"""The example trains on a built dataset, and resumes after a stop."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np

from pipelines.clips.options import ClipSelection
from pipelines.datasets.export import export
from pipelines.datasets.export_options import ExportOptions
from pipelines.engine.execution import Execution
from pipelines.products.pfnn.build import build_pfnn
from pipelines.products.pfnn.options import PfnnBuildOptions
from shards.format.dataset import Dataset
from tests.support.pfnn_files import write_walk

ROOT = Path(__file__).resolve().parents[1]


def train(built: Dataset, folder: Path) -> list[str]:
    run = subprocess.run(
        [sys.executable, ROOT / "examples/train_minimal.py", built.path],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        check=True,
    )
    return run.stdout.splitlines()


def test_the_example_without_a_dataset_shows_its_usage() -> None:
    for words, code in ((["--help"], 0), ([], 2)):
        run = subprocess.run(
            [sys.executable, ROOT / "examples/train_minimal.py", *words],
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            capture_output=True,
            text=True,
            check=False,
        )
        assert run.returncode == code
        assert "usage: train_minimal.py [-h] dataset" in run.stdout + run.stderr


def test_the_example_trains_and_ends_where_it_ended_before(built: Dataset, tmp_path: Path) -> None:
    lines = train(built, tmp_path)
    assert [line.split(":")[0] for line in lines] == [f"epoch {number}" for number in range(1, 6)]
    assert "nan" not in "".join(lines)
    assert train(built, tmp_path) == lines[-1:]


def test_the_example_of_a_phase_functioned_network_trains_and_walks(tmp_path: Path) -> None:
    (tmp_path / "takes").mkdir()
    write_walk(tmp_path / "takes/walk.bvh")
    options = PfnnBuildOptions(ClipSelection.of_recordings(tmp_path / "takes"))
    build_pfnn(options, tmp_path / "rows", Execution(workers=0))
    export(tmp_path / "rows", tmp_path / "files", ExportOptions("pfnn"))
    run = subprocess.run(
        [sys.executable, ROOT / "examples/train_pfnn.py", tmp_path / "files/all", "--steps", "60",
         "--seconds", "1", "--out", tmp_path / "walk.npy"],
        env={**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        check=True,
    )  # fmt: skip
    first, last, walked = run.stdout.splitlines()
    assert float(last.split()[2]) < float(first.split()[2])
    assert walked.startswith("walked ")
    joints = np.load(tmp_path / "walk.npy")
    assert joints.shape == (60, 22, 3)
    assert np.isfinite(joints).all()
