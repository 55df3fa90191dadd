"""Models that caption clips, whatever they read: features, points, or motion tokens.

A checkpoint states its kind, and the kind decides how clips are read.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import torch

from motiondata.errors import InputError
from pipelines.training.captioning.caption_source import (
    CaptionSource,
    captions_of,
    expect_same_tokenizer,
)
from pipelines.training.captioning.captioner import KIND as CAPTIONER
from pipelines.training.captioning.captioner import LoadedCaptioner, restore_captioner
from pipelines.training.captioning.inputs import ClipInputs
from pipelines.training.common.checkpoints import read_checkpoint
from pipelines.training.common.clip_fields import encoder_of
from pipelines.training.common.decoding import Decoding
from pipelines.training.common.ranks import choose_device
from pipelines.training.language.instructions import Sample, read_tasks
from pipelines.training.language.load_language import KIND as LANGUAGE
from pipelines.training.language.load_language import LoadedLanguage, restore_language
from pipelines.training.language.measures import CAPTIONING
from pipelines.training.language.token_clips import FIELD as TOKENS
from pipelines.training.language.token_clips import FIELDS
from shards.format.places import Place
from shards.stream.batching import Batch
from shards.stream.streamed_dataset import StreamedDataset
from shards.stream.views import View


class ClipReader(Protocol):
    """A model that captions clips of a dataset."""

    @property
    def fields(self) -> list[str]:
        """Fields of the dataset that it reads."""

    def join(self, view: View, split: str) -> View:
        """Add what it reads of other datasets to a view of the fields."""

    def written(self, batch: Batch, decoding: Decoding) -> list[str]:
        """Return all captions that are drawn of each clip of a batch, the first clip's first."""

    def losses(self, batch: Batch) -> tuple[float, float]:
        """Return the loss with each clip's own motion, and with another clip's."""


def open_reader(
    data: StreamedDataset, checkpoint: Path, device: str, tokens: Place | None = None
) -> ClipReader:
    """Return the model of a checkpoint, on a device, for datasets that it can read.

    `tokens` is the dataset of tokens of a captioner that reads them in addition to frames. Raises
    `InputError` or `ShardError` for another checkpoint or datasets that do not fit.
    """
    state, chosen = read_checkpoint(checkpoint, CAPTIONER, LANGUAGE), choose_device(device)
    if state["kind"] == LANGUAGE:
        if tokens is not None:
            raise InputError(
                f"{checkpoint}: reads the tokens of {data.dataset.place}; omit --tokens"
            )
        language = restore_language(state, checkpoint)
        language.expect_tokens_of(data.dataset)
        language.module.to(chosen)
        return TokenReader(language)
    captioner = restore_captioner(state, checkpoint)
    lengths = captioner.module.prompt is None
    source = CaptionSource.of(data, captioner.field or TOKENS, tokens, lengths)
    _check_fit(captioner, source, checkpoint)
    captioner.module.to(chosen)
    return CaptionerReader(captioner, source, chosen)


@dataclass(frozen=True, eq=False)
class TokenReader:
    """A language model, which reads motion tokens with the fixed wording of its instruction."""

    loaded: LoadedLanguage

    @property
    def fields(self) -> list[str]:
        """Fields of the dataset that it reads."""
        return FIELDS

    def join(self, view: View, split: str) -> View:  # noqa: ARG002
        """Return the view: it reads one dataset."""
        return view

    def written(self, batch: Batch, decoding: Decoding) -> list[str]:
        """Return all captions that are drawn of each clip of a batch, the first clip's first."""
        instructions = [sample.instruction for sample in self._samples(batch)]
        return self.loaded.module.written(instructions, decoding)

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
class CaptionerReader:
    """A captioner, which reads features, points, tokens, or tokens with one of the others."""

    loaded: LoadedCaptioner
    source: CaptionSource
    device: torch.device

    @property
    def fields(self) -> list[str]:
        """Fields of the dataset that it reads."""
        return self.source.fields

    def join(self, view: View, split: str) -> View:
        """Add the tokens of another dataset to a view of the fields, if it reads both."""
        return self.source.join(view, split)

    def written(self, batch: Batch, decoding: Decoding) -> list[str]:
        """Return all captions that are drawn of each clip of a batch, the first clip's first."""
        return self.loaded.module.written(self._inputs(batch), decoding)

    def losses(self, batch: Batch) -> tuple[float, float]:
        """Return the loss with each clip's own motion, and with another clip's."""
        captioner, clips = self.loaded.module, self._inputs(batch)
        labels = captioner.text.labels(captions_of(batch)).to(self.device)
        return float(captioner.loss(clips, labels)), float(captioner.shuffled_loss(clips, labels))

    def _inputs(self, batch: Batch) -> ClipInputs:
        return self.source.inputs(batch, self.loaded.stride).to(self.device)


def _check_fit(loaded: LoadedCaptioner, source: CaptionSource, checkpoint: Path) -> None:
    """Raise `InputError` unless datasets have what a captioner was trained on."""
    expect_same_tokenizer(source, loaded.tokens)
    dataset, expected = source.data.dataset, loaded.components
    if expected is None:
        return
    found = dataset.schema.float_array(source.fields[0]).components
    if found != expected:
        raise InputError(
            f"{dataset.place}: expected {expected} components of {loaded.field}, which "
            f"{checkpoint} was trained on, found {found}"
        )
    encoder = encoder_of(dataset)
    if None not in (loaded.features_by, encoder) and encoder != loaded.features_by:
        raise InputError(
            f"{dataset.place}: expected features of the encoder {loaded.features_by}, on which "
            f"{checkpoint} was trained, found those of {encoder}; encode the points again"
        )
