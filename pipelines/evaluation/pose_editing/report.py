"""The report of an evaluation of edited poses: all its results, as JSON and as Markdown.

The report names everything that its values depend on. It contains no path and no time.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from motiondata import __version__
from motiondata.counting import counted
from pipelines.engine.reports import Report, to_plain
from pipelines.engine.text_tables import markdown_table
from pipelines.evaluation.generation.measures import RANKS
from pipelines.evaluation.generation.report import Estimate
from pipelines.training.pose_editing.edit_measures import EditMeasures
from pipelines.training.pose_editing.edit_rows import HEADER, READING, row_cells

REAL = "pose B"
"""The row of what the texts were written of."""


@dataclass(frozen=True)
class EvaluatedRow:
    """A row of the table."""

    measures: EditMeasures
    r_precision: Mapping[int, Estimate] | None
    """By rank; None without a matcher."""


@dataclass(frozen=True)
class EditEvaluation:
    """The results of an evaluation."""

    dataset: str
    """Content hash of the dataset of pairs."""
    editor: str
    """Id of the pose editor."""
    matcher: str | None
    """Id of the pair matcher."""
    body: str
    """Id of the body that was posed."""
    split: str
    pairs: int
    texts: int
    repeats: int
    group: int
    seed: int
    draws: int
    """Number of draws of which the nearest is taken."""
    nearest_draw_mm: float
    """Mean joint error of the nearest draw of each text."""
    rows: Mapping[str, EvaluatedRow]
    """The measures by row of the table."""


@dataclass(frozen=True)
class EditEvaluationReport(Report):
    """The results of an evaluation of edited poses, and where they were written."""

    folder: Path
    """Folder of `report.json` and `report.md`."""
    evaluation: EditEvaluation

    def lines(self) -> list[str]:
        """Return the lines of `report.md`."""
        return evaluation_to_markdown(self.evaluation).split("\n")

    def to_json(self) -> dict[str, Any]:
        """Return the document of `report.json`, the folder and the exit code."""
        document = evaluation_to_json(self.evaluation)
        return {**document, "folder": str(self.folder), "exit_code": self.exit_code}


def evaluation_to_json(evaluation: EditEvaluation) -> dict[str, Any]:
    """Return the results as JSON, with the software version."""
    return {"software": f"motiondata {__version__}", **to_plain(evaluation)}


def evaluation_to_markdown(evaluation: EditEvaluation) -> str:
    """Return the report as Markdown."""
    ranks = [f"R-precision at {RANKS[0]}", *(f"at {rank}" for rank in RANKS[1:])]
    rows = [
        (*row_cells(name, row.measures), *_precision(row)) for name, row in evaluation.rows.items()
    ]
    about = (
        f"{counted(evaluation.texts, 'text')} of {counted(evaluation.pairs, 'pair')} of the split "
        f"{evaluation.split}, {counted(evaluation.repeats, 'repetition')}, groups of "
        f"{evaluation.group}, seed {evaluation.seed}, editor {evaluation.editor}, matcher "
        f"{evaluation.matcher}. The nearest of {counted(evaluation.draws, 'draw')} has a joint "
        f"error of {evaluation.nearest_draw_mm:.1f} mm"
    )
    reading = (
        f"{READING[0].upper()}{READING[1:]}. R-precision: share of texts whose pair is among the "
        "nearest of its group, as means over repetitions with their 95% intervals"
    )
    table = markdown_table((*HEADER, *ranks), rows)
    return "\n".join(("# Evaluation of edited poses", "", *table, "", reading, "", about, ""))


def _precision(row: EvaluatedRow) -> list[str]:
    if row.r_precision is None:
        return ["-"] * len(RANKS)
    return [str(row.r_precision[rank]) for rank in RANKS]
