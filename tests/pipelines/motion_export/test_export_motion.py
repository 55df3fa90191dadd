"""Exports of posed bodies, of recordings and of datasets."""

import csv
from pathlib import Path

import numpy as np
import pytest

from motiondata import read_amass
from motiondata.bodies.load_body import load_body
from motiondata.bodies.posing import pose_joints
from motiondata.errors import InputError
from motiondata.motion_files.body_motion import T_YUP_WORLD
from motiondata.sources.amass.writer import write_amass
from motiondata.sources.bvh.kinematics import pose_file
from motiondata.sources.bvh.reader import read_bvh
from pipelines.engine.reports import TOO_MANY_FAILURES
from pipelines.motion_export.export import export_motion
from pipelines.motion_export.layouts import FORMATS
from pipelines.motion_export.options import MOTION_FORMATS, MotionExportOptions
from shards.format.dataset import Dataset
from shards.format.npy import npy_to_array
from shards.format.reading import read_member
from tests.support.body_motions import made_motion
from tests.support.compare_builds import files_of
from tests.support.faults import KILLED, Fault
from tests.support.faults import run as run_with_fault


@pytest.fixture
def recordings(tmp_path: Path) -> Path:
    """Return a folder with a recording of nine frames and one of four."""
    for name, frames in (("a", 9), ("b", 4)):
        write_amass(tmp_path / f"in/{name}_poses.npz", made_motion(frames).recording)
    return tmp_path / "in"


def listed(path: Path) -> list[dict[str, str]]:
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def test_every_format_of_the_options_has_a_layout() -> None:
    assert tuple(FORMATS) == MOTION_FORMATS


@pytest.mark.parametrize("kind", MOTION_FORMATS)
def test_a_stopped_export_resumes_with_the_same_bytes(
    kind: str, recordings: Path, tmp_path: Path
) -> None:
    options = MotionExportOptions(kind, stride=2)
    report = export_motion(recordings, tmp_path / "whole", options)
    assert report.splits[0].frames == 5 + 2
    whole = files_of(tmp_path / "whole")
    export_motion(recordings, tmp_path / "again", options)
    again = tmp_path / "again"
    files = [path for path in sorted((again / "all").rglob("*")) if path.is_file()]
    for path in (files[0], again / "all.csv"):
        path.unlink()
    export_motion(recordings, again, options)
    assert files_of(again) == whole
    assert {row["key"]: row["frames"] for row in listed(again / "all.csv")} == {"a": "5", "b": "2"}


@pytest.mark.parametrize("kind", ["obj", "glb"])
@pytest.mark.parametrize("call", ["fsync", "rename"])
def test_a_killed_export_resumes_with_the_same_bytes(
    kind: str, call: str, recordings: Path, tmp_path: Path
) -> None:
    """Killed after the last byte of the second file, and before it gets its name."""
    options = MotionExportOptions(kind, stride=4)
    export_motion(recordings, tmp_path / "whole", options)
    out, log = tmp_path / "out", tmp_path / "log"
    words = ["export", str(recordings), "--format", kind, "--stride", "4", "--out", str(out)]
    assert run_with_fault(words, log, Fault("SIGKILL", call, 2, file=f".{kind}")) == KILLED
    assert run_with_fault(words, log) == 0, log.read_text()
    assert files_of(out) == files_of(tmp_path / "whole")


def test_an_exported_recording_is_equal(recordings: Path, tmp_path: Path) -> None:
    export_motion(recordings, tmp_path / "out", MotionExportOptions("amass"))
    before, after = (
        read_amass(path) for path in (recordings / "a_poses.npz", tmp_path / "out/all/a_poses.npz")
    )
    for name in ("pose", "trans", "betas"):
        np.testing.assert_array_equal(getattr(after, name), getattr(before, name))
    assert (after.fps, after.gender, after.shape_space) == (
        before.fps,
        before.gender,
        before.shape_space,
    )


def test_joints_of_a_dataset_are_those_of_its_samples(built: Dataset, tmp_path: Path) -> None:
    key = str(built.manifest["key"][0])
    export_motion(built.path, tmp_path / "out", MotionExportOptions("bvh", keys=(key,)))
    (path,) = (tmp_path / "out").rglob("*.bvh")
    read = read_bvh(path)
    pose, trans = (
        npy_to_array(read_member(built, key, f"{name}.npy")) for name in ("pose", "trans")
    )
    expected = pose_joints(load_body(), pose.astype(float), trans.astype(float), T_YUP_WORLD)
    np.testing.assert_allclose(pose_file(read).places[0] / 100, expected[:, 0], atol=1e-5)
    row = next(row for row in built.manifest.to_pylist() if row["key"] == key)
    assert abs(read.fps - row["fps"]) < 1e-4


def test_another_body_than_that_of_the_dataset_is_reported(built: Dataset, tmp_path: Path) -> None:
    report = export_motion(built.path, tmp_path / "out", MotionExportOptions("amass", limit=1))
    assert "Choose that body by --body" in " ".join(report.remarks)


def test_a_faulty_recording_is_a_failure_and_the_others_are_written(
    recordings: Path, tmp_path: Path
) -> None:
    broken = made_motion(4).recording
    broken.pose[2, 3, 1] = np.nan
    write_amass(recordings / "nan_poses.npz", broken)
    (recordings / "text_poses.npz").write_text("no recording")
    report = export_motion(recordings, tmp_path / "out", MotionExportOptions("amass"))
    assert [failure.source for failure in report.failures] == ["nan_poses.npz", "text_poses.npz"]
    assert "frame 2" in report.failures[0].message
    assert report.exit_code == TOO_MANY_FAILURES
    assert [row["key"] for row in listed(tmp_path / "out/all.csv")] == ["a", "b"]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (MotionExportOptions("glb", keys=("c",)), "no clip c"),
        (MotionExportOptions("glb", keys=("a", "c"), limit=1), "no clip c"),
        (MotionExportOptions("glb", split="train"), "nothing to export"),
    ],
)
def test_a_selection_without_clips_is_refused(
    options: MotionExportOptions, message: str, recordings: Path, tmp_path: Path
) -> None:
    with pytest.raises(InputError, match=message):
        export_motion(recordings, tmp_path / "out", options)
    assert not (tmp_path / "out").exists()


def test_another_body_is_another_export(recordings: Path, tmp_path: Path) -> None:
    export_motion(recordings, tmp_path / "out", MotionExportOptions("amass"))
    with pytest.raises(InputError, match="stride: 1 -> 2"):
        export_motion(recordings, tmp_path / "out", MotionExportOptions("amass", stride=2))
