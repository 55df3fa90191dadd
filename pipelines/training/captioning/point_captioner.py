"""Captioning from points: an encoder before the captioner, trained with it.

Its features are standardised as those of a dataset are: by their mean and spread over the training
clips, taken once, before the first step.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from math import ceil
from pathlib import Path
from typing import Any, cast

import torch
from torch import Tensor, nn

from pipelines.training.common.checkpoints import read_checkpoint
from pipelines.training.common.clip_fields import POINTS, STRIDE, batch_to_clips, captioned_keys
from pipelines.training.encoders.load_encoder import KIND as ENCODER
from pipelines.training.encoders.load_encoder import (
    EveryPhase,
    describe_encoder,
    load_encoder,
    make_encoder,
)
from pipelines.training.encoders.options import BUILT_IN, EncoderOptions
from shards.format.paths import TRAIN
from shards.stats.moments import Moments, fold
from shards.stream.streamed_dataset import StreamedDataset

STATISTICS_CLIPS = 512
"""Training clips that features are standardised by, at most: some ten thousand frames."""
BATCH = 16


@dataclass(frozen=True, eq=False)
class InitialEncoder:
    """An encoder to begin with."""

    module: nn.Module
    """It reads every so many-th frame of points."""
    description: Mapping[str, Any]
    """What `blank_encoder` needs beside the weights."""
    id: str | None
    """The hash of a trained one; None where it is still untrained."""

    @property
    def stride(self) -> int:
        """Return how many frames of points are from one that it reads to the next."""
        return int(self.description["stride"])


def initial_encoder(data: StreamedDataset, checkpoint: Path | None) -> InitialEncoder:
    """Return the encoder of a checkpoint of `motiondata align`, or an untrained one of ours."""
    if checkpoint is None:
        sizes = EncoderOptions()
        encoder = make_encoder(BUILT_IN, sizes, *data.standardizer(POINTS).tensors())
        return InitialEncoder(encoder, describe_encoder(BUILT_IN, sizes, STRIDE), None)
    loaded = load_encoder(checkpoint)
    description = read_checkpoint(checkpoint, ENCODER)["contents"]
    return InitialEncoder(cast("EveryPhase", loaded.module).encoder, description, loaded.id)


@torch.no_grad()
def feature_statistics(
    encoder: nn.Module, data: StreamedDataset, stride: int
) -> tuple[Tensor, Tensor]:
    """Return mean and spread of an encoder's features of training clips, spread never zero."""
    keys = captioned_keys(data, TRAIN)
    chosen = keys[:: ceil(len(keys) / STATISTICS_CLIPS)]  # the first ones may be of one archive
    view = data.clips(TRAIN, [POINTS], BATCH, keys=chosen, rank=0, world=1)
    encoder.eval()
    batches = (batch_to_clips(batch, POINTS).every(stride) for batch in view)
    found = fold(
        Moments.of(encoder(clips.values, clips.mask)[clips.mask].double().numpy())
        for clips in batches
    )
    std = torch.tensor(found.std())
    return torch.tensor(found.mean), torch.where(std > 0, std, 1.0)
