"""The trial before a build, and dry runs: both refuse builds that would produce nothing."""

import fcntl
import os
import shutil
from pathlib import Path

import numpy as np
import pytest

from pipelines.engine.execution import Execution
from pipelines.products.lidar.build import build_lidar
from pipelines.products.lidar.sample import manifest_values
from shards.format.dataset import Dataset
from tests.commands.test_cli import build_words, run
from tests.support.archive import MadeArchive, make_archive

BLIND = ["--height", 90]
"""No beam of the made sensor looks so steeply down."""


@pytest.mark.parametrize("more", [[], ["--dry-run"]])
def test_a_sensor_that_sees_nobody_is_refused_before_anything_is_written(
    archive: MadeArchive, out: Path, more: list[str]
) -> None:
    code, said = run(*build_words(archive, out, *BLIND, *more))
    assert code == 2, said
    assert "no ray hits anybody in the" in said
    assert "--height 90" in said
    assert "--allow-empty" in said
    assert not out.exists()


def test_what_may_hide_people_from_the_sensor_is_named(
    archive: MadeArchive, tmp_path: Path
) -> None:
    sensor = tmp_path / "far.toml"
    sensor.write_text((archive.root / "sensor.toml").read_text() + "min_range_m = 30\n")
    code, said = run(*build_words(archive, tmp_path / "out", "--sensor", sensor))
    assert code == 2
    assert "this sensor sees nothing within 30 meters" in said


def test_empty_scans_can_be_asked_for_and_are_counted(archive: MadeArchive, out: Path) -> None:
    assert run(*build_words(archive, out, *BLIND, "--allow-empty", "--dry-run"))[0] == 0
    code, said = run(*build_words(archive, out, *BLIND, "--allow-empty"))
    assert code == 0
    manifest = Dataset.open(out).manifest
    frames = manifest["frames"].to_numpy().sum()
    assert manifest["empty_frames"].to_numpy().sum() == frames
    assert f"{frames} frames of {frames} are empty: no ray hits anybody" in said


def test_crowded_frames_are_those_in_which_over_a_quarter_of_all_rays_hit() -> None:
    details = {"source": "s", "subset": "KIT", "fps_out": 20, "captions": [], "flags": {}}
    values = {"hits.npy": np.array([0, 25, 26, 100], np.int32), "json": details}
    reported_means = manifest_values(values, rays=100)
    assert (
        reported_means["empty_frames"],
        reported_means["crowded_frames"],
        reported_means["fps"],
    ) == (1, 2, 20.0)


def test_a_usual_build_says_nothing_of_empty_or_crowded_frames(
    archive: MadeArchive, out: Path
) -> None:
    said = run(*build_words(archive, out, "--distance", 4))[1]
    assert "are empty" not in said
    assert "are crowded" not in said


def test_a_begun_build_is_not_tried_again(archive: MadeArchive, out: Path) -> None:
    run(*build_words(archive, out, *BLIND, "--allow-empty"))
    assert run(*build_words(archive, out, *BLIND))[0] == 0


def test_recordings_that_are_no_good_have_no_say_in_a_trial(tmp_path: Path) -> None:
    archive = make_archive(tmp_path)
    for path in (archive.root / "amass").rglob("*_poses.npz"):
        if "CMU" not in path.parts:
            path.write_bytes(b"no recording")
    result = build_lidar(archive.options(), tmp_path / "out", Execution())
    assert result.samples == 2


REFUSED: dict[str, list[object]] = {
    "a device that is not there": ["--device", "cuda"],
    "a negative number of workers": ["--workers", -1],
    "a budget that is no number": ["--max-failures", "x"],
    "an archive that is none": ["--amass", "{root}/texts"],
    "an archive a level too deep": ["--amass", "{root}/amass/CMU/02"],
    "both of restart and retry": ["--restart", "--retry-dropped"],
    "no memory for workers": ["--worker-gigabytes", 0],
    "a folder of other files": ["--out", "{root}/amass"],
}


@pytest.mark.parametrize("case", REFUSED)
def test_a_dry_run_ends_as_the_build_would(archive: MadeArchive, out: Path, case: str) -> None:
    more = [str(word).format(root=archive.root) for word in REFUSED[case]]
    code, said = run(*build_words(archive, out, *more))
    assert code == 2, said
    assert run(*build_words(archive, out, *more, "--dry-run")) == (code, said)
    assert not out.exists()


def test_a_dry_run_into_another_plan_s_folder_ends_as_the_build_would(
    archive: MadeArchive, out: Path
) -> None:
    run(*build_words(archive, out))
    words = build_words(archive, out, "--distance", 7)
    code, said = run(*words, "--dry-run")
    assert code == 2
    assert "distance: 8.0 -> 7.0" in said
    assert run(*words) == (code, said)
    before = {path: path.stat().st_mtime_ns for path in out.rglob("*")}
    assert run(*words, "--dry-run", "--restart")[0] == 0
    assert run(*build_words(archive, out, "--dry-run", "--retry-dropped"))[0] == 0
    assert {path: path.stat().st_mtime_ns for path in out.rglob("*")} == before


def test_a_dry_run_of_a_folder_where_a_build_runs_ends_with_1(
    archive: MadeArchive, out: Path
) -> None:
    run(*build_words(archive, out))
    with (out / "receipts/lock").open("ab") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        code, said = run(*build_words(archive, out, "--dry-run"))
    assert code == 1
    assert "another build is writing there" in said


@pytest.mark.parametrize(
    ("folder", "up", "meant", "lies"),
    [
        ("amass/CMU/02", "one level", "amass/CMU", "2 .npz files there, such as 02_01_poses.npz"),
        ("texts", "one level", ".", ""),
        ("amass/deep/CMU/02/x", "two levels", "amass/deep/CMU", "1 .npz file there"),
    ],
)
def test_where_nothing_resolves_it_is_said_what_lies_there_and_above(
    archive: MadeArchive, tmp_path: Path, folder: str, up: str, meant: str, lies: str
) -> None:
    root = tmp_path / "copy"
    shutil.copytree(archive.root, root)
    deep = root / "amass/deep/CMU/02/x"
    deep.mkdir(parents=True)
    shutil.copy(archive.root / "amass/CMU/02/02_01_poses.npz", deep)
    of_cmu = "CMU/02/x/02_01" if "deep" in folder else "CMU/02/02_01"
    (root / "index.csv").write_text(
        "source_path,start_frame,end_frame,new_name\n"
        f"./pose_data/{of_cmu}_poses.npy,0,9,000003.npy\n"
    )
    words = ["build-lidar", root / "index.csv", "--amass", root / folder]
    code, said = run(*words, "--out", tmp_path / "out")
    assert code == 2
    assert lies in said
    assert f"1 recording found {up} up: pass --amass {root / meant}\n" in said
    again = [*words, "--out", tmp_path / "out", "--dry-run", "--amass", root / meant]
    assert run(*again)[0] == 0


def test_an_archive_of_other_recordings_is_said_to_have_them(
    archive: MadeArchive, tmp_path: Path
) -> None:
    other = tmp_path / "other"
    (other / "SFU/1").mkdir(parents=True)
    os.link(archive.root / "amass/CMU/02/02_01_poses.npz", other / "SFU/1/a_poses.npz")
    words = ["build-lidar", archive.root / "index.csv", "--amass", other, "--out", tmp_path / "out"]
    code, said = run(*words)
    assert code == 2
    assert "found 1 .npz file there, such as SFU/1/a_poses.npz" in said
    assert "pass --amass" not in said
