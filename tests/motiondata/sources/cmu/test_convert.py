"""The whole import: it writes files in AMASS's layout, and a bad file affects only itself."""

from dataclasses import fields
from pathlib import Path

import numpy as np
import pytest

from motiondata.bodies.bundled import bundled_body
from motiondata.bodies.posing import pose_joints, shape_body
from motiondata.errors import InputError
from motiondata.recording import Recording
from motiondata.sources.amass.reader import read_smplh
from motiondata.sources.cmu.convert import read_motion, read_subject
from motiondata.sources.cmu.frame_rates import trial_fps
from pipelines.import_report import ImportReport
from pipelines.sources import import_cmu
from tests.support.acclaim_files import amc_text, write_subject
from tests.support.amass_files import save_npz, smplh_arrays

METERS_TO_UNITS = 0.5 / 0.0254


def totals(report: ImportReport) -> tuple[int, int, int]:
    return report.recordings, report.frames, len(report.failures)


def motion(frames: int = 4) -> str:
    """Return a motion that goes ahead by 10 cm a frame, the hips 0.9 m above the floor."""
    roots = [
        (0, METERS_TO_UNITS, frame * 0.1 * METERS_TO_UNITS, 0, 0, 0) for frame in range(frames)
    ]
    return amc_text([{"lhumerus": (0, 0, 45)}] * frames, roots)


@pytest.fixture
def source(tmp_path: Path) -> Path:
    write_subject(tmp_path / "cmu" / "subjects", "07", {"01": motion(), "02": motion(9)})
    return tmp_path / "cmu"


def test_a_recording_is_laid_out_as_amass_s(source: Path, tmp_path: Path) -> None:
    assert totals(import_cmu(source, tmp_path / "out")) == (2, 13, 0)
    with np.load(tmp_path / "out" / "CMU" / "07" / "07_02_poses.npz") as recording:
        assert recording["poses"].shape == (9, 156)
        assert recording["poses"].dtype == np.float64
        assert recording["trans"].shape == (9, 3)
        assert recording["betas"].shape == (16,)
        assert recording["mocap_framerate"] == 120.0
        assert recording["gender"] == "neutral"
        assert recording["shape_space"] == bundled_body().shape_space
        assert "mocap.cs.cmu.edu" in str(recording["licence"])
        assert not recording["poses"][:, 66:].any()


def test_what_is_written_reads_as_a_recording_of_amass(source: Path, tmp_path: Path) -> None:
    import_cmu(source, tmp_path / "out")
    subject = read_subject(source / "subjects" / "07" / "07.asf")
    expected = read_motion(source / "subjects" / "07" / "07_02.amc", subject)
    found = read_smplh(tmp_path / "out" / "CMU" / "07" / "07_02_poses.npz", expected.source)
    for field in fields(Recording):
        assert np.array_equal(getattr(found, field.name), getattr(expected, field.name))


def test_the_motion_is_metric_and_z_up(source: Path, tmp_path: Path) -> None:
    import_cmu(source, tmp_path / "out")
    with np.load(tmp_path / "out" / "CMU" / "07" / "07_01_poses.npz") as recording:
        shaped = shape_body(bundled_body(), recording["betas"])
        pose = recording["poses"][:, :66].reshape(-1, 22, 3)
        joints = pose_joints(shaped, pose, recording["trans"])
    hips = joints[:, 1:3].mean(axis=1)
    # The made hips hang 0.1 m below the root and 0.03 m ahead; ahead is -y.
    ways = [[0.0, -0.03 - 0.1 * frame, 0.9] for frame in range(4)]
    assert hips == pytest.approx(np.array(ways), abs=1e-9)


def test_the_same_files_give_the_same_bytes(source: Path, tmp_path: Path) -> None:
    for name in ("one", "two"):
        import_cmu(source, tmp_path / name)
    one, two = (sorted((tmp_path / name).rglob("*.npz")) for name in ("one", "two"))
    assert [path.read_bytes() for path in one] == [path.read_bytes() for path in two]
    assert len(one) == 2


def test_nothing_but_whole_recordings_is_left_behind(source: Path, tmp_path: Path) -> None:
    import_cmu(source, tmp_path / "out")
    files = {path.name for path in (tmp_path / "out").rglob("*") if path.is_file()}
    assert files == {"07_01_poses.npz", "07_02_poses.npz", "index.csv", "imports.jsonl"}


def test_a_bad_motion_costs_itself_alone(source: Path, tmp_path: Path) -> None:
    cut = source / "subjects" / "07" / "07_01.amc"
    text = cut.read_text()
    cut.write_text(text[: text.rindex("lwrist")])
    report = import_cmu(source, tmp_path / "out")
    assert (report.recordings, report.frames) == (1, 9)
    (failure,) = report.failures
    assert failure.source == "subjects/07/07_01.amc"
    assert "07_01.amc: ends within a frame" in failure.message
    assert not (tmp_path / "out" / "CMU" / "07" / "07_01_poses.npz").exists()


def test_a_bad_skeleton_costs_its_own_motions_alone(source: Path, tmp_path: Path) -> None:
    bad = write_subject(source / "subjects", "08", {"01": motion()})
    (bad / "08.asf").write_text(":units\n length x\n angle deg\n:root\n:bonedata\n:hierarchy\n")
    report = import_cmu(source, tmp_path / "out")
    assert report.recordings == 2
    (failure,) = report.failures
    assert "08.asf, line 2: expected 1 finite numbers" in failure.message


def test_a_motion_without_its_skeleton_is_a_failure(source: Path, tmp_path: Path) -> None:
    (source / "subjects" / "07" / "09_01.amc").write_text(motion())
    (failure,) = import_cmu(source, tmp_path / "out").failures
    assert failure.message == (
        "09_01.amc: expected its skeleton in the same folder, such as 02.asf for "
        "02_01.amc; found no 09.asf"
    )


def test_two_motions_of_one_name_are_not_chosen_from(source: Path, tmp_path: Path) -> None:
    write_subject(source / "copy", "07", {"01": motion()})
    report = import_cmu(source, tmp_path / "out")
    assert [failure.source for failure in report.failures] == [
        "copy/07/07_01.amc",
        "subjects/07/07_01.amc",
    ]
    assert "expected one file of this name, found 2" in report.failures[0].message
    assert report.recordings == 1


def test_suffixes_may_be_of_upper_case(source: Path, tmp_path: Path) -> None:
    folder = source / "subjects" / "07"
    for path in list(folder.iterdir()):
        path.rename(path.with_suffix(path.suffix.upper()))
    assert totals(import_cmu(source, tmp_path / "out")) == (2, 13, 0)
    assert (tmp_path / "out" / "CMU" / "07" / "07_01_poses.npz").is_file()


def test_two_files_that_differ_in_the_case_of_their_suffixes_are_not_chosen_from(
    source: Path, tmp_path: Path
) -> None:
    folder = source / "subjects" / "07"
    (folder / "07_01.AMC").write_text(motion())
    report = import_cmu(source, tmp_path / "out")
    assert [failure.source for failure in report.failures] == [
        "subjects/07/07_01.AMC",
        "subjects/07/07_01.amc",
    ]
    (folder / "07.ASF").write_text((folder / "07.asf").read_text())
    with pytest.raises(InputError, match=r"3 files failed"):
        import_cmu(source, tmp_path / "again")


def test_a_frame_rate_that_a_motion_declares_is_its_own(source: Path, tmp_path: Path) -> None:
    path = source / "subjects" / "07" / "07_02.amc"
    path.write_text(path.read_text().replace(":DEGREES", ":DEGREES\n:SAMPLES-PER-SECOND 30"))
    import_cmu(source, tmp_path / "out")
    recording = read_smplh(tmp_path / "out" / "CMU" / "07" / "07_02_poses.npz", "")
    assert recording.fps == 30.0


@pytest.mark.parametrize(("there", "absent"), [("07_01.amc", ".asf"), ("07.asf", ".amc")])
def test_a_folder_without_skeletons_or_without_motions_is_wrong_input(
    source: Path, tmp_path: Path, there: str, absent: str
) -> None:
    half = tmp_path / "half"
    half.mkdir()
    (source / "subjects" / "07" / there).rename(half / there)
    with pytest.raises(InputError, match=rf"found no \{absent} file"):
        import_cmu(half, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_folder_of_nothing_but_bad_motions_is_wrong_input(source: Path, tmp_path: Path) -> None:
    for motion in (source / "subjects" / "07").glob("*.amc"):
        motion.write_text("")
    with pytest.raises(InputError, match=r"2 files failed; .*07_01\.amc: expected text"):
        import_cmu(source, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_an_import_may_be_done_again(source: Path, tmp_path: Path) -> None:
    first = import_cmu(source, tmp_path / "out")
    again = import_cmu(source, tmp_path / "out")
    assert (totals(again), again.reused) == (totals(first), 2)
    skeleton = source / "subjects" / "07" / "07.asf"
    skeleton.write_text(skeleton.read_text() + "\n")
    assert import_cmu(source, tmp_path / "out").reused == 0


@pytest.mark.parametrize("content", [b"", b"anything"])
def test_what_no_import_wrote_is_not_written_over(
    source: Path, tmp_path: Path, content: bytes
) -> None:
    other = tmp_path / "out" / "CMU" / "07" / "07_02_poses.npz"
    other.parent.mkdir(parents=True)
    other.write_bytes(content)
    (failure,) = import_cmu(source, tmp_path / "out").failures
    assert "07_02_poses.npz was not written by an import, and is kept" in failure.message
    assert other.read_bytes() == content


@pytest.mark.parametrize("licence", [None, np.array("another"), np.zeros(3)])
def test_a_recording_of_amass_s_own_is_not_written_over(
    source: Path, tmp_path: Path, licence: np.ndarray | None
) -> None:
    arrays = smplh_arrays(licence=licence)
    amass = save_npz(tmp_path / "out" / "CMU" / "07" / "07_01_poses.npz", arrays)
    content = amass.read_bytes()
    assert len(import_cmu(source, tmp_path / "out").failures) == 1
    assert amass.read_bytes() == content


def test_a_file_is_no_folder_to_write_to(source: Path, tmp_path: Path) -> None:
    (tmp_path / "out").write_text("")
    with pytest.raises(InputError, match="out"):
        import_cmu(source, tmp_path / "out")


@pytest.mark.parametrize(
    ("trial", "fps"),
    [
        ("02_01", 120.0),
        ("60_08", 60.0),
        ("141_24", 60.0),
        ("14_01", 120.0),
        ("74_09", 120.0),
        ("74_10", 60.0),
        ("90_08", 60.0),
        ("90_09", 120.0),
    ],
)
def test_a_trial_has_amass_s_frame_rate(trial: str, fps: float) -> None:
    assert trial_fps(trial) == fps
