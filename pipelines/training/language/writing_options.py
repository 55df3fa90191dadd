"""Options of writing motion with a language model.

This module does not import PyTorch, so that help appears at once.
"""

from dataclasses import dataclass
from pathlib import Path

from motiondata.devices import AUTO
from motiondata.errors import InputError
from pipelines.training.common.options import expect_at_least, expect_positive


@dataclass(frozen=True)
class MotionDecoding:
    """How motion tokens are drawn. Raises `InputError` for values out of range."""

    temperature: float = 1.0
    """Temperature of sampling; 0 takes the most probable token at each step."""
    top_k: int = 50
    """Number of most probable tokens to sample from."""
    top_p: float = 1.0
    """Share of the probability to sample from: the most probable tokens that have it."""
    guidance: float = 1.0
    """How much the caption counts: the scores of codes are those without the caption, and this many
    times what the caption changes; other values than 1 need a model that was trained with
    --drop-captions."""
    max_tokens: int = 128
    """Maximum number of tokens of a motion."""
    seed: int = 0
    """Seed of the sampling."""

    def __post_init__(self) -> None:
        expect_at_least(self, 0, "temperature", "guidance", "seed")
        expect_at_least(self, 1, "top_k", "max_tokens")
        if not 0 < self.top_p <= 1:
            raise InputError(f"top_p: expected a share above 0 and up to 1, found {self.top_p}")


MOTION_DECODING = MotionDecoding()


@dataclass(frozen=True)
class WritingOptions:
    """What writes motion, and how. Raises `InputError` for values out of range."""

    checkpoint: Path
    """Checkpoint written by train-language."""
    tokenizer: Path | None = None
    """Checkpoint of the tokenizer, if it is not stored with the model."""
    repeats: int = 1
    """Number of motions of each text or clip."""
    best_of: int = 1
    """Number of motions to draw for each one that is written; the one is kept for which the model
    itself gives the text the highest probability as its caption. The model must have been trained
    with motion_to_caption if this is above 1 and no matcher chooses."""
    matcher: tuple[Path, ...] = ()
    """Checkpoint of a matcher that chooses the best of several motions (`best_of`), instead of the
    model: the one that it embeds nearest to the text; may be repeated, for the nearest on average.
    Another matcher must then measure the motion."""
    decoding: MotionDecoding = MOTION_DECODING
    device: str = AUTO
    """`cpu`, `cuda`, or `auto`: a GPU if there is one."""

    def __post_init__(self) -> None:
        expect_at_least(self, 1, "repeats", "best_of")
        if self.matcher and self.best_of == 1:
            raise InputError(
                "expected --best-of above 1 with --matcher, which chooses one of several motions"
            )


@dataclass(frozen=True)
class GenerateOptions:
    """How long motions of texts are. Raises `InputError` for values out of range."""

    seconds: float | None = None
    """Length of the motions in seconds; by default, the model ends them."""
    ask_length: bool = False
    """Let the model choose the length of each motion before it writes it."""
    clauses: bool = False
    """Write a motion of each clause of a text, such as those before and after "then", with a length
    for each; needs `ask_length`."""

    def __post_init__(self) -> None:
        expect_positive(self, "seconds")
        if self.ask_length and self.seconds is not None:
            raise InputError("expected --seconds or --ask-length, and not both")
        _expect_asked_lengths(self)


@dataclass(frozen=True)
class PredictOptions:
    """How a clip is continued. Raises `InputError` for values out of range."""

    given: float = 0.2
    """Share of the clip that is given; the model writes the rest."""
    seconds: float | None = None
    """Length of the whole motion in seconds; by default, the model ends it."""
    text: str | None = None
    """Caption of the whole motion; by default, none is given."""

    def __post_init__(self) -> None:
        expect_positive(self, "seconds")
        if not 0 < self.given <= 1:
            raise InputError(f"given: expected a share above 0 and up to 1, found {self.given}")


@dataclass(frozen=True)
class GapOptions:
    """How a gap in a clip is filled. Raises `InputError` for values out of range."""

    start: float = 0.25
    """Start of the gap, as a share of the clip."""
    stop: float = 0.75
    """End of the gap, as a share of the clip."""
    text: str | None = None
    """Caption of the whole motion; by default, none is given."""

    def __post_init__(self) -> None:
        if not 0 <= self.start < self.stop <= 1:
            raise InputError(
                f"start, stop: expected shares from 0 to 1, the start first, found {self.start} "
                f"and {self.stop}"
            )


@dataclass(frozen=True)
class SplitOptions:
    """Which motions of a dataset's captions are written, and how long they are."""

    split: str = "test"
    """Split whose captions are read."""
    keep_lengths: bool = False
    """Give each motion the length of the clip; by default, the model ends it."""
    ask_length: bool = False
    """Let the model choose the length of each motion before it writes it."""
    clauses: bool = False
    """Write a motion of each clause of a text, such as those before and after "then", with a length
    for each; needs `ask_length`."""

    def __post_init__(self) -> None:
        if self.ask_length and self.keep_lengths:
            raise InputError("expected --keep-lengths or --ask-length, and not both")
        _expect_asked_lengths(self)


def _expect_asked_lengths(options: GenerateOptions | SplitOptions) -> None:
    """Raise `InputError` if clauses are written without asking for their lengths."""
    if options.clauses and not options.ask_length:
        raise InputError(
            "expected --ask-length with --clauses, because each clause has its own length"
        )
