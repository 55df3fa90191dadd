"""Options of numbers: those that are no numbers, or infinite, are refused with what is expected."""

import math
from collections.abc import Callable
from dataclasses import dataclass

import pytest

from motiondata.errors import InputError
from pipelines.training.common.options import expect_at_least, expect_positive
from pipelines.training.language.writing_options import MotionDecoding
from pipelines.training.tokenizers.options import TokenizerOptions


@dataclass(frozen=True)
class Options:
    """An option."""

    weight: float


@pytest.mark.parametrize("found", [0, 0.5, 1e30])
def test_finite_numbers_of_at_least_0_are_accepted(found: float) -> None:
    expect_at_least(Options(found), 0, "weight")


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        (-0.5, "weight: expected at least 0, found -0.5"),
        (math.nan, "weight: expected at least 0, found nan"),
        (math.inf, "weight: expected at least 0 and a finite number, found inf"),
    ],
)
def test_other_numbers_are_refused(found: float, expected: str) -> None:
    with pytest.raises(InputError) as error:
        expect_at_least(Options(found), 0, "weight")
    assert str(error.value) == expected


def test_an_infinite_number_is_not_called_too_small() -> None:
    with pytest.raises(InputError, match="more than 0 and a finite number, found inf"):
        expect_positive(Options(math.inf), "weight")


@pytest.mark.parametrize(
    "make",
    [
        lambda: TokenizerOptions(heading_weight=math.inf),
        lambda: TokenizerOptions(rate=math.inf),
        lambda: MotionDecoding(guidance=math.inf),
        lambda: MotionDecoding(temperature=math.inf),
    ],
)
def test_infinite_weights_are_refused_before_a_training(make: Callable[[], object]) -> None:
    with pytest.raises(InputError, match="a finite number, found inf"):
        make()
