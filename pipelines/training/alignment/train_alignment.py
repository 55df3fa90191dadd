"""`motiondata align`: trains a point encoder contrastively with captions.

A captioner that starts with features that already distinguish motions has no reason to ignore them.
"""

import json
import sys
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import fmean
from typing import Any, TextIO

import torch

from motiondata.devices import AUTO
from motiondata.errors import InputError
from pipelines.clips.members import DETAILS
from pipelines.engine.reports import Report
from pipelines.engine.text_tables import table
from pipelines.training.alignment.alignment_model import Alignment
from pipelines.training.alignment.augmentation import augment
from pipelines.training.alignment.caption_pairs import CaptionPairs
from pipelines.training.alignment.contrastive_loss import contrastive_loss, wrong_pairs
from pipelines.training.alignment.options import AlignmentOptions
from pipelines.training.alignment.recall import RECALL_AT
from pipelines.training.alignment.retrieval import Retrieval, retrieve
from pipelines.training.common.clip_fields import (
    POINTS,
    VAL,
    batch_to_clips,
    captioned_keys,
    check_field,
    training_captions,
)
from pipelines.training.common.load_text_model import load_text_model
from pipelines.training.common.logs import History, Record
from pipelines.training.common.optimizer import ParameterGroup, seeded
from pipelines.training.common.options import LoopOptions, Stage
from pipelines.training.common.ranks import rank, world
from pipelines.training.common.run_training import TrainingRun, run_training
from pipelines.training.encoders.load_encoder import KIND, describe_encoder, make_encoder
from shards.format.paths import TRAIN
from shards.format.publishing import publish
from shards.stream.batching import Batch
from shards.stream.streamed_dataset import StreamedDataset
from shards.stream.views import View

REPORT_CLIPS = (VAL, "test")
"""Splits for which recall is reported, if they have captions."""
LEAST_BATCH = 2
"""A single clip has no captions of other clips as negatives."""
VALIDATION_CLIPS = 128
"""Maximum number of clips in a validation during training."""
CHANCE_FACTOR = 0.95
"""Share of the guessing loss above which nothing has been learned."""
PATIENCE = 200
"""Steps before such a loss is alarming: the demo reaches a quarter of the guessing loss by then."""
RECALL = "recall.json"


class AlignmentTask:
    """The training task of an alignment.

    `evaluated` has the keys of the captioned clips of each split for which recall is reported.
    """

    kind = KIND

    def __init__(
        self, data: StreamedDataset, options: AlignmentOptions, seed: int, device: torch.device
    ) -> None:
        check_field(data.dataset, POINTS)
        self.stages: Sequence[Stage] = (Stage("align", options.steps),)
        self._data, self._options = data, options
        keys = {split: captioned_keys(data, split) for split in REPORT_CLIPS}
        self.evaluated = {split: captioned for split, captioned in keys.items() if captioned}
        text = load_text_model(options.text_model, training_captions(data), seed)
        text.model.encoder.to(device)
        mean, std = data.standardizer(POINTS).tensors()
        self._mean = mean.to(device)
        with seeded(seed):
            encoder = make_encoder(options.encoder, options.sizes, mean, std)
            alignment = Alignment(encoder, text, options.shared_width, options.trains_text)
        self.module = alignment.to(device)

    def view(self, batch: int, seed: int, exclude: Collection[str] = ()) -> View:
        """Return batches of clips with one random caption each."""
        if batch < LEAST_BATCH:
            raise InputError(
                f"batch: expected at least {LEAST_BATCH} clips, because each is compared with the "
                f"captions of the others, found {batch}"
            )
        fields = [POINTS, DETAILS]
        return self._data.clips(
            TRAIN,
            fields,
            batch,
            shuffle=True,
            seed=seed,
            captions=True,
            drop_last=True,
            exclude=exclude,
            rank=rank(),
            world=world(),
        )

    def groups(self, stage: str) -> list[ParameterGroup]:  # noqa: ARG002
        """Return all parameters as one group."""
        return [ParameterGroup([*self.module.parameters()], self._options.rate)]

    def loss(self, batch: Batch) -> dict[str, torch.Tensor]:
        """Return the contrastive loss of a batch, and that of guessing (equal similarities)."""
        pairs, options = CaptionPairs.of(batch), self._options
        clips = batch_to_clips(batch, POINTS).random_windows(options.max_frames)
        clips = clips.every(options.frame_stride, clips.random_phases(options.frame_stride))
        points, mask = augment(clips.values, self._mean, options.augmentation), clips.mask
        right = pairs.right.to(points.device)
        wrong = wrong_pairs(right, pairs.texts)
        motions = self.module.embed_motions(points, mask)
        texts = self.module.embed_texts(pairs.texts)
        with torch.autocast(points.device.type, enabled=False):  # similarities need float32
            logits = motions @ texts.T * self.module.temperature()
            loss = contrastive_loss(logits, right, wrong)
        return {"loss": loss, "guessing": contrastive_loss(logits.detach() * 0, right, wrong)}

    def identity(self) -> Mapping[str, Any]:
        """Return the dataset and the options, without the steps, which the loop compares."""
        options = asdict(self._options)
        options["augmentation"] = self._options.augmentation.to_json()
        del options["steps"]
        return {"dataset": self._data.dataset.content_hash, **options}

    def contents(self) -> Mapping[str, Any]:
        """Return the description of the encoder."""
        options = self._options
        return describe_encoder(options.encoder, options.sizes, options.frame_stride)

    def watch(self, history: History) -> tuple[Record, list[str]]:
        """Return the recall of validation clips, and an alarm if the loss is that of guessing."""
        records = history.recent
        found = self.evaluate(VAL, VALIDATION_CLIPS).to_json() if VAL in self.evaluated else {}
        guessing = _mean(records, "guessing")  # 0 if all captions of each batch are alike
        share = _mean(records, "loss") / guessing if guessing else 0.0
        alarm = (
            f"the loss is {share:.0%} of the loss of guessing: motions are not matched to their "
            "captions; try a lower --rate, a larger --batch, or more --steps, and check that the "
            "captions describe the clips"
        )
        late = records[-1]["step"] >= PATIENCE
        return found, [alarm] if late and share > CHANCE_FACTOR else []

    def evaluate(self, split: str, limit: int | None = None) -> Retrieval:
        """Return the recall of an evaluated split, or of its first `limit` clips.

        This process computes it alone.
        """
        keys = self.evaluated[split][:limit]
        view = self._data.clips(
            split, [POINTS], batch=16, captions=True, keys=keys, rank=0, world=1
        )
        return retrieve(self.module, view, POINTS, self._options.frame_stride)


@dataclass(frozen=True)
class AlignmentReport(Report):
    """The result of an alignment."""

    run: TrainingRun
    recall: Mapping[str, Retrieval]
    """Recall by split, of the splits that were not trained on."""

    def lines(self) -> list[str]:
        """Return a table of the recall, and the path of the encoder."""
        rows = [row for split, found in self.recall.items() for row in found.rows(split)]
        header = ("recall (chance)", *(f"@{k}" for k in RECALL_AT), "")
        return [*table([header, *rows], numbers=True), f"the encoder is in {self.run.checkpoint}"]


def train_alignment(
    path: Path,
    out: Path,
    options: AlignmentOptions,
    loop: LoopOptions,
    device: str = AUTO,
    stream: TextIO = sys.stderr,
) -> AlignmentReport | None:
    """Train an encoder to the end, or resume an earlier run; return a report.

    `checkpoint.pt` in the folder is the input of `load_encoder`; `recall.json` has the recall that
    the report shows as a table. Only the first of several processes returns a report. Raises
    `InputError` or `ShardError` for wrong input, and `AbortedError` if the machine stops the
    training.
    """

    def make_task(data: StreamedDataset, chosen: torch.device) -> AlignmentTask:
        return AlignmentTask(data, options, loop.seed, chosen)

    return run_training(path, out, loop, device, stream, make_task, _report)


def _report(task: AlignmentTask, run: TrainingRun) -> AlignmentReport:
    """Measure the recall of the splits that were not trained on, and write it to `recall.json`."""
    found = {split: task.evaluate(split) for split in task.evaluated}
    document = {split: retrieval.to_json() for split, retrieval in found.items()}
    publish(run.checkpoint.with_name(RECALL), (json.dumps(document, indent=1) + "\n").encode())
    return AlignmentReport(run, found)


def _mean(records: Sequence[Record], name: str) -> float:
    return fmean(record[name] for record in records)
