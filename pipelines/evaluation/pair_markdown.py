"""The tables of texts of pose pairs as Markdown: their statements, and their pairs."""

from collections.abc import Mapping, Sequence

from pipelines.engine.text_tables import markdown_table
from pipelines.evaluation.corrections import CorrectionTotals
from pipelines.evaluation.generation.measures import GROUP, RANKS
from pipelines.evaluation.options import MODEL
from pipelines.evaluation.pair_matching import REPEATS, PairMatch

NOTHING = "-"
"""Content of an empty cell."""

STATEMENTS = (
    "Texts are read back into statements by the patterns of the dataset's texts, and compared with "
    "the codes of the pairs. Statements: per text. True: of all statements. Right direction: of "
    "the statements about changes, those with the right direction, whatever the size. Changes "
    "named: of all pair codes that change, those that a true statement is about; a reference "
    "leaves some out on purpose. Readable phrases: of all phrases; others say nothing."
)


def statements_section(corrections: Mapping[str, CorrectionTotals] | None) -> Sequence[str]:
    """Return the table of what texts state, by row; nothing for other datasets."""
    if corrections is None:
        return []
    rows = [(name, *_correction_cells(found)) for name, found in corrections.items()]
    titles = ("", "statements", "true", "right direction", "changes named", "readable phrases")
    return ["## Statements of texts", "", *markdown_table(titles, rows), "", STATEMENTS]


def _correction_cells(found: CorrectionTotals) -> tuple[str, ...]:
    return (
        f"{found.said / found.texts:.1f}",
        share_cell(found.true, found.said),
        share_cell(found.right_way, found.directed),
        share_cell(found.named, found.changed),
        share_cell(found.readable, found.phrases),
    )


def share_cell(part: int, whole: int) -> str:
    """Return a share and its counts."""
    return f"{part} of {whole} ({part / whole:.0%})" if whole else NOTHING


def matches_section(matches: Mapping[str, PairMatch] | None) -> Sequence[str]:
    """Return the table of how well texts match their pairs, by row; nothing without a matcher."""
    if matches is None:
        return []
    ranks = [*matches[MODEL].precision]
    rows = [
        (name, *(f"{found.precision[rank]:.1%}" for rank in ranks), f"{found.distance:.2f}")
        for name, found in matches.items()
    ]
    titles = ("", *(f"R-precision @{rank}" for rank in ranks), "distance")
    return ["## Texts and their pairs", "", *markdown_table(titles, rows), "", _about_matches()]


def _about_matches() -> str:
    nearest = " or ".join((", ".join(map(str, RANKS[:-1])), str(RANKS[-1])))
    chance = " and ".join(
        (", ".join(f"{rank / GROUP:.1%}" for rank in RANKS[:-1]), f"{RANKS[-1] / GROUP:.1%}")
    )
    return (
        f"R-precision: the share of texts whose pair is among the {nearest} nearest of {GROUP}, by "
        f"the embeddings of a matcher; the mean of {REPEATS} groupings. By chance, it is {chance}. "
        "Distance: that of a text and its pair."
    )
