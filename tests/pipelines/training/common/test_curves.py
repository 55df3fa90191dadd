"""The numbers of a line of a log have names that plots show."""

import pytest

from pipelines.training.common.curves import scalars_of
from pipelines.training.common.logs import Record

STEP = {"step": 3, "stage": "full", "epoch": 1, "loss": 2.5, "gradient_norm": 0.5, "seconds": 0.1}
PLAIN = {"epoch": 1.0, "loss": 2.5, "gradient_norm": 0.5, "seconds": 0.1}


@pytest.mark.parametrize(
    ("record", "numbers"),
    [
        ({**STEP, "rates": [1e-3]}, {**PLAIN, "rate/group 0": 1e-3}),
        ({**STEP, "rates": [1e-3, 1e-4]}, {**PLAIN, "rate/group 0": 1e-3, "rate/group 1": 1e-4}),
        (
            {"step": 3, "watch": {"recall": {"val": {"1": 0.5}}, "clips": 8}, "alarms": ["a"]},
            {"watch/recall/val/1": 0.5, "watch/clips": 8.0},
        ),
        ({"step": 3, "watch": {"commonest": "a walk", "samples": [{"caption": "b"}]}}, {}),
    ],
)
def test_nested_numbers_have_paths_and_texts_are_left_out(
    record: Record, numbers: dict[str, float]
) -> None:
    assert scalars_of(record) == numbers
