"""The report of `motiondata robustness`."""

from dataclasses import dataclass
from pathlib import Path

from motiondata.counting import counted
from pipelines.engine.reports import Report
from pipelines.engine.text_tables import markdown_table
from pipelines.evaluation.pair_markdown import share_cell

ALL = "all"
NOTHING = "-"


@dataclass(frozen=True)
class RobustnessRow:
    """The captions of one dataset with one number of points."""

    dataset: str
    """Its name."""
    points: int | None
    """Points per frame that were left; None for all."""
    content_hash: str
    clips: int
    bleu_4: float | None
    cider_d: float | None
    distinct: float
    """Share of different captions."""
    clips_right: int | None
    """Clips whose caption describes every act correctly and no other; None without labels."""
    sides: int | None
    """Acts with a scored side; None without labels of acts."""
    sides_right: int | None
    """Those whose caption names this side."""


@dataclass(frozen=True)
class RobustnessReport(Report):
    """A captioner on several scans of the same clips."""

    folder: Path
    """Folder of `robustness.json` and `robustness.md`."""
    split: str
    checkpoint: str
    """Hash of the file of the captioner."""
    encoder: str | None
    """Id of the encoder; None for a captioner of points."""
    left_out: int
    """Clips of the dataset of the command that another scan does not have; no row counts them."""
    rows: tuple[RobustnessRow, ...]
    """The first one is the dataset of the command, with all points."""

    def lines(self) -> list[str]:
        """Return the table, and where it was written."""
        without = f"{counted(self.left_out, 'clip')} left out, which not every scan has"
        return [*self.table(), *([without] if self.left_out else []), "",
                f"written to {self.folder}"]  # fmt: skip

    def table(self) -> list[str]:
        """Return the lines of a Markdown table; scores are times 100."""
        titles = ("dataset", "points", "clips", "BLEU@4", "CIDEr-D", "distinct", "clips right",
                  "sides right")  # fmt: skip
        return markdown_table(titles, map(_cells, self.rows), "lrrrrrrr")


def _cells(row: RobustnessRow) -> tuple[str, ...]:
    scores = (row.bleu_4, row.cider_d, row.distinct)
    right = NOTHING if row.clips_right is None else f"{row.clips_right} ({_share(row)})"
    return (
        row.dataset,
        ALL if row.points is None else str(row.points),
        f"{row.clips:,}",
        *(NOTHING if score is None else f"{100 * score:.1f}" for score in scores),
        right,
        share_cell(row.sides_right or 0, row.sides or 0),
    )


def _share(row: RobustnessRow) -> str:
    return f"{(row.clips_right or 0) / row.clips:.0%}"
