"""Clips at other times: between the recording's own frames, not between those of the clip."""

from dataclasses import replace

import numpy as np
import pytest

from motiondata.clip import Clip
from motiondata.clip_moments import clip_at
from motiondata.recording import Recording
from motiondata.rotations import rotvec_to_rotmat
from motiondata.skeletons import JOINTS

FPS, COUNT, STRIDE = 120.0, 49, 6


@pytest.fixture
def clip() -> Clip:
    random = np.random.default_rng(0)
    pose, trans = random.normal(size=(COUNT, JOINTS, 3)), random.normal(size=(COUNT, 3))
    recording = Recording(pose, trans, FPS, "neutral", np.zeros(16), "made")
    kept = slice(12, 37, STRIDE)
    return Clip("000000", "made", pose[kept], trans[kept], FPS / STRIDE, 12, 36, recording)


@pytest.mark.parametrize("frames", [-2, 0, 1, 3])
def test_whole_frames_of_the_recording_are_found(clip: Clip, frames: int) -> None:
    moment = clip_at(clip, np.full(clip.frames, frames / FPS))
    kept = slice(12 + frames, 37 + frames, STRIDE)
    np.testing.assert_allclose(moment.trans, clip.recording.trans[kept], atol=1e-9)
    found, expected = (rotvec_to_rotmat(pose) for pose in (moment.pose, clip.recording.pose[kept]))
    np.testing.assert_allclose(found, expected, atol=1e-7)


def test_translations_between_frames_are_linear_and_rotations_halve_the_turn(clip: Clip) -> None:
    moment = clip_at(clip, np.full(clip.frames, 0.5 / FPS))
    before, after = (clip.recording.trans[first : first + 25 : STRIDE] for first in (12, 13))
    np.testing.assert_allclose(moment.trans, (before + after) / 2, atol=1e-9)
    first, middle, last = (
        rotvec_to_rotmat(pose)
        for pose in (clip.pose, moment.pose, clip.recording.pose[13:38:STRIDE])
    )
    step = np.swapaxes(first, -1, -2) @ middle
    np.testing.assert_allclose(first @ step @ step, last, atol=1e-7)


def test_times_beyond_the_recording_are_its_ends(clip: Clip) -> None:
    early, late = (clip_at(clip, np.full(clip.frames, seconds)) for seconds in (-9.0, 9.0))
    np.testing.assert_allclose(early.trans, np.tile(clip.recording.trans[0], (clip.frames, 1)))
    np.testing.assert_allclose(late.trans, np.tile(clip.recording.trans[-1], (clip.frames, 1)))


def test_frames_that_are_not_finite_are_skipped(clip: Clip) -> None:
    trans = clip.recording.trans.copy()
    trans[13:18] = np.nan
    trans[37:] = np.nan
    holed = replace(clip, recording=replace(clip.recording, trans=trans))
    moment = clip_at(holed, np.full(clip.frames, 3 / FPS))
    assert np.isfinite(moment.pose).all()
    np.testing.assert_allclose(moment.trans[0], (trans[12] + trans[18]) / 2)
    np.testing.assert_allclose(moment.trans[-1], trans[36])


def test_a_clip_that_begins_between_frames_is_moved_from_there(clip: Clip) -> None:
    moment = clip_at(replace(clip, start=0.25), np.full(clip.frames, 0.75 / FPS))
    np.testing.assert_allclose(moment.trans, clip.recording.trans[13:38:STRIDE])
