"""A run of a training from its dataset to its report, the same for all trainings."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO, TypeVar

import torch

from pipelines.engine.errors import os_errors_as_aborted
from pipelines.engine.output_path import expect_no_dataset
from pipelines.training.common.logs import LOG, read_log
from pipelines.training.common.loop import train
from pipelines.training.common.options import LoopOptions
from pipelines.training.common.ranks import choose_device, process_group, rank
from pipelines.training.common.training_checkpoint import CHECKPOINT
from pipelines.training.common.training_task import TrainingTask
from shards import open_dataset
from shards.format.places import Place
from shards.stream.streamed_dataset import StreamedDataset

T = TypeVar("T", bound=TrainingTask)
R = TypeVar("R")


@dataclass(frozen=True)
class TrainingRun:
    """What every training reports."""

    checkpoint: Path
    log: Path
    steps: int
    """Number of steps, including those of earlier runs."""

    @classmethod
    def of(cls, out: Path) -> "TrainingRun":
        """Return the run in a folder."""
        steps = sum("loss" in record for record in read_log(out))
        return cls(out / CHECKPOINT, out / LOG, steps)


def run_training(
    dataset: Place,
    out: Path,
    loop: LoopOptions,
    device: str,
    stream: TextIO,
    make_task: Callable[[StreamedDataset, torch.device], T],
    report: Callable[[T, TrainingRun], R],
) -> R | None:
    """Train to the end, or resume an earlier run, and return the report.

    `report` makes it from the trained task and its run. Only the first of several processes returns
    a report; the others return None.
    """
    expect_no_dataset(out)  # before a task writes there
    data = open_dataset(dataset)
    chosen = choose_device(device)
    with os_errors_as_aborted(out), process_group(chosen):
        task = make_task(data, chosen)
        train(task, loop, out, stream)
        return report(task, TrainingRun.of(out)) if rank() == 0 else None
