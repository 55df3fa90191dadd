"""Options of an evaluation of edited poses. The command line takes its defaults from here."""

from dataclasses import dataclass
from pathlib import Path

from pipelines.training.common.options import expect_at_least


@dataclass(frozen=True)
class EditEvaluationOptions:
    """How edited poses are evaluated. Raises `InputError` for values out of range."""

    checkpoint: Path
    """Checkpoint written by train-pose-editor."""
    matcher: Path | None = None
    """Checkpoint written by train-pair-matcher, for R-precision."""
    split: str = "test"
    """Split to evaluate."""
    body: Path | None = None
    """Body file in SMPL's format (.npz or .pkl), or folder of <gender>/model.npz, whose vertices
    are compared too; by default only joints of the bundled body are."""
    limit: int | None = None
    """Number of pairs to evaluate, the first of the split; by default all."""
    repeats: int = 20
    """Number of repetitions of R-precision with other random groups and texts."""
    group: int = 32
    """Number of texts that compete for a pair."""
    seed: int = 0
    """Seed of the draws and of the random choices."""

    def __post_init__(self) -> None:
        expect_at_least(self, 2, "repeats", "group")
        expect_at_least(self, 0, "seed")
        if self.limit is not None:
            expect_at_least(self, 1, "limit")
