"""Changed settings of a folder: which have changed, and how they are refused."""

from pathlib import Path

import pytest

from motiondata.errors import InputError
from pipelines.engine.settings import changed_settings, expect_same_settings

BEFORE = {"seed": 0, "sizes": {"width": 8, "heads": 2}, "gone": True}


def test_each_change_is_named_with_both_values_in_order() -> None:
    now = {"seed": 1, "sizes": {"width": 16, "heads": 2}, "new": "x"}
    assert changed_settings(BEFORE, now) == [
        "seed: 0 -> 1",
        "sizes.width: 8 -> 16",
        "gone: True -> not set",
        "new: not set -> x",
    ]


def test_a_setting_that_is_none_is_not_set() -> None:
    assert changed_settings({"stride": None}, {"stride": 2}) == ["stride: not set -> 2"]


def test_equal_settings_are_accepted_in_any_order(tmp_path: Path) -> None:
    expect_same_settings(tmp_path, BEFORE, dict(reversed(BEFORE.items())), "remove it")


def test_a_change_is_refused_with_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(InputError) as refused:
        expect_same_settings(tmp_path, BEFORE, {**BEFORE, "seed": 2}, "remove it")
    assert str(refused.value) == (
        f"{tmp_path}: was started with other inputs or settings (seed: 0 -> 2); choose another "
        "--out, or remove it"
    )
