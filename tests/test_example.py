"""The example trains on a built dataset, and resumes after a stop."""

import os
import subprocess
import sys
from pathlib import Path

from shards.format.dataset import Dataset

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
