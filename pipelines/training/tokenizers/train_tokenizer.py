"""`motiondata train-tokenizer`: trains a motion tokenizer on a dataset of motion features."""

import json
import sys
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import asdict
from itertools import islice
from pathlib import Path
from typing import Any, TextIO

import numpy as np
import torch

from motiondata.devices import AUTO
from motiondata.errors import InputError
from motiondata.representations.feature_groups import FEATURE_GROUPS
from pipelines.engine.reports import to_plain
from pipelines.training.common.clip_fields import VAL
from pipelines.training.common.logs import History, Record
from pipelines.training.common.optimizer import ParameterGroup, seeded
from pipelines.training.common.options import LoopOptions, Stage
from pipelines.training.common.ranks import rank, world
from pipelines.training.common.run_training import TrainingRun, run_training
from pipelines.training.common.training_split import expect_training_split
from pipelines.training.motion_fields import FIELD, MotionFields, frame_rate
from pipelines.training.tokenizers.alarms import alarms
from pipelines.training.tokenizers.load_tokenizer import (
    KIND,
    LoadedTokenizer,
    as_loaded,
    describe_tokenizer,
)
from pipelines.training.tokenizers.motion_tokenizer import (
    MotionTokenizer,
    heading_loss,
    reconstruction_loss,
)
from pipelines.training.tokenizers.options import TokenizerOptions
from pipelines.training.tokenizers.quantizers import draw_stages
from pipelines.training.tokenizers.reconstruction import Comparison, Features, TokenizerMeasures
from pipelines.training.tokenizers.tokenizer_report import TokenizerReport
from shards.format.paths import TRAIN
from shards.format.places import Place
from shards.format.publishing import publish
from shards.stream.batching import Batch
from shards.stream.streamed_dataset import StreamedDataset
from shards.stream.views import View

REPORT_SPLITS = (VAL, "test")
"""Splits whose reconstruction is reported, if they exist."""
VALIDATION_CLIPS = 64
"""Maximum number of clips in a validation during training."""
MEASURES = "reconstruction.json"
YAW = "root_yaw_velocity"
"""Group of features whose sum over frames is the heading."""


class TokenizerTask:
    """The training task of a tokenizer."""

    kind = KIND

    def __init__(
        self, data: StreamedDataset, options: TokenizerOptions, seed: int, device: torch.device
    ) -> None:
        expect_training_split(data.dataset)
        self.fields = MotionFields.of(data.dataset)
        self.stages: Sequence[Stage] = (Stage("tokenize", options.steps),)
        self.splits = [split for split in REPORT_SPLITS if split in data.dataset.description.splits]
        if options.heading_weight and YAW not in FEATURE_GROUPS[self.fields.std_rule]:
            raise InputError(
                f"heading_weight: expected 0 for {self.fields.representation}, whose headings are "
                f"no sums of a column, found {options.heading_weight:g}"
            )
        self._data, self._options = data, options
        standardizer = data.standardizer(FIELD, TRAIN, rule=self.fields.std_rule)
        self._comparison = Comparison(self.fields, standardizer.mean, standardizer.std)
        self._fps = frame_rate(data)
        with seeded(seed):
            self.module = MotionTokenizer(options.sizes, *standardizer.tensors()).to(device)

    def view(self, batch: int, seed: int, exclude: Collection[str] = ()) -> View:
        """Return windows of the training clips, as many of each clip as it has room for.

        Raises `ShardError` if no clip is as long as a window.
        """
        window = self._options.window
        return self._data.windows(
            TRAIN,
            FIELD,
            window,
            batch,
            shuffle=True,
            seed=seed,
            sampling="frame",
            min_frames=window,
            drop_last=True,
            exclude=exclude,
            rank=rank(),
            world=world(),
        )

    def groups(self, stage: str) -> list[ParameterGroup]:  # noqa: ARG002
        """Return all parameters as one group."""
        return [ParameterGroup([*self.module.parameters()], self._options.rate)]

    def loss(self, batch: Batch) -> dict[str, torch.Tensor]:
        """Return the loss of a batch of windows, and its parts."""
        features = torch.as_tensor(batch[FIELD]).float()
        options = self._options
        found = self.module(features, self._kept_stages(len(features)))
        parts = {
            "reconstruction": reconstruction_loss(found),
            options.emphasis: reconstruction_loss(
                found, self.fields.columns(f"joint_{options.emphasis}")
            ),
            "commitment": found.quantized.commitment,
        }
        weights = [1.0, options.emphasis_weight, options.commitment]
        if options.heading_weight:
            parts["heading"] = heading_loss(found, self.fields.columns(YAW))
            weights.append(options.heading_weight)
        loss = sum(weight * part for weight, part in zip(weights, parts.values(), strict=True))
        return {"loss": torch.as_tensor(loss), **parts}

    def _kept_stages(self, clips: int) -> torch.Tensor | None:
        """Return the number of stages of each clip that are decoded; None without stages."""
        options = self._options
        if options.sizes.residual == 1:
            return None
        drawn = draw_stages(clips, options.sizes.residual, options.stage_dropout)
        return drawn.to(self.module.mean.device)

    def identity(self) -> Mapping[str, Any]:
        """Return the dataset and the options, without the steps, which the loop compares.

        Options that an earlier version lacks are left out, or None, where they change nothing, so
        that its trainings go on.
        """
        options = {**asdict(self._options), "heading_weight": self._options.heading_weight or None}
        del options["steps"]
        if self._options.sizes.residual == 1:
            del options["stage_dropout"], options["sizes"]["residual"]
        return {"dataset": self._data.dataset.content_hash, **options}

    def contents(self) -> Mapping[str, Any]:
        """Return the description of the tokenizer."""
        return describe_tokenizer(self._options.sizes, self.fields, self._fps)

    def watch(self, history: History) -> tuple[Record, list[str]]:
        """Return the measures of validation clips, and alarms if the tokenizer collapses."""
        split = self.splits[0] if self.splits else TRAIN
        measures = self.evaluate(split, VALIDATION_CLIPS)
        record = {
            **asdict(measures.tokenizer),
            "used_codes": measures.use.used,
            "perplexity": measures.use.perplexity,
            **_stage_records(measures),
        }
        return record, alarms(measures, history.watched)

    def evaluate(self, split: str, limit: int | None = None) -> TokenizerMeasures:
        """Return the measures of a split, or of its first `limit` clips, then not of each stage.

        This process computes them alone.
        """
        tokenizer = self._loaded()
        return self._comparison.measure_tokenizer(
            self._clips(split, limit),
            tokenizer.tokenize,
            tokenizer.detokenize,
            tokenizer.codes,
            each_stage=limit is None,
        )

    def _loaded(self) -> LoadedTokenizer:
        return as_loaded(self.module, self.contents(), self.module.state_dict())

    def _clips(self, split: str, limit: int | None) -> Iterator[Features]:
        view = self._data.clips(split, [FIELD], 1, rank=0, world=1)
        for batch in islice(view, limit):
            yield np.asarray(batch[FIELD][0], np.float32)


def train_tokenizer(
    path: Place,
    out: Path,
    options: TokenizerOptions,
    loop: LoopOptions,
    device: str = AUTO,
    stream: TextIO = sys.stderr,
) -> TokenizerReport | None:
    """Train a tokenizer to the end, or resume an earlier run; return a report.

    `checkpoint.pt` in the folder is the input of `load_tokenizer`; `reconstruction.json` has the
    measures that the report shows as a table. Only the first of several processes returns a report.
    Raises `InputError` or `ShardError` for wrong input, and `AbortedError` if the machine stops the
    training.
    """

    def make_task(data: StreamedDataset, chosen: torch.device) -> TokenizerTask:
        return TokenizerTask(data, options, loop.seed, chosen)

    return run_training(path, out, loop, device, stream, make_task, _report)


def _report(task: TokenizerTask, run: TrainingRun) -> TokenizerReport:
    """Measure the splits that were not trained on, and write `reconstruction.json`."""
    task.module.eval()
    found = {split: task.evaluate(split) for split in task.splits}
    document = json.dumps(to_plain(found), indent=1) + "\n"
    publish(run.checkpoint.with_name(MEASURES), document.encode())
    sizes = task.module.sizes
    counts = sizes.number_of_codes, sizes.frames_per_token, sizes.residual
    return TokenizerReport(run, *counts, found)


def _stage_records(measures: TokenizerMeasures) -> Record:
    """Return what a validation logs of stages, by their numbers, if there are some."""
    return {
        f"stage_{number}": {
            "used_codes": each.use.used,
            "perplexity": each.use.perplexity,
        }
        for number, each in enumerate(measures.stages, 1)
    }
