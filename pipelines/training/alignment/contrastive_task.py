"""What trainings of motions with captions share: batches, the loss, validation, the recall.

A clip is compared with all captions of the batch. `ContrastiveTask` is completed by what reads the
clips and by the modules.
"""

from abc import ABC, abstractmethod
from collections.abc import Collection, Mapping, Sequence
from statistics import fmean
from typing import Any

import torch
from torch import Tensor

from motiondata.errors import InputError
from pipelines.clips.members import DETAILS
from pipelines.training.alignment.alignment_model import Alignment
from pipelines.training.alignment.caption_pairs import CaptionPairs
from pipelines.training.alignment.contrastive_loss import (
    contrastive_loss,
    near_duplicates,
    wrong_pairs,
)
from pipelines.training.alignment.retrieval import Retrieval, retrieve
from pipelines.training.common.clip_fields import VAL, PaddedClips, captioned_keys
from pipelines.training.common.logs import History, Record
from pipelines.training.common.optimizer import ParameterGroup
from pipelines.training.common.options import Stage
from pipelines.training.common.training_split import captioned_clips
from shards.stream.batching import Batch
from shards.stream.streamed_dataset import StreamedDataset
from shards.stream.views import View

REPORT_SPLITS = (VAL, "test")
"""Splits for which recall is reported, if they have captions."""
LEAST_BATCH = 2
"""A single clip has no captions of other clips as negatives."""
VALIDATION_CLIPS = 128
"""Maximum number of clips in a validation during training."""
CHANCE_FACTOR = 0.95
"""Share of the guessing loss above which nothing has been learned."""
PATIENCE = 200
"""Steps before such a loss is alarming: the demo reaches a quarter of the guessing loss by then."""


class ContrastiveTask(ABC):
    """A training task that matches motions with captions.

    `evaluated` has the keys of the captioned clips of each split for which recall is reported.
    """

    kind: str
    field: str
    """Field that has the motion."""

    def __init__(
        self, data: StreamedDataset, stage: Stage, rate: float, stride: int, module: Alignment
    ) -> None:
        self.stages: Sequence[Stage] = (stage,)
        self.module = module
        self.data = data
        keys = {split: captioned_keys(data, split) for split in REPORT_SPLITS}
        self.evaluated = {split: captioned for split, captioned in keys.items() if captioned}
        self._rate, self._stride = rate, stride

    @abstractmethod
    def training_clips(self, batch: Batch) -> PaddedClips:
        """Return the frames of a batch that a step trains on."""

    @abstractmethod
    def identity(self) -> Mapping[str, Any]:
        """Return the options and data on which a resumed run must agree, as JSON."""

    @abstractmethod
    def contents(self) -> Mapping[str, Any]:
        """Return what a checkpoint needs in addition to the weights to be usable."""

    def near(self, texts: Sequence[str], encoded: Tensor) -> Tensor:  # noqa: ARG002
        """Return which texts are nearly the same, and so not negatives, shaped (texts, texts).

        `encoded` has the vectors of the text encoder, shaped (texts, width).
        """
        return near_duplicates(texts)

    def view(self, batch: int, seed: int, exclude: Collection[str] = ()) -> View:
        """Return batches of clips with one random caption each."""
        if batch < LEAST_BATCH:
            raise InputError(
                f"batch: expected at least {LEAST_BATCH} clips, because each is compared with the "
                f"captions of the others, found {batch}"
            )
        fields = [self.field, DETAILS]
        return captioned_clips(self.data, fields, batch, seed, exclude)

    def groups(self, stage: str) -> list[ParameterGroup]:  # noqa: ARG002
        """Return all parameters as one group."""
        return [ParameterGroup([*self.module.parameters()], self._rate)]

    def loss(self, batch: Batch) -> dict[str, torch.Tensor]:
        """Return the contrastive loss of a batch, and that of guessing (equal similarities)."""
        pairs = CaptionPairs.of(batch)
        clips = self.training_clips(batch)
        right = pairs.right.to(clips.values.device)
        encoded = self.module.encode_texts(pairs.texts)
        wrong = wrong_pairs(right, self.near(pairs.texts, encoded).to(right.device))
        motions = self.module.embed_motions(clips.values, clips.mask)
        texts = self.module.embed_encoded(encoded)
        with torch.autocast(motions.device.type, enabled=False):  # similarities need float32
            logits = motions @ texts.T * self.module.temperature()
            loss = contrastive_loss(logits, right, wrong)
        return {"loss": loss, "guessing": contrastive_loss(logits.detach() * 0, right, wrong)}

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
        view = self.data.clips(
            split, [self.field], batch=16, captions=True, keys=keys, rank=0, world=1
        )
        return retrieve(self.module, view, self.field, self._stride)


def _mean(records: Sequence[Record], name: str) -> float:
    return fmean(record[name] for record in records)
