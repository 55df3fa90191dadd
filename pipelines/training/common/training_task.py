"""What is trained, as the loop sees it: a module, its loss, its stages, its data.

A protocol, not a base class: a training is written without the loop, and tested without it.
"""

from collections.abc import Mapping, Sequence
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
    """How far a training is."""

    stage: int = 0
    """Its number; that of the stages when all are done."""
    step: int = 0
    """Steps done of the stage."""
    total: int = 0
    """Steps done of all stages."""

    def after_step(self, stage: Stage) -> "TrainingPosition":
        """Return the position after a step of a stage; behind its last one begins the next."""
        total = self.total + 1
        if self.step + 1 == stage.steps:
            return TrainingPosition(self.stage + 1, 0, total)
        return TrainingPosition(self.stage, self.step + 1, total)


class TrainingTask(Protocol):
    """What is trained, and on what."""

    @property
    def kind(self) -> str:
        """The kind of its checkpoints."""

    @property
    def module(self) -> nn.Module:
        """What is trained, on its device."""

    @property
    def stages(self) -> Sequence[Stage]:
        """The stages in their order."""

    def view(self, batch: int, seed: int) -> View:
        """Return this rank's shuffled batches."""

    def groups(self, stage: str) -> list[ParameterGroup]:
        """Return the parameters that a stage trains; the others are frozen."""

    def loss(self, batch: Batch) -> dict[str, torch.Tensor]:
        """Return scalars of a batch: `loss`, which is minimised, and others for the log."""

    def identity(self) -> Mapping[str, Any]:
        """Return what a run that goes on must agree on: options and data, as JSON."""

    def contents(self) -> Mapping[str, Any]:
        """Return what a checkpoint needs beside the weights so that it can be used."""

    def watch(self, history: History) -> tuple[Record, list[str]]:
        """Return measures of how it goes, and alarms, given the steps before, at least one new.

        It is called on the first rank alone, without gradients, the module in evaluation.
        """
