"""Captioning from points: an encoder in front of the captioner, trained with it.

Its features are standardized like those of a dataset: by their mean and standard deviation over the
training clips, computed once, before the first step.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from math import ceil
from pathlib import Path
from typing import Any, cast

import torch
from torch import Tensor, nn

from motiondata.errors import InputError
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
"""Maximum number of training clips for the statistics of features: some ten thousand frames."""
BATCH = 16


@dataclass(frozen=True, eq=False)
class InitialEncoder:
    """An encoder to start from."""

    module: nn.Module
    """The encoder of every `stride`-th frame of points."""
    description: Mapping[str, Any]
    """Input of `blank_encoder`: everything except the weights."""
    id: str | None
    """Hash of a trained encoder; None for an untrained one."""

    @property
    def stride(self) -> int:
        """Return the frame stride of the encoder's input."""
        return int(self.description["stride"])


def initial_encoder(data: StreamedDataset, checkpoint: Path | None) -> InitialEncoder:
    """Return the encoder of a checkpoint of `motiondata align`, or an untrained built-in one."""
    if checkpoint is None:
        sizes = EncoderOptions()
        encoder = make_encoder(BUILT_IN, sizes, *data.standardizer(POINTS).tensors())
        return InitialEncoder(encoder, describe_encoder(BUILT_IN, sizes, STRIDE), None)
    loaded = load_encoder(checkpoint)
    if loaded.field != POINTS:
        raise InputError(
            f"{checkpoint}: expected an encoder of points, found one of {loaded.field}; encode the "
            "dataset with it, and train on the features"
        )
    description = read_checkpoint(checkpoint, ENCODER)["contents"]
    return InitialEncoder(cast("EveryPhase", loaded.module).encoder, description, loaded.id)


@torch.no_grad()
def feature_statistics(
    encoder: nn.Module, data: StreamedDataset, stride: int
) -> tuple[Tensor, Tensor]:
    """Return mean and standard deviation of an encoder's features of training clips.

    Standard deviations of zero are replaced by 1.
    """
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
