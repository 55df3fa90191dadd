"""Clips for captioning: which field of a dataset they are read from, and how many of their frames.

Motion at 20 frames a second says little more than at 5, and every frame is one more position for
the T5's attention.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from motiondata.errors import InputError
from shards.batching import Batch
from shards.dataset import Dataset
from shards.errors import DatasetError
from shards.streaming import StreamedDataset

FEATURES, POINTS = "features", "points"
STRIDE = 4
"""Every so many-th frame is read, unless said otherwise: 5 of 20 a second."""
DETAILS = "json"
"""The field that holds captions."""
READ = 256
"""Clips whose captions are read at a time."""


@dataclass(frozen=True, eq=False)
class Clips:
    """Some clips, padded to the longest."""

    values: Tensor
    """Shaped (clips, frames, ...)."""
    mask: Tensor
    """True for frames that are not padding, (clips, frames)."""

    def to(self, device: torch.device) -> "Clips":
        """Return the clips on a device."""
        return Clips(self.values.to(device), self.mask.to(device))

    def every(self, stride: int, phases: Tensor | None = None) -> "Clips":
        """Return every so many-th frame, of each clip from its phase on, (clips,), or the first."""
        clips, frames = self.mask.shape
        numbers = torch.arange(0, frames, stride, device=self.mask.device).expand(clips, -1)
        if phases is not None:
            numbers = numbers + phases[:, None].to(numbers.device)
        chosen = torch.arange(clips, device=numbers.device)[:, None], numbers.clamp(max=frames - 1)
        return Clips(self.values[chosen], self.mask[chosen] & (numbers < frames))

    def random_phases(self, stride: int) -> Tensor:
        """Return a frame to begin with for each clip, (clips,), below the stride and its length."""
        most = self.mask.sum(1).cpu().clamp(1, stride)
        return (torch.rand(len(most)) * most).long()


def clips_of(batch: Batch, field: str) -> Clips:
    """Return the clips of a batch."""
    return Clips(torch.as_tensor(batch[field]), torch.as_tensor(batch["mask"]))


def choose_field(dataset: Dataset) -> str:
    """Return which field of a dataset is captioned, features before points."""
    for field in (FEATURES, POINTS):
        if field in dataset.schema.arrays:
            return field
    raise InputError(
        f"{dataset.path}: expected a field {FEATURES} (motiondata encode) or {POINTS} "
        f"(motiondata build-lidar), found {', '.join(dataset.schema.suffixes)}"
    )


def captions_by_key(data: StreamedDataset, split: str) -> dict[str, list[str]]:
    """Return the captions of every clip of a split, in the manifest's order; some have none.

    A dataset that keeps no details of its clips has none of any.
    """
    if DETAILS not in data.dataset.schema.suffixes:
        return {}
    return {
        key: _texts(key, details)
        for batch in data.clips(split, [DETAILS], READ, rank=0, world=1)
        for key, details in zip(batch["keys"], batch[DETAILS], strict=True)
    }


def _texts(key: str, details: Mapping[str, Any]) -> list[str]:
    try:
        return [caption["text"] for caption in details.get("captions", [])]
    except (KeyError, TypeError, AttributeError) as error:
        raise DatasetError(f"{key}.{DETAILS}", f"holds no captions with text: {error!r}") from error
