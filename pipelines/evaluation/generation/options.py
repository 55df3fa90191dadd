"""Options of an evaluation of motion. The command line takes its defaults from here."""

from dataclasses import dataclass
from pathlib import Path

from pipelines.training.common.options import expect_at_least


@dataclass(frozen=True)
class MotionEvaluationOptions:
    """How motion is evaluated. Raises `InputError` for values out of range."""

    matcher: Path
    """Matcher checkpoint written by train-matcher, or a folder with the files of HumanML3D's."""
    judge: tuple[Path, ...] = ()
    """Checkpoint of a matcher that chose generated motion: adds the training motions that it would
    choose as a baseline; may be repeated, as --matcher of generate-split."""
    split: str = "test"
    """Split to evaluate."""
    repeats: int = 20
    """Number of repetitions with other random groups, captions and pairs."""
    group: int = 32
    """Number of captions that compete for a motion."""
    seed: int = 0
    """Seed of the random choices."""

    def __post_init__(self) -> None:
        expect_at_least(self, 2, "repeats", "group")
        expect_at_least(self, 0, "seed")
