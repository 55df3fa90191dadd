"""The report of an evaluation of motion: all its results, as JSON and as Markdown.

The report names everything that its values depend on. It contains no path and no time.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import numpy as np

from motiondata import __version__
from motiondata.counting import counted
from pipelines.engine.reports import Report, to_plain
from pipelines.engine.text_tables import markdown_table
from pipelines.evaluation.options import RAW
from pipelines.evaluation.references import TAGGED

REAL, CONSTANT, NEAREST = "real motion", "constant pose", "nearest training caption"
JUDGED = "training motion of the judges"
"""The rows of the table before those of the generated motions."""

CONFIDENCE = 1.96
"""Standard errors of the 95% interval of a normal distribution."""

MEASURES = {
    "r_precision_1": "R-precision at 1",
    "r_precision_2": "at 2",
    "r_precision_3": "at 3",
    "matching_distance": "matching distance",
    "fid": "FID",
    "diversity": "diversity",
    "multimodality": "multimodality",
}
"""The columns of the table."""

READING = (
    "R-precision: the share of captions whose motion is among the 1, 2 or 3 nearest of its group; "
    "higher is better. Matching distance and FID: lower is better. Diversity should be that of "
    "real motion. Multimodality: the distance of motions of the same caption. The FID of real "
    "motion is that of two random halves. Values are means over repetitions with their 95% "
    "intervals, which cover the random groups, captions, pairs, and motions of a caption, but not "
    "other seeds of a training. Values of another matcher cannot be compared with these."
)
WORDINGS: Mapping[str, str] = {
    RAW: "Captions are read as written, not lemmatized.",
    TAGGED: "Captions are read as lemmatized words with parts of speech.",
}


@dataclass(frozen=True)
class Estimate:
    """A mean over repetitions."""

    mean: float
    half_width: float
    """Half the width of the 95% interval."""

    @classmethod
    def of(cls, values: Sequence[float]) -> Self:
        """Return the estimate of values of several repetitions."""
        error = np.std(values) / np.sqrt(len(values))
        return cls(float(np.mean(values)), float(CONFIDENCE * error))

    def __str__(self) -> str:
        return f"{self.mean:.3f} ± {self.half_width:.3f}"


@dataclass(frozen=True)
class MotionEvaluation:
    """The results of an evaluation."""

    dataset: str
    """Content hash of the dataset of real motion."""
    generated: Mapping[str, str]
    """Content hashes of the datasets of generated motion, by the names of their folders."""
    judges: Mapping[str, Sequence[str]]
    """Ids of the matchers that chose motions, by the rows of the table."""
    matcher: str
    """Id of the matcher."""
    wording: str
    """Captions as written (raw), or lemmatized words with parts of speech (tagged)."""
    representation: str
    split: str
    clips: int
    repeats: int
    group: int
    seed: int
    measures: Mapping[str, Mapping[str, Estimate]]
    """The measures by row of the table; multimodality only where a clip has several motions."""


@dataclass(frozen=True)
class MotionEvaluationReport(Report):
    """The results of an evaluation of motion, and where they were written."""

    folder: Path
    """Folder of `report.json` and `report.md`."""
    evaluation: MotionEvaluation

    def lines(self) -> list[str]:
        """Return the lines of `report.md`."""
        return evaluation_to_markdown(self.evaluation).split("\n")

    def to_json(self) -> dict[str, Any]:
        """Return the document of `report.json`, the folder and the exit code."""
        document = evaluation_to_json(self.evaluation)
        return {**document, "folder": str(self.folder), "exit_code": self.exit_code}


def evaluation_to_json(evaluation: MotionEvaluation) -> dict[str, Any]:
    """Return the results as JSON, with the software version."""
    return {"software": f"motiondata {__version__}", **to_plain(evaluation)}


def evaluation_to_markdown(evaluation: MotionEvaluation) -> str:
    """Return the report as Markdown."""
    shown = [name for name in MEASURES if any(name in row for row in evaluation.measures.values())]
    rows = [
        (name, *(str(row.get(each, "-")) for each in shown))
        for name, row in evaluation.measures.items()
    ]
    about = (
        f"{counted(evaluation.clips, 'clip')} of the split {evaluation.split}, "
        f"{counted(evaluation.repeats, 'repetition')}, groups of {evaluation.group}, seed "
        f"{evaluation.seed}, matcher {evaluation.matcher} of {evaluation.representation}"
    )
    reading = " ".join((READING, WORDINGS[evaluation.wording], *_chosen(evaluation.judges)))
    table = markdown_table(("", *(MEASURES[name] for name in shown)), rows)
    return "\n".join(("# Evaluation of motion", "", *table, "", reading, "", about, ""))


def _chosen(judges: Mapping[str, Sequence[str]]) -> list[str]:
    """Return a sentence for each row whose motion was chosen by matchers."""
    return [
        f"Other matchers chose the motion of the row {name!r}: {', '.join(ids)}."
        for name, ids in judges.items()
    ]
