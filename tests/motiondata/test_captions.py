"""Captions: the frames that they describe, and their form in a sample's `json`."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from motiondata.captions import (
    Caption,
    caption_runs,
    caption_texts,
    captions_to_details,
    details_to_captions,
    frame_range,
)

WALK = Caption("a man walks", (("a", "DET"), ("man", "NOUN"), ("walk", "VERB")), 0.0, 0.0)
TURN = Caption("he turns", (), 0.5, 1.0)
LATER = Caption("he waves", (), 3.0, 4.0)


def test_seconds_beyond_the_clip_are_cut_to_it() -> None:
    def run(start: float, end: float) -> range:
        return frame_range(Caption("", (), start, end), fps=20.0, frames=50)

    assert run(0, 0) == range(50)
    assert run(-1, 1) == range(20)
    assert run(1.5, 9) == range(30, 50)
    assert run(1.5, 1e308) == range(30, 50)
    assert not run(1e308, 1.5e308)
    assert not run(3, 9)
    assert not run(2, 1)
    assert not run(0, 0.02)


def test_captions_come_back_from_a_samples_json() -> None:
    captions = [WALK, TURN]
    details = {"captions": captions_to_details(captions)}
    assert details_to_captions(json.loads(json.dumps(details))) == captions
    assert caption_texts(details) == ["a man walks", "he turns"]


def test_runs_are_the_captions_of_any_frame_of_the_clip() -> None:
    details = {"fps_out": 20.0, "captions": captions_to_details([WALK, TURN, LATER])}
    assert caption_runs(details, 30) == [(range(30), "a man walks"), (range(10, 20), "he turns")]


def test_a_sample_without_captions_has_no_texts() -> None:
    assert caption_texts({"fps_out": 20.0}) == []


WHOLE = {"text": "walks", "start_seconds": 0, "end_seconds": 0}
WRONG: dict[str, Any] = {
    "a list": [WHOLE],
    "no captions": {"fps_out": 20.0},
    "texts alone": {"fps_out": 20.0, "captions": ["walks"]},
    "no text": {"fps_out": 20.0, "captions": [{"start_seconds": 0, "end_seconds": 0}]},
    "a number as text": {"fps_out": 20.0, "captions": [WHOLE | {"text": 3}]},
    "seconds as text": {"fps_out": 20.0, "captions": [WHOLE | {"end_seconds": "1"}]},
    "huge seconds": {"fps_out": 20.0, "captions": [WHOLE | {"end_seconds": 10**400}]},
    "no frame rate": {"captions": [WHOLE | {"end_seconds": 1}]},
    "a frame rate as text": {"fps_out": "20", "captions": [WHOLE | {"end_seconds": 1}]},
}


@pytest.mark.parametrize("details", WRONG.values(), ids=WRONG)
def test_json_of_another_form_is_an_error_with_the_expected_form(details: Any) -> None:
    with pytest.raises(ValueError, match=r"expected (captions with text|a frame)"):
        caption_runs(details, 30)


@pytest.mark.parametrize("details", [[], {"captions": ["walks"]}, {"captions": [{"text": 3}]}])
def test_texts_of_another_form_are_an_error(details: Any) -> None:
    with pytest.raises(ValueError, match="expected captions with text"):
        caption_texts(details)


@given(st.floats(-10, 100), st.floats(-10, 100), st.integers(0, 300))
def test_a_range_lies_in_the_clip(start: float, end: float, frames: int) -> None:
    found = frame_range(Caption("", (), start, end), 20.83, frames)
    assert not found or (found.start >= 0 and found.stop <= frames)
