"""The report of `motiondata train-tokenizer`: a table of errors and of the use of codes."""

from collections.abc import Mapping
from dataclasses import dataclass

from motiondata.counting import counted
from pipelines.engine.reports import Report
from pipelines.engine.text_tables import table
from pipelines.training.common.run_training import TrainingRun
from pipelines.training.tokenizers.codebook_use import CodebookUse
from pipelines.training.tokenizers.reconstruction import StageMeasures, TokenizerMeasures

STAGES = (
    "the row of a stage has the error with the codes of this and all earlier stages, and how much "
    "the codes of this stage are used"
)


@dataclass(frozen=True)
class TokenizerReport(Report):
    """The result of a training of a tokenizer."""

    run: TrainingRun
    codes: int
    """Number of codes, of each stage."""
    frames_per_token: int
    stages: int
    """Number of codes per token: more than one of a residual tokenizer."""
    measures: Mapping[str, TokenizerMeasures]
    """Measures by split, of the splits that were not trained on."""

    def lines(self) -> list[str]:
        """Return a table of the measures, and the path of the tokenizer."""
        header = ("", "clips", "MPJPE mm", "acceleration", "smooth L1", "used codes", "perplexity")
        rows = [row for split, found in self.measures.items() for row in _rows(split, found)]
        return [
            *table([header, *rows], numbers=True),
            f"MPJPE is relative to the root, acceleration in mm/frame²; {self._sizes}",
            *([STAGES] if self.stages > 1 else []),
            f"the tokenizer is in {self.run.checkpoint}",
        ]

    @property
    def _sizes(self) -> str:
        each = f" in each of {self.stages} stages" if self.stages > 1 else ""
        codes, frames = counted(self.codes, "code"), counted(self.frames_per_token, "frame")
        return f"{codes}{each}, {frames} per token"


def _rows(split: str, found: TokenizerMeasures) -> list[tuple[str, ...]]:
    uses = {"tokenizer": _use_cells(found.use), "constant pose": ("", "")}
    measures = {"tokenizer": found.tokenizer, "constant pose": found.constant}
    whole = [
        (
            f"{split}, {name}",
            f"{each.clips:,}",
            f"{each.mpjpe_mm:.1f}",
            f"{each.acceleration_error:.2f}",
            f"{each.smooth_l1:.4f}",
            *uses[name],
        )
        for name, each in measures.items()
    ]
    return [*whole, *(_stage_row(split, k, each) for k, each in enumerate(found.stages, 1))]


def _stage_row(split: str, number: int, found: StageMeasures) -> tuple[str, ...]:
    error = "" if found.mpjpe_mm is None else f"{found.mpjpe_mm:.1f}"
    return (f"{split}, stage {number}", "", error, "", "", *_use_cells(found.use))


def _use_cells(use: CodebookUse) -> tuple[str, str]:
    return f"{use.used} of {use.reachable}", f"{use.perplexity:.0f}"
