"""What a language model was trained for: other uses of it give nothing that means anything."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from motiondata.errors import InputError


def tasks_of(focus: tuple[str, ...], share: float | None) -> tuple[str, ...] | None:
    """Return the names of all tasks of a training; None for those of all instructions."""
    return focus if focus and share == 1 else None


@dataclass(frozen=True)
class TrainedFor:
    """The tasks of a language model."""

    checkpoint: Path
    tasks: tuple[str, ...] | None
    """Names of the tasks of the instructions; None for all."""
    drops_captions: bool
    """Whether some motion was written without its caption."""

    @classmethod
    def of(cls, identity: Mapping[str, Any], checkpoint: Path) -> Self:
        """Return the tasks of a training with an identity."""
        focus = identity.get("focus") or ()
        names = (focus,) if isinstance(focus, str) else tuple(focus)
        tasks = tasks_of(names, identity.get("focus_share"))
        return cls(checkpoint, tasks, bool(identity.get("drop_captions")))

    def expect_task(self, task: str, option: str) -> None:
        """Raise `InputError` unless instructions of a task were trained on, which an option needs.

        Pre-training has no instructions.
        """
        if self.tasks is not None and task not in self.tasks:
            known = ", ".join(sorted({*self.tasks}))
            raise InputError(
                f"{self.checkpoint}: {option} needs a model that was trained with {task}, found "
                f"one that was trained with {known} alone; train with --focus {task} too, or leave "
                f"out {option}"
            )

    def expect_dropped_captions(self) -> None:
        """Raise `InputError` unless the model has learned to write motion without a caption."""
        if not self.drops_captions:
            raise InputError(
                f"{self.checkpoint}: --guidance needs a model that was trained with "
                "--drop-captions, found one without; train with --drop-captions 0.1, or leave out "
                "--guidance"
            )
