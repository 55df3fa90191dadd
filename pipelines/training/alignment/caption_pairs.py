"""Pairs for alignment: the selected frames of a clip and all captions of these frames.

All captions of the same frames are right, also those of the same motion recorded by another sensor.
"""

from dataclasses import dataclass
from itertools import chain

import torch
from torch import Tensor

from pipelines.clips.keys import clip_name
from pipelines.clips.members import DETAILS
from pipelines.training.common.clip_fields import captions_of_same_range
from shards.stream.batching import Batch

FrameRange = tuple[str, int, int]
"""Frames of a motion: its name, the first frame, and the number of frames."""


@dataclass(frozen=True, eq=False)
class CaptionPairs:
    """The captions of the motions of a batch."""

    texts: tuple[str, ...]
    right: Tensor
    """True where a text describes a motion, shaped (motions, texts)."""

    @staticmethod
    def of(batch: Batch) -> "CaptionPairs":
        """Return the pairs of a batch of clips with the fields `json` and `captions`."""
        runs = batch_to_ranges(batch)
        captions = [
            captions_of_same_range(details, text)
            for details, text in zip(batch[DETAILS], batch["captions"], strict=True)
        ]
        owners = [run for run, texts in zip(runs, captions, strict=True) for _ in texts]
        right = [[owner == run for owner in owners] for run in runs]
        return CaptionPairs(tuple(chain(*captions)), torch.tensor(right))


def batch_to_ranges(batch: Batch) -> list[FrameRange]:
    """Return the frame range of each item of a batch, which does not depend on the sensor."""
    names = [clip_name(key) for key in batch["keys"]]
    return list(zip(names, batch["starts"].tolist(), batch["lengths"].tolist(), strict=True))
