"""Counts with their nouns: one thing is in the singular."""

import pytest

from motiondata.counting import counted, counted_units


@pytest.mark.parametrize(
    ("number", "noun", "shown"),
    [(0, "row", "0 rows"), (1, "row", "1 row"), (2, "row", "2 rows"), (1320, "row", "1,320 rows"),
     (1, "different caption", "1 different caption")],
)  # fmt: skip
def test_only_one_is_in_the_singular(number: int, noun: str, shown: str) -> None:
    assert counted(number, noun) == shown


@pytest.mark.parametrize(
    ("number", "units", "shown"),
    [(1, "meshes", "1 mesh"), (2, "meshes", "2 meshes"), (1, "batches", "1 batch"),
     (1, "pairs of frames", "1 pair of frames"), (0, "pairs of frames", "0 pairs of frames")],
)  # fmt: skip
def test_a_unit_in_the_plural_loses_it_for_one(number: int, units: str, shown: str) -> None:
    assert counted_units(number, units) == shown
