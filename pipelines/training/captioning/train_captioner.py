"""Train a captioner: from a dataset of features, points, tokens or pose pairs to a checkpoint."""

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

import torch

from motiondata.counting import counted
from motiondata.devices import AUTO
from pipelines.engine.reports import Report
from pipelines.training.captioning.alarms import Measures
from pipelines.training.captioning.captioner_task import CaptionerTask
from pipelines.training.captioning.options import CaptionerTrainingOptions
from pipelines.training.common.logs import WATCH, read_log
from pipelines.training.common.options import LoopOptions
from pipelines.training.common.run_training import TrainingRun, run_training
from shards.format.places import Place
from shards.stream.streamed_dataset import StreamedDataset


@dataclass(frozen=True)
class CaptionerReport(Report):
    """The result of a training of a captioner."""

    run: TrainingRun
    validation: Measures | None
    """The last measures of a few clips of `val`; None before the first validation."""

    def lines(self) -> list[str]:
        """Return the number of steps, the last validation, and the path of the captioner."""
        lines = [f"{counted(self.run.steps, 'step')}; the log is in {self.run.log}"]
        if (found := self.validation) is not None:
            lines.append(
                f"{found.different}; loss {found.matched_loss:.3f}, with another clip's "
                f"features {found.shuffled_loss:.3f}"
            )
        return [*lines, f"the captioner is in {self.run.checkpoint}"]


def train_captioner(
    dataset: Place,
    out: Path,
    options: CaptionerTrainingOptions,
    loop: LoopOptions,
    device: str = AUTO,
    stream: TextIO = sys.stderr,
) -> CaptionerReport | None:
    """Train a captioner to the end, or resume an earlier run; return a report.

    Only the first of several processes returns a report.
    """

    def make_task(data: StreamedDataset, chosen: torch.device) -> CaptionerTask:
        return CaptionerTask(data, options, loop.seed, chosen)

    return run_training(dataset, out, loop, device, stream, make_task, lambda _, run: _report(run))


def _report(run: TrainingRun) -> CaptionerReport:
    records = read_log(run.log.parent)
    found = [Measures(**record[WATCH]) for record in records if WATCH in record]
    return CaptionerReport(run, found[-1] if found else None)
