"""The training loop of all tasks, resumable from any checkpoint.

A task defines what is trained and on which data; the loop defines how. SIGINT and SIGTERM stop it
after a whole step and a checkpoint. A training killed in another way resumes at its last checkpoint
and repeats the steps since then, bit for bit on the same machine with the same number of threads.
"""

import sys
from collections.abc import Iterator, Mapping
from io import StringIO
from math import isfinite
from pathlib import Path
from time import monotonic
from typing import Any, TextIO

import torch
from torch import nn
from torch.nn.parallel import DistributedDataParallel

from motiondata.devices import CUDA
from motiondata.errors import InputError
from pipelines.engine.progress import Progress
from pipelines.training.common.change_steps import can_be_extended
from pipelines.training.common.command_line import record_command_line
from pipelines.training.common.curves import scalars_of
from pipelines.training.common.interrupts import deferred_interrupts
from pipelines.training.common.logs import ALARMS, WATCH, Log, Record, logging_to
from pipelines.training.common.optimizer import (
    autocast,
    freeze_others,
    make_optimizer,
    optimizer_step,
    rate_factor,
    restore_optimizer,
    seed_step,
    set_rates,
)
from pipelines.training.common.options import LoopOptions, Stage
from pipelines.training.common.ranks import any_of_ranks, mean_of_ranks, rank, world
from pipelines.training.common.training_checkpoint import CHECKPOINT, TrainingCheckpoint
from pipelines.training.common.training_task import TrainingPosition, TrainingTask
from shards.format.publishing import remove_temporaries
from shards.stream.batching import Batch
from shards.stream.loader import Loader
from shards.stream.views import View


def train(task: TrainingTask, options: LoopOptions, out: Path, stream: TextIO = sys.stderr) -> None:
    """Train to the end of the last stage; resume if an earlier run in the folder was stopped.

    The result is `checkpoint.pt` in the folder; `log.jsonl` has the log of its steps, and
    `options.json` the options of the command line, if one began the training. Raises `InputError`
    if the folder has another training's checkpoint, if there are too few clips for a batch, or if
    the gradient is not finite, and `KeyboardInterrupt` when stopped.
    """
    first = rank() == 0
    view = _view(task, options)  # raises before a log is written
    with logging_to(out, first, options.tensorboard) as log, deferred_interrupts() as stop:
        run = _Run(task, view, options, out, log)
        run.resume()
        if first:
            remove_temporaries(out, subfolders=False)  # what a killed run left half-written
            record_command_line(out, options.command_line, task.identity())
        steps = sum(stage.steps for stage in task.stages)
        shown = stream if first else StringIO()
        with Progress(steps, run.position.total, shown, "steps") as progress:
            while not run.done:
                run.finish_stage(progress, stop)


def _view(task: TrainingTask, options: LoopOptions) -> View:
    """Return the batches; raise `InputError` if there are too few clips for one batch."""
    view = task.view(options.batch, options.seed, options.exclude)
    if not len(view):
        raise InputError(
            f"batch: expected no more than the {view.items} clips to train on, found "
            f"{options.batch} per process, processes: {world()}; choose a smaller --batch"
        )
    return view


class _Losses(nn.Module):
    """A task's loss as the forward of a module, which `DistributedDataParallel` needs."""

    def __init__(self, task: TrainingTask) -> None:
        super().__init__()
        self.trained = task.module
        self._loss = task.loss

    def forward(self, batch: Batch) -> dict[str, torch.Tensor]:
        """Return the scalars of a batch."""
        return self._loss(batch)


class _Run:
    """A running training."""

    def __init__(
        self, task: TrainingTask, view: View, options: LoopOptions, out: Path, log: Log
    ) -> None:
        self.position = TrainingPosition()
        self._task, self._options, self._log = task, options, log
        self._device = next(task.module.parameters()).device
        self._loader = Loader(view, options.workers, pin_memory=self._device.type == CUDA)
        self._batches = _endless(self._loader)
        self._checkpoint = TrainingCheckpoint(out / CHECKPOINT, task, options, self._loader)
        self._optimizer_state: Mapping[str, Any] | None = None

    @property
    def done(self) -> bool:
        """Return whether the last step of the last stage is done."""
        return self.position.stage == len(self._task.stages)

    def resume(self) -> None:
        """Restore the state of an earlier run, if there is one."""
        self.position, self._optimizer_state = self._checkpoint.restore()
        self._log.cut(self.position.total)

    def finish_stage(self, progress: Progress, stop: list[int]) -> None:
        """Run the remaining steps of the current stage."""
        number, stage = self.position.stage, self._task.stages[self.position.stage]
        optimizer, losses = self._begin(stage)
        while self.position.stage == number:
            record = self._step(stage, optimizer, losses)
            self._note(record, progress)
            stopped = any_of_ranks(bool(stop), self._device)
            ended = self.position.stage != number
            if ended or stopped or self.position.total % self._options.save_every == 0:
                self._save(optimizer if self._needs_optimizer(stage, ended) else None)
            if stopped:
                raise KeyboardInterrupt

    def _begin(self, stage: Stage) -> tuple[torch.optim.AdamW, nn.Module]:
        groups = self._task.groups(stage.name)
        freeze_others(self._task.module, groups)
        optimizer = make_optimizer(groups, self._options.optimizer)
        if self._optimizer_state is not None:
            with self._checkpoint.reading_contents():
                restore_optimizer(optimizer, self._optimizer_state)
            self._optimizer_state = None
        losses = _Losses(self._task)
        return optimizer, losses if world() == 1 else DistributedDataParallel(losses)

    def _step(self, stage: Stage, optimizer: torch.optim.AdamW, losses: nn.Module) -> Record:
        started, options = monotonic(), self._options.optimizer
        set_rates(optimizer, rate_factor(self.position.step, stage.steps, options))
        batch = _to_device(next(self._batches), self._device)
        self._task.module.train()
        seed_step(self._options.seed, self.position.total, rank())  # starting a loader draws too
        with autocast(self._device, options.precision):
            scalars = losses(batch)
        norm = optimizer_step(optimizer, scalars["loss"], options.clip)
        self.position = self.position.after_step(stage)
        rates = [group["lr"] for group in optimizer.param_groups]
        record = self._record(stage, scalars, norm, rates)
        return _expect_finite({**record, "seconds": round(monotonic() - started, 4)})

    def _record(
        self, stage: Stage, scalars: Mapping[str, torch.Tensor], norm: float, rates: list[float]
    ) -> Record:
        """Return the record of the step just done; its scalars are means over the ranks."""
        values = mean_of_ranks(torch.stack([*scalars.values()]).detach().float()).tolist()
        return {
            "step": self.position.total,
            "stage": stage.name,
            "epoch": self._loader.view.state_dict()["epoch"],
            **dict(zip(scalars, values, strict=True)),
            "gradient_norm": norm,
            "rates": rates,
        }

    def _note(self, record: Record, progress: Progress) -> None:
        self._log.write(record)
        progress.advance(1)
        due = self.position.total % self._options.watch_every == 0
        if rank() == 0 and (due or self.done):
            self._watch(progress)

    def _watch(self, progress: Progress) -> None:
        self._task.module.eval()
        with torch.no_grad(), autocast(self._device, self._options.optimizer.precision):
            measures, alarms = self._task.watch(self._log.history)
        alarms = [*alarms, *_number_alarms(measures)]
        self._log.write({"step": self.position.total, WATCH: measures, ALARMS: alarms})
        for alarm in alarms:
            progress.say(f"step {self.position.total}: {alarm}")

    def _needs_optimizer(self, stage: Stage, ended: bool) -> bool:
        """Return whether the optimizer's state is needed to resume or to extend a training."""
        return not ended or (self.done and can_be_extended(stage, self._options.optimizer))

    def _save(self, optimizer: torch.optim.AdamW | None) -> None:
        if rank() == 0:
            self._checkpoint.save(self.position, optimizer)


def _endless(loader: Loader) -> Iterator[Batch]:
    while True:
        yield from loader


def _to_device(batch: Batch, device: torch.device) -> Batch:
    return {
        name: value.to(device, non_blocking=True) if isinstance(value, torch.Tensor) else value
        for name, value in batch.items()
    }


def _number_alarms(measures: Record) -> list[str]:
    """Return an alarm if measures of a validation are NaN or infinite: comparisons miss these."""
    numbers = scalars_of({WATCH: measures})
    broken = [name.removeprefix(f"{WATCH}/") for name in numbers if not isfinite(numbers[name])]
    if not broken:
        return []
    return [
        f"expected finite measures, found NaN or infinity in {', '.join(broken)}; train again with "
        "lower learning rates in another folder"
    ]


def _expect_finite(record: Record) -> Record:
    if not isfinite(record["gradient_norm"]):
        raise InputError(
            f"step {record['step']}: the gradient is {record['gradient_norm']}, the loss "
            f"{record['loss']:g} at the learning rates {record['rates']}; train again with "
            "lower learning rates in another folder"
        )
    return record
