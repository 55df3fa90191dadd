"""Values NAME=PATH are paths by name, and others are refused."""

from pathlib import Path

import pytest

from motiondata.errors import InputError
from pipelines.engine.named_paths import named_paths


def test_values_are_paths_by_name_in_their_order() -> None:
    found = named_paths(["b=x/y", "a=c=d"], "--scan", "DIR", taken=["c"])
    assert [*found.items()] == [("b", Path("x/y")), ("a", Path("c=d"))]


@pytest.mark.parametrize(
    "values",
    [["=path"], ["name="], ["name"], [""], ["="], ["a=x", "a=y"], ["a=x", "taken=y"]],
    ids=["no name", "no path", "no sign", "nothing", "a sign alone", "twice", "taken"],
)
def test_the_value_that_names_no_path_is_in_the_message(values: list[str]) -> None:
    with pytest.raises(InputError) as raised:
        named_paths(values, "--scan", "DIR", taken=["taken"])
    assert str(raised.value) == (
        f"--scan: expected NAME=DIR, with a different NAME for each, found {values[-1]}"
    )
