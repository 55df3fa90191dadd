"""The checkpoint of a training: what a resumed run restores, and what it compares first.

A checkpoint is restored only into a training with the same options and data. Their number of steps
may differ if the steps done stay the same.
"""

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch

from motiondata.errors import InputError
from pipelines.engine.settings import REMOVE_THE_FOLDER, changes_refused, expect_same_settings
from pipelines.training.common.change_steps import position_in
from pipelines.training.common.checkpoints import (
    read_checkpoint,
    reading_contents,
    write_checkpoint,
)
from pipelines.training.common.options import LoopOptions, Stage
from pipelines.training.common.training_task import TrainingPosition, TrainingTask
from shards.errors import ShardError
from shards.stream.loader import Loader

CHECKPOINT = "checkpoint.pt"


@dataclass(frozen=True, eq=False)
class TrainingCheckpoint:
    """The file `checkpoint.pt` of a training, whose weights and loader it saves and restores."""

    path: Path
    task: TrainingTask
    options: LoopOptions
    loader: Loader

    def restore(self) -> tuple[TrainingPosition, Mapping[str, Any] | None]:
        """Restore weights and loader; return the position, and the state of the optimizer.

        The state is None at the start of a stage. Raises `InputError` for a damaged file and for
        the checkpoint of another training.
        """
        if not self.path.exists():
            return TrainingPosition(), None
        state = read_checkpoint(self.path, self.task.kind)
        with self.reading_contents():
            identity = state["identity"]
            expect_same_settings(self.path.parent, identity, self._identity, REMOVE_THE_FOLDER)
            position = self._find_position(state["stages"], TrainingPosition(**state["position"]))
            self._load_weights(state["weights"])
            self._load_view(state["view"])
            return position, state["optimizer"] if position.step else None

    def save(self, position: TrainingPosition, optimizer: torch.optim.AdamW | None) -> None:
        """Write the checkpoint, with the state of the optimizer if it is given."""
        state = {
            "contents": dict(self.task.contents()),
            "weights": self.task.module.state_dict(),
            "identity": self._identity,
            "stages": [asdict(stage) for stage in self.task.stages],
            "optimizer": None if optimizer is None else optimizer.state_dict(),
            "view": self.loader.state_dict(),
            "position": asdict(position),
        }
        write_checkpoint(self.path, self.task.kind, state)

    def reading_contents(self) -> AbstractContextManager[None]:
        """Convert errors that the contents of the file cause in the block to `InputError`."""
        return reading_contents(self.path, self.task.kind)

    def _find_position(
        self, stages: Sequence[Mapping[str, Any]], before: TrainingPosition
    ) -> TrainingPosition:
        """Return the current position; the stages may have changed their number of steps."""
        try:
            begun = [Stage(**stage) for stage in stages]
            now = [*self.task.stages]
            return position_in(now, begun, before, self.options.optimizer)
        except InputError as error:
            raise changes_refused(self.path.parent, [str(error)], REMOVE_THE_FOLDER) from error

    def _load_weights(self, weights: Mapping[str, Any]) -> None:
        try:
            self.task.module.load_state_dict(weights)
        except RuntimeError as error:  # the folder of the text model has another model than before
            raise InputError(
                f"{self.path}: its weights do not fit what is trained ({error}); choose another "
                "--out, or remove the folder"
            ) from error

    def _load_view(self, view: Mapping[str, Any]) -> None:
        try:
            self.loader.load_state_dict(view)
        except ShardError as error:  # --batch or the number of processes has changed
            raise changes_refused(self.path.parent, [str(error)], REMOVE_THE_FOLDER) from error

    @property
    def _identity(self) -> dict[str, Any]:
        return {**self.options.identity, **self.task.identity()}
