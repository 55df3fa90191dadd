"""`motiondata train-matcher`: trains a matcher of motion features and captions."""

import sys
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any, TextIO

import torch

from motiondata.devices import AUTO
from pipelines.training.alignment.alignment_model import Alignment
from pipelines.training.alignment.contrastive_task import ContrastiveTask
from pipelines.training.alignment.recall_report import RecallReport
from pipelines.training.common.clip_fields import PaddedClips, batch_to_clips, training_captions
from pipelines.training.common.load_text_model import load_text_model
from pipelines.training.common.optimizer import seeded
from pipelines.training.common.options import LoopOptions, Stage
from pipelines.training.common.run_training import run_training
from pipelines.training.matching.load_matcher import KIND, describe_matcher
from pipelines.training.matching.motion_encoder import MotionEncoder
from pipelines.training.matching.options import MatcherOptions
from pipelines.training.motion_fields import FIELD, MotionFields, frame_rate
from pipelines.training.text_encoders.text_encoder import T5TextEncoder
from shards.format.paths import TRAIN
from shards.format.places import Place
from shards.stream.batching import Batch
from shards.stream.streamed_dataset import StreamedDataset


class MatcherTask(ContrastiveTask):
    """The training task of a matcher."""

    kind = KIND
    field = FIELD

    def __init__(
        self, data: StreamedDataset, options: MatcherOptions, seed: int, device: torch.device
    ) -> None:
        self._fields = MotionFields.of(data.dataset)
        self._text = load_text_model(options.text_model, training_captions(data), seed)
        self._fps, self._options = frame_rate(data), options
        standardizer = data.standardizer(FIELD, TRAIN, rule=self._fields.std_rule)
        with seeded(seed):
            encoder = MotionEncoder(options.sizes, *standardizer.tensors())
            text, width = T5TextEncoder(self._text), options.sizes.shared_width
            module = Alignment(encoder, text, width, trains_text=True)
        stage = Stage("match", options.steps)
        super().__init__(data, stage, options.rate, stride=1, module=module.to(device))

    def training_clips(self, batch: Batch) -> PaddedClips:
        """Return random windows of at most `max_frames`."""
        return batch_to_clips(batch, FIELD).random_windows(self._options.max_frames)

    def identity(self) -> Mapping[str, Any]:
        """Return the dataset and the options, without the steps, which the loop compares."""
        options = asdict(self._options)
        del options["steps"]
        return {"dataset": self.data.dataset.content_hash, **options}

    def contents(self) -> Mapping[str, Any]:
        """Return the description of the matcher."""
        return describe_matcher(self._options.sizes, self._text, self._fields, self._fps)


class MatcherReport(RecallReport):
    """The result of a training of a matcher."""

    trained = "matcher"


def train_matcher(
    path: Place,
    out: Path,
    options: MatcherOptions,
    loop: LoopOptions,
    device: str = AUTO,
    stream: TextIO = sys.stderr,
) -> MatcherReport | None:
    """Train a matcher to the end, or resume an earlier run; return a report.

    `checkpoint.pt` in the folder is the input of `load_matcher`; `recall.json` has the recall that
    the report shows as a table. Only the first of several processes returns a report. Raises
    `InputError` or `ShardError` for wrong input, and `AbortedError` if the machine stops the
    training.
    """

    def make_task(data: StreamedDataset, chosen: torch.device) -> MatcherTask:
        return MatcherTask(data, options, loop.seed, chosen)

    return run_training(path, out, loop, device, stream, make_task, MatcherReport.of)
