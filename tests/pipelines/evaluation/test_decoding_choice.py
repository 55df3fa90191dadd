"""How captions are decoded is chosen on the validation split, and what was tried is reported."""

import pytest

from motiondata.errors import InputError
from pipelines.evaluation.decoding_choice import (
    DecodingChoice,
    TriedDecoding,
    choose_decoding,
    parse_decodings,
)
from pipelines.evaluation.options import EvaluationOptions
from pipelines.evaluation.references import References
from pipelines.training.common.decoding import Decoding

TEXTS = {"a": ("a person walks forward",), "b": ("someone waves with the left hand",)}
VALIDATION = References("val", TEXTS, ())


@pytest.mark.parametrize(
    ("beams", "penalties", "expected"),
    [
        ("1", "1", [(1, 1.0)]),
        ("1,3", "0.8,1", [(1, 1.0), (3, 0.8), (3, 1.0)]),
        ("5", "1,2", [(5, 1.0), (5, 2.0)]),
        ("3,3", "1", [(3, 1.0)]),
    ],
)
def test_decodings_are_all_pairs_without_a_penalty_of_greedy_ones(
    beams: str, penalties: str, expected: list[tuple[int, float]]
) -> None:
    found = [(each.beams, each.length_penalty) for each in parse_decodings(beams, penalties)]
    assert found == expected


@pytest.mark.parametrize(
    ("beams", "consensus", "expected"),
    [
        ("1", "16", [(1, 16)]),
        ("1", "1,16,32,16", [(1, 1), (1, 16), (1, 32)]),
        ("3", "8,1", [(3, 1), (1, 8)]),
    ],
)
def test_drawn_captions_are_tried_beside_all_beams(
    beams: str, consensus: str, expected: list[tuple[int, int]]
) -> None:
    found = parse_decodings(beams, "1", consensus, seed=5)
    assert [(each.beams, each.consensus) for each in found] == expected
    assert {each.seed for each in found if each.draws} == {5}


def test_beams_of_drawn_captions_only_are_refused() -> None:
    with pytest.raises(InputError, match="found 16 with beams 3; choose --consensus 1,16"):
        parse_decodings("3", "1", "16")


@pytest.mark.parametrize(("beams", "penalties"), [("a", "1"), ("1,", "1"), ("3", "x"), ("0", "1")])
def test_what_are_no_numbers_is_refused(beams: str, penalties: str) -> None:
    with pytest.raises(InputError, match="beams"):
        parse_decodings(beams, penalties)


def test_the_best_captions_of_validation_decide() -> None:
    right = [texts[0] for texts in TEXTS.values()]
    said = {1: right[::-1], 3: right, 5: right}
    best, choice = choose_decoding(
        parse_decodings("1,3,5", "1"), VALIDATION, lambda decoding: said[decoding.beams]
    )
    assert best == Decoding(3)
    assert (choice.beams, choice.length_penalty) == (3, 1.0)
    assert [each.beams for each in choice.tried] == [1, 3, 5]
    assert choice.tried[0] == TriedDecoding(1, 1.0, 1, 0.0)
    assert choice.tried[1].cider_d == choice.tried[2].cider_d > 1
    assert DecodingChoice.of(best).tried == ()


def test_clips_that_cider_cannot_distinguish_are_refused() -> None:
    alike = References("val", {"a": ("walks",), "b": ("walks",)}, ())
    with pytest.raises(InputError, match="expected several clips with different captions"):
        choose_decoding(parse_decodings("1,3", "1"), alike, lambda _: ["walks", "walks"])


def test_captions_of_a_file_have_no_beams() -> None:
    with pytest.raises(InputError, match="--beams, --length-penalties, --consensus: expected"):
        EvaluationOptions(beams="3")
    with pytest.raises(InputError, match="--consensus: expected with --checkpoint"):
        EvaluationOptions(consensus="16")
