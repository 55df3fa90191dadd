"""The demo makes verified shards and a picture, and a second run reuses them."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from matplotlib.image import imread

from cli import main
from pipelines.datasets.info import info
from pipelines.demo import program_name
from shards.format.dataset import Dataset
from shards.format.members import decode_member
from tests.support.samples import iter_samples


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """Run the demo with few clips; return its folder and what it said."""
    folder = tmp_path_factory.mktemp("demo") / "shown"
    result = CliRunner().invoke(main, ["demo", str(folder), "--clips", "12"])
    assert result.exit_code == 0, result.output
    return folder, result.output


def test_the_demo_says_what_it_built_and_what_to_do_next(shown: tuple[Path, str]) -> None:
    folder, said = shown
    for expected in ("12 samples, 0 drops", "hits per frame", "frames/s", "MB", "is sound"):
        assert expected in said
    (suggested,) = [line for line in said.splitlines() if f" stats {folder / 'lidar'}" in line]
    program = suggested.split(" stats ")[0].strip()
    done = subprocess.run([*program.split(), "--version"], capture_output=True, text=True)
    assert done.stdout.startswith("motiondata"), done.stderr


def test_a_program_that_is_not_on_the_path_is_called_by_its_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    script = tmp_path / ".venv/bin/motiondata"
    script.parent.mkdir(parents=True)
    script.write_text("#!/bin/sh\n")
    script.chmod(0o755)
    monkeypatch.setattr(sys, "argv", [str(script)])
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PATH", "/usr/bin")
    assert program_name() == ".venv/bin/motiondata"
    monkeypatch.setenv("PATH", f"{script.parent}:/usr/bin")
    assert program_name() == "motiondata"


def test_the_demo_draws_people_on_a_floor(shown: tuple[Path, str]) -> None:
    picture = imread(shown[0] / "preview.png")[..., :3]
    inked = (picture < 0.9).any(axis=-1)
    colored = np.ptp(picture, axis=-1) > 0.3
    assert 0.005 < inked.mean() < 0.3
    assert colored.sum() > 5000


def test_the_demo_says_where_its_report_is(shown: tuple[Path, str]) -> None:
    folder, said = shown
    (line,) = [line for line in said.splitlines() if line.startswith("a report: ")]
    assert line.startswith(f"a report: {folder / 'report.html'}")
    assert "12 of 12 clips play" in line
    assert (folder / "report.html").stat().st_size < 10e6
    assert '"quality":[{"title":"Foot skating"' in (folder / "report.html").read_text()


def test_most_of_the_demo_s_frames_have_as_many_hits_as_points(shown: tuple[Path, str]) -> None:
    dataset = Dataset.open(shown[0] / "lidar")
    assert np.mean(dataset.manifest["hits_mean"].to_numpy()) == pytest.approx(420, rel=0.2)
    assert all(flags == ["synthetic"] for flags in dataset.manifest["flags"].to_pylist())


def test_made_motion_is_called_synthetic_wherever_it_is_looked_at(shown: tuple[Path, str]) -> None:
    folder, said = shown
    assert "synthetic recordings" in said
    assert "synthetic motion: 12 of 12 samples" in said
    dataset = Dataset.open(folder / "lidar")
    assert "synthetic motion: 12 of 12 samples" in info(dataset.path).lines()[1]
    for _, members in iter_samples(dataset, "train"):
        assert decode_member("json", members["json"])["synthetic"] is True


def test_a_second_run_builds_nothing_anew(shown: tuple[Path, str]) -> None:
    result = CliRunner().invoke(main, ["demo", str(shown[0]), "--clips", "12"])
    assert "nothing was left to do" in result.output


def test_another_number_of_clips_than_were_made_is_refused(shown: tuple[Path, str]) -> None:
    result = CliRunner().invoke(main, ["demo", str(shown[0]), "--clips", "13"])
    assert result.exit_code == 2
    assert "has 12 clips of an earlier run, not 13" in result.output
