"""Text tables for a terminal: long cells are wrapped so that every line fits.

Nothing is truncated. Characters that move a terminal's cursor or change its colors are replaced.
"""

from collections.abc import Iterable, Sequence
from itertools import zip_longest
from textwrap import wrap

GAP = "  "
"""The separator between two columns."""
LEAST_WIDTH = 8
"""The minimum width of a wrapped column in characters, on a terminal of any width."""


def wrapped_table(rows: Sequence[Sequence[str]], width: int | None = None) -> list[str]:
    """Return the lines of a table with left-aligned columns.

    Lines have at most `width` characters, unless columns of `LEAST_WIDTH` need more. If `width` is
    None, lines are as long as the texts need.
    """
    cells = [[_printable(cell) for cell in row] for row in rows]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    if width is not None:
        widths = _fitted(widths, width - len(GAP) * (len(widths) - 1))
    return [line for row in cells for line in _lines(row, widths)]


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


def _lines(row: Sequence[str], widths: Sequence[int]) -> list[str]:
    wrapped = [wrap(cell, max(1, width)) for cell, width in zip(row, widths, strict=True)]
    lines = [*zip_longest(*wrapped, fillvalue="")] or [("",) * len(row)]
    return [GAP.join(map(str.ljust, line, widths)).rstrip() for line in lines]


def count_table(rows: Iterable[tuple[str, ...]], header: tuple[str, ...]) -> list[str]:
    """Return the lines of a table: first column left-aligned, others right-aligned, last as is."""
    lines = [header, *rows]
    widths = [max(len(line[column]) for line in lines) for column in range(len(header) - 1)]
    return [
        "  ".join(
            [
                line[0].ljust(widths[0]),
                *(cell.rjust(width) for cell, width in zip(line[1:-1], widths[1:], strict=True)),
                line[-1],
            ]
        ).rstrip()
        for line in lines
    ]
