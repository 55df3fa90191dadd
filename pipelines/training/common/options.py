"""Options of all trainings: what to train and how. They hold the defaults of the command line.

This module does not import PyTorch, so that help appears at once.
"""

from dataclasses import asdict, dataclass, field
from math import inf, isfinite
from typing import Any, Literal

from motiondata.errors import InputError
from pipelines.training.common.command_line import CommandLine

TINY = "tiny"
"""Name of the text model that is created from the captions."""
HUB = "hub:"
"""Prefix of text model names that are requested from the hub."""
SCHEDULES = ("cosine", "constant")
PRECISIONS = ("auto", "bf16", "fp32")
Schedule = Literal["cosine", "constant"]
Precision = Literal["auto", "bf16", "fp32"]


def expect_at_least(options: object, least: int, *names: str) -> None:
    """Raise `InputError` unless the named options are finite and at least `least`."""
    for name in names:
        found = getattr(options, name)
        if not least <= found < inf:
            raise InputError(f"{name}: expected at least {least}{_finite(found)}, found {found}")


def expect_positive(options: object, *names: str) -> None:
    """Raise `InputError` unless the named options are finite and above 0, or None."""
    for name in names:
        found = getattr(options, name)
        if found is not None and not 0 < found < inf:
            raise InputError(f"{name}: expected more than 0{_finite(found)}, found {found}")


def _finite(found: float) -> str:
    return " and a finite number" if found == inf else ""


def expect_finite(options: object, *names: str) -> None:
    """Raise `InputError` unless the named options are finite numbers."""
    for name in names:
        if not isfinite(getattr(options, name)):
            raise InputError(f"{name}: expected a number, found {getattr(options, name)}")


def expect_share(options: object, *names: str) -> None:
    """Raise `InputError` unless the named options are from 0 to 1, or None."""
    for name in names:
        found = getattr(options, name)
        if found is not None and not 0 <= found <= 1:
            raise InputError(f"{name}: expected 0 to 1, found {found}")


@dataclass(frozen=True)
class OptimizerOptions:
    """How the optimizer updates parameters. Raises `InputError` for values out of range."""

    warmup: int = 100
    """Steps in which the learning rate of a stage rises to its full value."""
    schedule: Schedule = "cosine"
    """Learning rate after the warm-up: cosine falls to zero at the end of the stage; with constant,
    more steps may be added later."""
    weight_decay: float = 0.01
    """Weight decay of AdamW."""
    clip: float = 1.0
    """Maximum gradient norm; longer gradients are scaled to it."""
    precision: Precision = "auto"
    """Precision of the computation; auto is bf16 if the device supports it, else fp32. Weights are
    always float32."""

    def __post_init__(self) -> None:
        expect_at_least(self, 0, "warmup", "weight_decay")
        expect_positive(self, "clip")


@dataclass(frozen=True)
class LoopOptions:
    """How a training runs. Raises `InputError` for values out of range."""

    batch: int = 32
    """Clips per step and process."""
    seed: int = 0
    """Seed of the clip order, the choice of captions, the initial weights, and dropout."""
    save_every: int = 200
    """Steps between two checkpoints."""
    watch_every: int = 100
    """Steps between two validations."""
    workers: int = 0
    """Number of processes that read shards; 0 reads them in the training process."""
    exclude: tuple[str, ...] = ()
    """Flags; training clips with any of them are left out. The other splits stay whole."""
    tensorboard: bool = False
    """Write the log also as an event file, which TensorBoard shows: OUT/tensorboard."""
    optimizer: OptimizerOptions = field(default_factory=OptimizerOptions)
    """How the optimizer updates parameters."""
    command_line: CommandLine | None = None
    """The command line that began the training, if one did; the training's folder keeps it."""

    def __post_init__(self) -> None:
        expect_at_least(self, 1, "batch", "save_every", "watch_every")
        expect_at_least(self, 0, "seed", "workers")

    @property
    def identity(self) -> dict[str, Any]:
        """Return the options that change the result, as JSON.

        The number of processes is in the state of the view.
        """
        excluded = {"exclude": sorted({*self.exclude})} if self.exclude else {}
        return {"seed": self.seed, **asdict(self.optimizer), **excluded}


@dataclass(frozen=True)
class Stage:
    """Consecutive steps that train the same parameters."""

    name: str
    steps: int

    def __post_init__(self) -> None:
        if self.steps < 1:
            raise InputError(f"steps of {self.name}: expected at least 1, found {self.steps}")
