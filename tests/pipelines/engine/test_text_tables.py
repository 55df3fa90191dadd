"""Tables for a terminal and in Markdown."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.engine.text_tables import LEAST_WIDTH, markdown_table, table

ROWS = [("split", "clips", ""), ("train", "1,200", "all"), ("val", "7", "")]


def test_columns_are_left_aligned_without_spaces_at_the_ends_of_lines() -> None:
    assert table(ROWS) == ["split  clips", "train  1,200  all", "val    7"]


def test_numbers_are_right_aligned_between_the_first_and_the_last_column() -> None:
    assert table(ROWS, numbers=True) == ["split  clips", "train  1,200  all", "val        7"]


def test_long_cells_are_wrapped_and_nothing_is_lost() -> None:
    lines = table([("key", "one two three four five six")], width=20)
    assert lines == ["key  one two three", "     four five six"]


@given(
    st.lists(st.tuples(*[st.text("ab \n\x1b|", max_size=60)] * 3), min_size=1, max_size=5),
    st.integers(1, 80),
)
def test_every_line_fits_and_is_printable(rows: list[tuple[str, ...]], width: int) -> None:
    lines = table(rows, width=width)
    most = max(width, 3 * LEAST_WIDTH + 4)
    assert all(len(line) <= most and (line.isprintable() or not line) for line in lines)


@pytest.mark.parametrize(("align", "rule"), [("", "|---|---|"), ("lr", "|---|--:|")])
def test_a_markdown_table_escapes_bars_and_joins_lines(align: str, rule: str) -> None:
    assert markdown_table(("a", "b"), [("x|y", "two\nlines")], align) == [
        "| a | b |",
        rule,
        "| x\\|y | two lines |",
    ]
