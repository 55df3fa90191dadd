"""PFNN recordings keep phase, gait and footsteps, in time with the motion."""

from pathlib import Path

import numpy as np
import pytest

from motiondata.errors import InputError, RecordingError
from motiondata.sources.amass.reader import read_smplh
from motiondata.sources.humanml3d.resampled_clips import cut_clip_at
from motiondata.sources.humanml3d.trimming import cut_clip
from motiondata.sources.pfnn.labels import clip_labels, label_files, read_labels
from pipelines.sources import import_pfnn
from tests.support.bvh_files import walking, write_bvh
from tests.support.index_rows import made_row
from tests.support.reference_data import reference_data

FRAMES = 60


@pytest.fixture
def take(tmp_path: Path) -> Path:
    folder = tmp_path / "takes"
    folder.mkdir()
    write_bvh(folder / "walk.bvh", *walking(FRAMES), fps=120)
    phase, gait, steps = label_files(folder / "walk.bvh")
    phase.write_text("".join(f"{at / 40 % 1:.5f}\n" for at in range(FRAMES)))
    gait.write_text("0 1 0 0 0 0 0 0\n" * FRAMES)
    steps.write_text("1 21\n41 *\n")
    return folder / "walk.bvh"


def test_the_real_phase_is_0_and_a_half_at_footsteps() -> None:
    bvh = reference_data("sources", "pfnn", "LocomotionFlat04_000.bvh")
    labels = read_labels(bvh, 2428)
    for column, expected in ((0, 0.0), (1, 0.5)):
        steps = labels["footsteps"][:, column]
        at = steps[np.isfinite(steps)].astype(int)
        assert len(at) > 15
        error = (labels["phase"][at] - expected + 0.5) % 1 - 0.5
        np.testing.assert_allclose(error, 0, atol=1e-4)


def test_labels_are_in_the_recording_and_follow_a_clip(take: Path, tmp_path: Path) -> None:
    report = import_pfnn(take.parent, tmp_path / "out")
    assert (report.recordings, report.failures) == (1, ())
    (path,) = (tmp_path / "out").rglob("*_poses.npz")
    recording = read_smplh(path, "walk")
    np.testing.assert_array_equal(recording.labels["footsteps"], [[0, 20], [40, np.nan]])
    row = made_row("KIT", 2, 8)
    clip = clip_labels(dict(recording.labels), cut_clip(recording, row))
    np.testing.assert_allclose(clip["phase"], np.arange(12, 48, 6) / 40 % 1, atol=1e-5)
    faster = clip_labels(dict(recording.labels), cut_clip_at(recording, row, 50.0))
    expected = (12 + np.arange(len(faster["phase"])) * 2.4) / 40 % 1
    np.testing.assert_allclose(faster["phase"], expected, atol=1e-5)
    np.testing.assert_allclose(faster["gait"][:, 1], 1)


def test_a_changed_label_is_imported_again(take: Path, tmp_path: Path) -> None:
    import_pfnn(take.parent, tmp_path / "out")
    assert import_pfnn(take.parent, tmp_path / "out").reused == 1
    label_files(take)[2].write_text("1 21\n")
    assert import_pfnn(take.parent, tmp_path / "out").reused == 0


@pytest.mark.parametrize(
    ("number", "text", "reason"),
    [
        (0, "0\n", "finite"),
        (0, "2\n" * FRAMES, "0 to 1"),
        (1, "1 1 0 0 0 0 0 0\n" * FRAMES, "sum to 1"),
        (1, "a\n" * FRAMES, "numbers"),
        (2, "1 x\n", "two frames"),
        (2, "1 900\n", "beyond the file"),
        (2, None, "cannot be read"),
    ],
)
def test_faulty_labels_are_refused(take: Path, number: int, text: str | None, reason: str) -> None:
    file = label_files(take)[number]
    file.unlink()
    if text is not None:
        file.write_text(text)
    with pytest.raises(RecordingError, match=reason):
        read_labels(take, FRAMES)


def test_a_line_that_ends_with_a_star_has_no_steps(take: Path) -> None:
    label_files(take)[2].write_text("1 11\n21 31 *\n41 51\n")
    steps = read_labels(take, FRAMES)["footsteps"]
    np.testing.assert_array_equal(np.isnan(steps[:3]).all(1), [False, True, False])


def test_bvh_files_without_labels_are_refused(take: Path, tmp_path: Path) -> None:
    for path in label_files(take):
        path.unlink()
    with pytest.raises(InputError, match="files of kind pfnn"):
        import_pfnn(take.parent, tmp_path / "out")
    assert not (tmp_path / "out").exists()
