"""Text tables, for a terminal and in Markdown.

On a terminal, long cells are wrapped so that every line fits. Nothing is truncated. Characters that
move a terminal's cursor or change its colors are replaced.
"""

from collections.abc import Callable, Iterable, Sequence
from itertools import zip_longest
from textwrap import wrap

GAP = "  "
"""The separator between two columns."""
Align = Callable[[str, int], str]
"""Fills a cell to a width."""
LEAST_WIDTH = 8
"""The minimum width of a wrapped column in characters, on a terminal of any width."""


def table(
    rows: Sequence[Sequence[str]], *, numbers: bool = False, width: int | None = None
) -> list[str]:
    """Return the lines of a table, whose first row may be a header.

    Columns are left-aligned; with `numbers`, all columns but the first and the last are
    right-aligned. Lines have at most `width` characters, unless columns of `LEAST_WIDTH` need more.
    If `width` is None, lines are as long as the texts need.
    """
    cells = [[_printable(cell) for cell in row] for row in rows]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    if width is not None:
        widths = _fitted(widths, width - len(GAP) * (len(widths) - 1))
    inner = str.rjust if numbers else str.ljust
    aligned = [str.ljust, *[inner] * (len(widths) - 2), str.ljust]
    return [line for row in cells for line in _lines(row, widths, aligned)]


def _printable(text: str) -> str:
    """Return a text as one line, with unprintable characters replaced."""
    line = " ".join(text.split())
    return "".join(each if each.isprintable() else "\N{REPLACEMENT CHARACTER}" for each in line)


def _fitted(widths: Sequence[int], total: int) -> list[int]:
    """Return widths that sum to at most `total`. The widest columns are narrowed evenly.

    No column is narrowed below `LEAST_WIDTH`, so the sum can stay above `total`.
    """
    fitted = [*widths]
    while sum(fitted) > total and max(fitted) > LEAST_WIDTH:
        fitted[fitted.index(max(fitted))] -= 1
    return fitted


def _lines(row: Sequence[str], widths: Sequence[int], aligned: Sequence[Align]) -> list[str]:
    wrapped = [wrap(cell, max(1, width)) for cell, width in zip(row, widths, strict=True)]
    lines = [*zip_longest(*wrapped, fillvalue="")] or [("",) * len(row)]
    return [GAP.join(map(_filled, aligned, line, widths)).rstrip() for line in lines]


def _filled(align: Align, cell: str, width: int) -> str:
    return align(cell, width)


def markdown_table(
    titles: Sequence[str], rows: Iterable[Sequence[str]], align: str = ""
) -> list[str]:
    """Return the lines of a Markdown table.

    `align` has one letter per column, `l` or `r`; without it, all columns are left-aligned. Lines
    of a cell are joined, and each |, which would begin a new cell, is escaped.
    """
    rule = "".join("--:|" if letter == "r" else "---|" for letter in align or "l" * len(titles))
    return [_markdown_row(titles), f"|{rule}", *map(_markdown_row, rows)]


def _markdown_row(cells: Sequence[str]) -> str:
    tidy = (" ".join(cell.split()).replace("|", "\\|") for cell in cells)
    return f"| {' | '.join(tidy)} |"
