"""The protocol between the training loop and a task: module, loss, stages, data.

It is a protocol, not a base class: a task is written and tested without the loop.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import torch
from torch import nn

from pipelines.training.common.logs import History, Record
from pipelines.training.common.optimizer import ParameterGroup
from pipelines.training.common.options import Stage
from shards.stream.batching import Batch
from shards.stream.views import View


@dataclass(frozen=True)
class TrainingPosition:
    """Progress of a training."""

    stage: int = 0
    """Index of the current stage; the number of stages when all are done."""
    step: int = 0
    """Steps done in this stage."""
    total: int = 0
    """Steps done in all stages."""

    def after_step(self, stage: Stage) -> "TrainingPosition":
        """Return the position after one step; the last step of a stage leads to the next stage."""
        total = self.total + 1
        if self.step + 1 == stage.steps:
            return TrainingPosition(self.stage + 1, 0, total)
        return TrainingPosition(self.stage, self.step + 1, total)


class TrainingTask(Protocol):
    """A module to train and its data."""

    @property
    def kind(self) -> str:
        """Kind of the task's checkpoints."""

    @property
    def module(self) -> nn.Module:
        """Module to train, on its device."""

    @property
    def stages(self) -> Sequence[Stage]:
        """Stages in order."""

    def view(self, batch: int, seed: int, exclude: Collection[str]) -> View:
        """Return this rank's shuffled batches, without the clips that have an excluded flag."""

    def groups(self, stage: str) -> list[ParameterGroup]:
        """Return the parameter groups that a stage trains; all other parameters are frozen."""

    def loss(self, batch: Batch) -> dict[str, torch.Tensor]:
        """Return scalars of a batch: `loss`, which is minimized, and others for the log."""

    def identity(self) -> Mapping[str, Any]:
        """Return the options and data on which a resumed run must agree, as JSON.

        `dataset` is the hash of the dataset, in a task that a command trains.
        """

    def contents(self) -> Mapping[str, Any]:
        """Return what a checkpoint needs in addition to the weights to be usable."""

    def watch(self, history: History) -> tuple[Record, list[str]]:
        """Return validation measures and alarms; `history` has at least one new step.

        Called on rank 0 only, without gradients, with the module in evaluation mode.
        """
