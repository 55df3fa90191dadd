"""`motiondata train-pair-matcher`: trains a matcher of pairs of poses and texts."""

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
from pipelines.training.pose_editing.load_pair_matcher import KIND, describe_pair_matcher
from pipelines.training.pose_editing.options import PairMatcherOptions
from pipelines.training.pose_editing.pair_vectors import PairVectors
from pipelines.training.pose_editing.pose_features import PoseFeatures
from pipelines.training.pose_pairs.read_pairs import FIELD, expect_pose_pairs, read_pose_pairs
from pipelines.training.text_encoders.text_encoder import T5TextEncoder
from shards.format.paths import TRAIN
from shards.format.places import Place
from shards.stream.batching import Batch
from shards.stream.streamed_dataset import StreamedDataset


class PairMatcherTask(ContrastiveTask):
    """The training task of a matcher of pairs."""

    kind = KIND
    field = FIELD

    def __init__(
        self, data: StreamedDataset, options: PairMatcherOptions, seed: int, device: torch.device
    ) -> None:
        expect_pose_pairs(data.dataset)
        self._text = load_text_model(options.text_model, training_captions(data), seed)
        self._options = options
        rotations = read_pose_pairs(data, TRAIN).rotations
        with seeded(seed):
            encoder = PairVectors(options.sizes, PoseFeatures.of(rotations.flatten(0, 1)))
            text, width = T5TextEncoder(self._text), options.sizes.shared_width
            module = Alignment(encoder, text, width, trains_text=True)
        stage = Stage("match", options.steps)
        super().__init__(data, stage, options.rate, stride=1, module=module.to(device))

    def training_clips(self, batch: Batch) -> PaddedClips:
        """Return both poses of each pair."""
        return batch_to_clips(batch, FIELD)

    def identity(self) -> Mapping[str, Any]:
        """Return the dataset and the options, without the steps, which the loop compares."""
        options = asdict(self._options)
        del options["steps"]
        return {"dataset": self.data.dataset.content_hash, **options}

    def contents(self) -> Mapping[str, Any]:
        """Return the description of the matcher."""
        return describe_pair_matcher(self._options.sizes, self._text)


class PairMatcherReport(RecallReport):
    """The result of a training of a matcher of pairs."""

    trained = "pair matcher"


def train_pair_matcher(
    path: Place,
    out: Path,
    options: PairMatcherOptions,
    loop: LoopOptions,
    device: str = AUTO,
    stream: TextIO = sys.stderr,
) -> PairMatcherReport | None:
    """Train a matcher of pairs to the end, or resume an earlier run; return a report.

    `checkpoint.pt` in the folder is the input of `load_pair_matcher`; `recall.json` has the recall
    that the report shows as a table. Only the first of several processes returns a report. Raises
    `InputError` or `ShardError` for wrong input, and `AbortedError` if the machine stops the
    training.
    """

    def make_task(data: StreamedDataset, chosen: torch.device) -> PairMatcherTask:
        return PairMatcherTask(data, options, loop.seed, chosen)

    return run_training(path, out, loop, device, stream, make_task, PairMatcherReport.of)
