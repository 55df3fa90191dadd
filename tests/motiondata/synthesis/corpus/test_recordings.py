"""Recordings: their rates, lead-ins and frames are as HumanML3D's rules will read them."""

from collections import Counter

import numpy as np
import pytest

from motiondata.bodies.posing import pose_joints
from motiondata.skeletons import JOINT
from motiondata.sources.amass.subsets import HUMANML3D_NAMES, fold_name
from motiondata.sources.humanml3d.trimming import LEAD_IN_SECONDS, frame_stride, lead_in_frames
from motiondata.synthesis.corpus.archive_slots import SUBSETS, draw_slot
from motiondata.synthesis.corpus.recordings import SyntheticRecording, make_recording
from tests.support.performances import shaped

RECORDINGS = 150

LONGEST_FRAMES, SHORTEST_FRAMES = 199, 40
"""Of a clip of HumanML3D."""


@pytest.fixture(scope="module")
def recordings() -> list[SyntheticRecording]:
    return [make_recording(1, number) for number in range(RECORDINGS)]


def available(recording: SyntheticRecording) -> int:
    """Return how many frames there are after stride and lead-in, counted one by one."""
    kept = list(range(len(recording.motion.trans)))[:: frame_stride(recording.motion.fps)]
    return len(kept[lead_in_frames(recording.slot.subset) :])


def test_a_recording_is_the_same_whatever_was_made_before(
    recordings: list[SyntheticRecording],
) -> None:
    again = make_recording(1, 17)
    np.testing.assert_array_equal(again.motion.pose, recordings[17].motion.pose)
    np.testing.assert_array_equal(again.motion.trans, recordings[17].motion.trans)
    assert (again.slot, again.clips) == (recordings[17].slot, recordings[17].clips)


def test_recordings_of_another_seed_are_others(recordings: list[SyntheticRecording]) -> None:
    other = make_recording(2, 17)
    assert other.clips != recordings[17].clips


def test_clips_lie_within_their_recording_one_after_the_other(
    recordings: list[SyntheticRecording],
) -> None:
    for recording in recordings:
        edges = [0]
        for clip in recording.clips:
            edges += [clip.start_frame, clip.end_frame]
        assert edges == sorted(edges)
        assert edges[-1] <= available(recording)


def test_clips_are_as_long_as_humanml3ds(recordings: list[SyntheticRecording]) -> None:
    lengths = [clip.end_frame - clip.start_frame for made in recordings for clip in made.clips]
    assert min(lengths) >= SHORTEST_FRAMES
    assert max(lengths) <= LONGEST_FRAMES


def test_acts_lie_within_their_clip(recordings: list[SyntheticRecording]) -> None:
    for recording in recordings:
        for clip in recording.clips:
            times = [time for act in clip.acts for time in (act.start_seconds, act.end_seconds)]
            assert times == sorted(times)
            assert times[0] > 0
            assert times[-1] * 20 <= clip.end_frame - clip.start_frame


def test_some_clips_are_sequences_and_some_recordings_have_several(
    recordings: list[SyntheticRecording],
) -> None:
    acts = Counter(len(clip.acts) for recording in recordings for clip in recording.clips)
    assert set(acts) == {1, 2, 3}
    assert {1, 2} <= {len(recording.clips) for recording in recordings}


def test_captions_of_parts_count_frames_at_20_a_second_whatever_their_rate() -> None:
    recording = next(
        made
        for made in (make_recording(1, number) for number in range(1000))
        if made.motion.fps == 250 and len(made.clips[0].acts) > 1
    )
    clip = recording.clips[0]
    act = clip.acts[0]
    seconds = (act.end_seconds - act.start_seconds) * 20 / recording.index_fps
    assert recording.index_fps == pytest.approx(250 / 12)
    assert act.meters_per_second == pytest.approx(act.distance_meters / seconds, rel=0.05)


def test_lead_ins_are_still_and_long_ones_a_t_pose(recordings: list[SyntheticRecording]) -> None:
    seen = set()
    for recording in recordings:
        subset, motion = recording.slot.subset, recording.motion
        if subset not in LEAD_IN_SECONDS:
            continue
        seen.add(subset)
        frames = lead_in_frames(subset) * frame_stride(motion.fps)
        joints = pose_joints(shaped(recording.subject), motion.pose[:frames], motion.trans[:frames])
        assert np.ptp(joints[:, JOINT["pelvis"]], axis=0).max() < 0.05
        aside = np.abs(joints[0, JOINT["left_wrist"], 2] - joints[0, JOINT["left_shoulder"], 2])
        assert (aside < 0.15) == (LEAD_IN_SECONDS[subset] >= 2.0)
    assert seen == set(LEAD_IN_SECONDS)


def test_paths_are_told_apart_in_every_spelling(recordings: list[SyntheticRecording]) -> None:
    sources = [recording.slot.source for recording in recordings]
    assert len({fold_name(source) for source in sources}) == len(sources)
    assert any(" " in source for source in sources)
    assert all(source.endswith("_poses.npz") for source in sources)


def test_slots_have_all_rates_and_known_subsets() -> None:
    rng = np.random.default_rng(0)
    slots = [draw_slot(rng, number, 3, "walk") for number in range(600)]
    assert {slot.fps for slot in slots} == {60.0, 100.0, 120.0, 250.0}
    assert {slot.subset for slot in slots} == set(SUBSETS) <= set(HUMANML3D_NAMES)
    assert set(LEAD_IN_SECONDS) <= set(SUBSETS)


def test_an_act_mirrored_twice_is_itself(recordings: list[SyntheticRecording]) -> None:
    acts = [done.act for made in recordings for clip in made.clips for done in clip.acts]
    assert [act.mirrored().mirrored() for act in acts] == acts
