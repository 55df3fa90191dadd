"""Edits of a frame of a recording: what is written, and what is refused."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from motiondata.bodies.bundled import bundled_body
from motiondata.bodies.posing import pose_joints, shape_body
from motiondata.errors import InputError, RecordingError
from motiondata.pose_pairs.postures import Headings
from motiondata.recording import Recording
from motiondata.skeletons import JOINT
from motiondata.sources.amass.reader import read_recording
from motiondata.sources.amass.writer import write_amass
from pipelines.training.common.training_checkpoint import CHECKPOINT
from pipelines.training.pose_editing.edit_pose import edit_pose
from pipelines.training.pose_editing.options import EditOptions
from tests.support.ruled_pairs import UPRIGHT, text_of

FRAMES = 3
TURN = 1.0
"""The heading of the recording, radians."""


@pytest.fixture
def standing(tmp_path: Path) -> Path:
    """Write a recording of a person who stands, turned to the left, away from the origin."""
    pose = np.random.default_rng(3).normal(0, 0.1, (FRAMES, 22, 3))
    pose[:, 0] = UPRIGHT
    back = Headings(np.full(FRAMES, np.cos(TURN / 2)), np.full(FRAMES, -np.sin(TURN / 2)))
    pose[:, 0] = back.remove_from_roots(pose[:, 0])
    trans = np.array([[2.0, 3.0, 1.0]] * FRAMES)
    recording = Recording(pose, trans, 20.0, "female", np.zeros(16), "stand.npz", licence="free")
    write_amass(tmp_path / "stand.npz", recording)
    return tmp_path / "stand.npz"


def options_of(learned: Path, joint: str = "left_elbow", **options: int) -> EditOptions:
    return EditOptions(learned / CHECKPOINT, text_of(joint), **options)


def test_the_named_joint_bends_and_heading_and_place_stay(
    standing: Path, learned: Path, tmp_path: Path
) -> None:
    out = tmp_path / "made" / "edited.npz"
    report = edit_pose(standing, out, options_of(learned, frame=1))
    before, written = read_recording(standing, ""), read_recording(out, "")
    assert written.frames == 2
    assert (report.edits, report.frame) == (1, 1)
    assert written.pose[0] == pytest.approx(before.pose[1])
    assert written.trans[:, :2] == pytest.approx(before.trans[:2, :2])
    assert Headings.of(written.pose[:, 0]).angles == pytest.approx([TURN, TURN], abs=0.1)
    moved = np.linalg.norm(written.pose[1] - written.pose[0], axis=-1)
    assert moved.argmax() == JOINT["left_elbow"]
    joints = pose_joints(shape_body(bundled_body(), np.zeros(0)), written.pose, written.trans)
    assert joints[1, :, 2].min() == pytest.approx(joints[0, :, 2].min())
    assert written.licence == "free; edited by a model of motiondata"
    assert written.gender == "female"


def test_draws_are_those_of_the_seed(standing: Path, learned: Path, tmp_path: Path) -> None:
    for name, seed in (("a", 0), ("b", 0), ("c", 1)):
        edit_pose(standing, tmp_path / f"{name}.npz", options_of(learned, draws=2, seed=seed))
    one, same, other = ((tmp_path / f"{name}.npz").read_bytes() for name in "abc")
    assert one == same != other
    poses = [read_recording(tmp_path / f"{name}.npz", "").pose for name in "ac"]
    assert poses[0].shape == (3, 22, 3)
    assert poses[0][2] == pytest.approx(poses[1][1])  # the second draw of seed 0, the first of 1


def test_what_cannot_be_edited_is_refused_and_nothing_is_written(
    standing: Path, learned: Path, tmp_path: Path
) -> None:
    out, options = tmp_path / "x.npz", options_of(learned)
    with pytest.raises(InputError, match="expected a --frame from 0 to 2, found 3"):
        edit_pose(standing, out, replace(options, frame=3))
    with pytest.raises(InputError, match=r"expected a name that ends with \.npz"):
        edit_pose(standing, tmp_path / "x.bvh", options)
    with pytest.raises(InputError, match="expected another file than the recording"):
        edit_pose(standing, standing, options)
    with pytest.raises(InputError, match="expected a checkpoint file, found no such file"):
        edit_pose(standing, out, replace(options, checkpoint=tmp_path / "none.pt"))
    with pytest.raises(InputError, match="expected words that correct a pose, found none"):
        replace(options, text=" ")
    good = read_recording(standing, "stand.npz")
    write_amass(
        standing, replace(good, pose=np.where(np.arange(3)[:, None, None] == 2, np.nan, good.pose))
    )
    with pytest.raises(InputError, match="frame 2 is not a pose"):
        edit_pose(standing, out, replace(options, frame=-1))
    (tmp_path / "text.npz").write_text("no recording")
    with pytest.raises(RecordingError):
        edit_pose(tmp_path / "text.npz", out, options)
    assert not out.exists()
