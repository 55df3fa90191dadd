"""`motiondata train-pose-editor`: trains a model that edits a pose as a text asks."""

import sys
from pathlib import Path
from typing import TextIO

import torch

from motiondata.devices import AUTO
from pipelines.training.common.options import LoopOptions
from pipelines.training.common.run_training import run_training
from pipelines.training.pose_editing.editing_report import EditingReport
from pipelines.training.pose_editing.editor_task import EditorTask
from pipelines.training.pose_editing.options import EditorOptions
from pipelines.training.text_encoders.known_texts import FILE
from shards.format.places import Place
from shards.stream.streamed_dataset import StreamedDataset


def train_pose_editor(
    path: Place,
    out: Path,
    options: EditorOptions,
    loop: LoopOptions,
    device: str = AUTO,
    stream: TextIO = sys.stderr,
) -> EditingReport | None:
    """Train a pose editor to the end, or resume an earlier run; return a report.

    `checkpoint.pt` in the folder is the input of `load_pose_editor`; `editing.json` has the
    measures that the report shows as a table. Only the first of several processes returns a report.
    Raises `InputError` or `ShardError` for wrong input, and `AbortedError` if the machine stops the
    training.
    """

    def make_task(data: StreamedDataset, chosen: torch.device) -> EditorTask:
        return EditorTask(data, options, loop.seed, chosen, out / FILE, stream)

    return run_training(path, out, loop, device, stream, make_task, EditingReport.of)
