"""Clauses: a text in parts, and the motions of the parts as one motion."""

from itertools import product
from math import ceil
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("transformers")

from motiondata.captions import Caption, captions_to_details
from motiondata.errors import InputError
from pipelines.clips.members import DETAILS
from pipelines.training.language.asked_lengths import ask_lengths
from pipelines.training.language.clauses import split_clauses
from pipelines.training.language.instructions import CaptionedMotion
from pipelines.training.language.joining import LINKS, join_captions
from pipelines.training.language.load_language import load_language
from pipelines.training.language.motion_writer import MotionWriter
from pipelines.training.language.write_motion import generate, request_of_clauses
from pipelines.training.language.write_split import Writing
from pipelines.training.language.writing_options import (
    GenerateOptions,
    MotionDecoding,
    SplitOptions,
    WritingOptions,
)

TWO = "a person walks left and then runs left."
CLAUSES = ["a person walks left", "a person runs left"]
SHORT = MotionDecoding(max_tokens=6)


@pytest.mark.parametrize("links", [*product(LINKS, LINKS)])
def test_joined_captions_are_split_where_they_were_joined(links: tuple[str, str]) -> None:
    captions = ["the man waves", "the man walks and claps", "the man sits down"]
    text = captions[0]
    for caption, link in zip(captions[1:], links, strict=True):
        text = join_captions(text, caption, link)
    assert split_clauses(text) == captions


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a person first waves and then walks fast.", ["a person waves", "a person walks fast"]),
        ("Someone waves, walks, and finally jumps.",
         ["Someone waves", "Someone walks", "Someone jumps"]),
        ("a dancer waves and then jumps.", ["a dancer waves", "a person jumps"]),
        ("A man waves, THEN sits", ["A man waves", "A man sits"]),
        ("a man waves, then he sits down", ["a man waves", "he sits down"]),
        (", then ", [", then "]),
        (" and then ", [" and then "]),
        ("a person slowly, carefully walks.", ["a person slowly, carefully walks."]),
        ("a person waves while walking and claps.", ["a person waves while walking and claps."]),
    ],
)  # fmt: skip
def test_only_what_follows_is_a_clause(text: str, expected: list[str]) -> None:
    assert split_clauses(text) == expected


def test_each_clause_is_the_best_of_its_own_motions(begun: Path) -> None:
    writing = WritingOptions(begun, best_of=3, decoding=SHORT, device="cpu")
    writer = MotionWriter.open(writing)
    request = request_of_clauses("x", TWO, writer)
    (whole,) = writer.move([request], SHORT)
    parts = writer.move(request.clauses, SHORT)
    assert [part.caption for part in parts] == CLAUSES
    assert whole.codes == parts[0].codes + parts[1].codes
    assert whole == CaptionedMotion(whole.codes, TWO, request.frames or 0, 20.0)
    assert len(whole.codes) == request.tokens == ceil(whole.frames / 4)


def test_written_motions_have_the_clauses_one_after_another(begun: Path, tmp_path: Path) -> None:
    options = GenerateOptions(ask_length=True, clauses=True)
    writing = WritingOptions(begun, decoding=SHORT, device="cpu")
    both, one = generate([TWO, CLAUSES[0]], tmp_path, writing, options).motions
    first, second = ask_lengths(load_language(begun).module, CLAUSES, 24)
    assert both.text == TWO
    assert both.frames == 4 * ceil(first / 4) + second
    assert (one.text, one.frames) == (CLAUSES[0], first)


def test_a_caption_of_a_split_is_written_by_clauses_and_another_as_without_them(
    begun: Path,
) -> None:
    writer = MotionWriter.open(WritingOptions(begun, decoding=SHORT, device="cpu"))
    plain, split = (
        Writing(writer, SplitOptions(ask_length=True, clauses=clauses)) for clauses in (False, True)
    )
    lengths = ask_lengths(writer.model.module, CLAUSES, 24)
    both = split.derive("test0000", captioned(TWO))[DETAILS]
    assert len(both["codes"]) == sum(ceil(each / 4) for each in lengths)
    assert both["motion_frames"] == 4 * ceil(lengths[0] / 4) + lengths[1]
    one, same = (each.derive("test0000", captioned(CLAUSES[0])) for each in (plain, split))
    assert one[DETAILS] == same[DETAILS]
    assert plain.id != split.id


def captioned(text: str) -> dict[str, Any]:
    """Return the values of a sample with a caption."""
    return {DETAILS: {"captions": captions_to_details([Caption(text, (), 0.0, 0.0)])}}


def test_clauses_without_asked_lengths_are_refused() -> None:
    for options in (GenerateOptions, SplitOptions):
        with pytest.raises(InputError, match="expected --ask-length with --clauses"):
            options(clauses=True)
