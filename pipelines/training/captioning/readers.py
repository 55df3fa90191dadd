"""Models that caption clips, whatever they read: features, points, or motion tokens.

A checkpoint states its kind, and the kind decides how clips are read.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import torch

from motiondata.errors import InputError
from pipelines.training.captioning.captioner import KIND as CAPTIONER
from pipelines.training.captioning.captioner import LoadedCaptioner, restore_captioner
from pipelines.training.common.checkpoints import read_checkpoint
from pipelines.training.common.clip_fields import (
    PaddedClips,
    batch_to_clips,
    check_field,
    encoder_of,
)
from pipelines.training.common.decoding import Decoding
from pipelines.training.common.ranks import choose_device
from pipelines.training.language.instructions import Sample, read_tasks
from pipelines.training.language.load_language import KIND as LANGUAGE
from pipelines.training.language.load_language import LoadedLanguage, restore_language
from pipelines.training.language.measures import CAPTIONING
from pipelines.training.language.token_clips import FIELDS
from shards.format.dataset import Dataset
from shards.stream.batching import Batch


class ClipReader(Protocol):
    """A model that captions clips of a dataset."""

    @property
    def fields(self) -> list[str]:
        """Fields of the dataset that it reads."""

    def captions(self, batch: Batch, decoding: Decoding) -> list[str]:
        """Return one caption per clip of a batch."""

    def losses(self, batch: Batch) -> tuple[float, float]:
        """Return the loss with each clip's own motion, and with another clip's."""


def open_reader(dataset: Dataset, checkpoint: Path, device: str) -> ClipReader:
    """Return the model of a checkpoint, on a device, for a dataset that it can read.

    Raises `InputError` or `ShardError` for another checkpoint or a dataset that does not fit.
    """
    state, chosen = read_checkpoint(checkpoint, CAPTIONER, LANGUAGE), choose_device(device)
    if state["kind"] == LANGUAGE:
        language = restore_language(state, checkpoint)
        language.expect_tokens_of(dataset)
        language.module.to(chosen)
        return TokenReader(language)
    captioner = restore_captioner(state, checkpoint)
    _check_fit(captioner, dataset, checkpoint)
    captioner.module.to(chosen)
    return FeatureReader(captioner, chosen)


@dataclass(frozen=True, eq=False)
class TokenReader:
    """A language model, which reads motion tokens with the fixed wording of its instruction."""

    loaded: LoadedLanguage

    @property
    def fields(self) -> list[str]:
        """Fields of the dataset that it reads."""
        return FIELDS

    def captions(self, batch: Batch, decoding: Decoding) -> list[str]:
        """Return one caption per clip of a batch."""
        instructions = [sample.instruction for sample in self._samples(batch)]
        return self.loaded.module.write(instructions, decoding)

    def losses(self, batch: Batch) -> tuple[float, float]:
        """Return the loss with each clip's own motion, and with another clip's."""
        samples, model = self._samples(batch), self.loaded.module
        others = [samples[-1], *samples[:-1]]
        shuffled = [
            Sample(other.instruction, own.answer)
            for own, other in zip(samples, others, strict=True)
        ]
        return float(model.loss(samples)), float(model.loss(shuffled))

    def _samples(self, batch: Batch) -> list[Sample]:
        task = read_tasks()[CAPTIONING]
        return [task.fixed(each.slots()) for each in self.loaded.source.motions(batch)]


@dataclass(frozen=True, eq=False)
class FeatureReader:
    """A captioner, which reads features or points."""

    loaded: LoadedCaptioner
    device: torch.device

    @property
    def fields(self) -> list[str]:
        """Fields of the dataset that it reads."""
        return [self.loaded.field]

    def captions(self, batch: Batch, decoding: Decoding) -> list[str]:
        """Return one caption per clip of a batch."""
        clips = self._clips(batch)
        return self.loaded.module.caption(clips.values, clips.mask, decoding)

    def losses(self, batch: Batch) -> tuple[float, float]:
        """Return the loss with each clip's own motion, and with another clip's."""
        captioner, clips = self.loaded.module, self._clips(batch)
        labels = captioner.text.labels(batch["captions"]).to(self.device)
        arguments = clips.values, clips.mask, labels
        return float(captioner.loss(*arguments)), float(captioner.shuffled_loss(*arguments))

    def _clips(self, batch: Batch) -> PaddedClips:
        return batch_to_clips(batch, self.loaded.field).every(self.loaded.stride).to(self.device)


def _check_fit(loaded: LoadedCaptioner, dataset: Dataset, checkpoint: Path) -> None:
    """Raise unless a dataset's features are of the kind that a captioner was trained on.

    Raises `InputError` or `ShardError`.
    """
    check_field(dataset, loaded.field)
    found = dataset.schema.float_array(loaded.field).components
    if found != loaded.components:
        raise InputError(
            f"{dataset.place}: expected {loaded.components} components of {loaded.field}, which "
            f"{checkpoint} was trained on, found {found}"
        )
    encoder = encoder_of(dataset)
    if None not in (loaded.features_by, encoder) and encoder != loaded.features_by:
        raise InputError(
            f"{dataset.place}: expected features of the encoder {loaded.features_by}, on which "
            f"{checkpoint} was trained, found those of {encoder}; encode the points again"
        )
