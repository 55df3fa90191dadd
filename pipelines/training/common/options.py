"""What trainings are told: what to train, and apart from it how. The command line's defaults.

Free of PyTorch, so that help appears at once.
"""

from dataclasses import asdict, dataclass, field
from math import inf
from typing import Any, Literal

from motiondata.errors import InputError

TINY = "tiny"
"""The text model that is made on the spot."""
HUB = "hub:"
"""How the names of text models begin that the hub is asked for."""
DEVICES = ("auto", "cpu", "cuda")
SCHEDULES = ("cosine", "constant")
PRECISIONS = ("auto", "bf16", "fp32")
Schedule = Literal["cosine", "constant"]
Precision = Literal["auto", "bf16", "fp32"]


def expect_at_least(options: object, least: int, *names: str) -> None:
    """Raise `InputError` where one of some numbers is below the least."""
    for name in names:
        if not getattr(options, name) >= least:
            found = getattr(options, name)
            raise InputError(f"{name}: expected at least {least}, found {found}")


def expect_positive(options: object, *names: str) -> None:
    """Raise `InputError` where one of some numbers is not finite and above 0; None is none."""
    for name in names:
        found = getattr(options, name)
        if found is not None and not 0 < found < inf:
            raise InputError(f"{name}: expected more than 0, found {found}")


@dataclass(frozen=True)
class OptimizerOptions:
    """How parameters are changed. Raises `InputError` for values out of range."""

    warmup: int = 100
    """Steps over which the learning rate of a stage rises to its full value."""
    schedule: Schedule = "cosine"
    """How the learning rate goes on then: falling to zero at the stage's end, or constant."""
    weight_decay: float = 0.01
    """AdamW's."""
    clip: float = 1.0
    """The largest norm of a step's gradient; longer ones are shortened to it."""
    precision: Precision = "auto"
    """Of what is computed; weights are float32. Auto: bf16 where the device has it, else fp32."""

    def __post_init__(self) -> None:
        expect_at_least(self, 0, "warmup", "weight_decay")
        expect_positive(self, "clip")


@dataclass(frozen=True)
class LoopOptions:
    """How a training is run. Raises `InputError` for values out of range."""

    batch: int = 32
    """Clips of a step, of each process."""
    seed: int = 0
    """Keys the order of the clips, the choice of captions, the first weights, and dropout."""
    save_every: int = 200
    """Steps between two checkpoints."""
    watch_every: int = 100
    """Steps between two looks at validation clips."""
    workers: int = 0
    """Processes that read shards; 0: this one."""
    optimizer: OptimizerOptions = field(default_factory=OptimizerOptions)
    """How parameters are changed."""

    def __post_init__(self) -> None:
        expect_at_least(self, 1, "batch", "save_every", "watch_every")
        expect_at_least(self, 0, "seed", "workers")

    @property
    def identity(self) -> dict[str, Any]:
        """What changes the result, as JSON; the number of processes is in the view's state."""
        return {"seed": self.seed, **asdict(self.optimizer)}


@dataclass(frozen=True)
class Stage:
    """A run of steps in which the same parameters are trained."""

    name: str
    steps: int

    def __post_init__(self) -> None:
        if self.steps < 1:
            raise InputError(f"steps of {self.name}: expected at least 1, found {self.steps}")
