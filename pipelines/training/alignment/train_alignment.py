"""`motiondata align`: trains a point encoder contrastively with captions.

A captioner that starts with features that already distinguish motions has no reason to ignore them.
"""

import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from itertools import chain
from pathlib import Path
from typing import Any, TextIO

import torch
from torch import Tensor

from motiondata.devices import AUTO
from pipelines.training.alignment.alignment_model import Alignment
from pipelines.training.alignment.augmentation import augment
from pipelines.training.alignment.contrastive_loss import near_in_meaning
from pipelines.training.alignment.contrastive_task import ContrastiveTask
from pipelines.training.alignment.options import AlignmentOptions
from pipelines.training.alignment.recall_report import RecallReport
from pipelines.training.common.clip_fields import (
    PaddedClips,
    batch_to_clips,
    captions_by_key,
    expect_readable,
    training_captions,
)
from pipelines.training.common.optimizer import seeded
from pipelines.training.common.options import LoopOptions, Stage
from pipelines.training.common.run_training import run_training
from pipelines.training.encoders.centering import middles, seen_frames
from pipelines.training.encoders.load_encoder import (
    KIND,
    describe_encoder,
    field_of_encoder,
    make_encoder,
)
from pipelines.training.text_encoders.known_texts import FILE, know_texts
from pipelines.training.text_encoders.load_text_encoder import load_text_encoder
from pipelines.training.text_encoders.sentence_encoder import SentenceEncoder
from shards.format.places import Place
from shards.stream.batching import Batch
from shards.stream.streamed_dataset import StreamedDataset


class AlignmentTask(ContrastiveTask):
    """The training task of an alignment.

    `cache` is the file of the vectors of captions, if they are to be stored; `stream` shows how
    they are computed.
    """

    kind = KIND

    def __init__(
        self,
        data: StreamedDataset,
        options: AlignmentOptions,
        seed: int,
        device: torch.device,
        cache: Path | None = None,
        stream: TextIO | None = None,
    ) -> None:
        self.field = field_of_encoder(options.encoder)
        expect_readable(data.dataset, self.field)
        text = load_text_encoder(options.text_encoder, training_captions(data), seed)
        self._text_id = text.id if isinstance(text, SentenceEncoder) else None
        if isinstance(text, SentenceEncoder) and not options.trains_text:
            text = know_texts(text, _all_captions(data), device, cache, stream)
        mean, std = data.standardizer(self.field).tensors()
        with seeded(seed):
            encoder = make_encoder(options.encoder, options.sizes, mean, std)
            alignment = Alignment(encoder, text, options.shared_width, options.trains_text)
        stage = Stage("align", options.steps)
        super().__init__(data, stage, options.rate, options.stride, alignment.to(device))
        self._mean, self._options = mean.to(device), options

    def training_clips(self, batch: Batch) -> PaddedClips:
        """Return every `stride`-th frame of random windows, augmented."""
        options = self._options
        clips = batch_to_clips(batch, self.field).random_windows(options.max_frames)
        clips = clips.every(options.stride, clips.random_phases(options.stride))
        about = self._centers(clips)
        return replace(clips, values=augment(clips.values, about, options.augmentation))

    def _centers(self, clips: PaddedClips) -> Tensor:
        """Return the center of augmentation: the middle of each clip, if nothing else counts."""
        if not self._options.sizes.centered:
            return self._mean
        return middles(clips.values, clips.mask & seen_frames(clips.values))[:, None, None]

    def near(self, texts: Sequence[str], encoded: Tensor) -> Tensor:
        """Return which texts are nearly the same, by their words or by their vectors."""
        least = self._options.near_cosine
        if least is None:
            return super().near(texts, encoded)
        return near_in_meaning(texts, encoded.detach(), least)

    def identity(self) -> Mapping[str, Any]:
        """Return the dataset and the options, without the steps, which the loop compares."""
        options = {**asdict(self._options), "text_encoder_id": self._text_id}
        options["augmentation"] = self._options.augmentation.to_json()
        options["sizes"] = self._options.sizes.to_identity()
        options["frame_stride"] = options.pop("stride")  # the name that checkpoints store
        del options["steps"]
        return {"dataset": self.data.dataset.content_hash, **options}

    def contents(self) -> Mapping[str, Any]:
        """Return the description of the encoder."""
        options = self._options
        return describe_encoder(options.encoder, options.sizes, options.stride)


def _all_captions(data: StreamedDataset) -> list[str]:
    """Return the captions that are trained on, and those that recall is measured with."""
    found = (captions_by_key(data, split) for split in data.dataset.description.splits)
    return [*chain.from_iterable(chain.from_iterable(each.values()) for each in found)]


class AlignmentReport(RecallReport):
    """The result of an alignment."""

    trained = "encoder"


def train_alignment(
    path: Place,
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
        return AlignmentTask(data, options, loop.seed, chosen, out / FILE, stream)

    return run_training(path, out, loop, device, stream, make_task, AlignmentReport.of)
