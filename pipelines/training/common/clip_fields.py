"""Clips for captioning: the field of a dataset that is read, and the frame stride.

Motion at 20 frames per second says little more than at 5, and every frame adds one position to the
T5's attention.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any

import torch
from torch import Tensor

from motiondata.captions import caption_texts, details_to_captions
from motiondata.errors import InputError
from motiondata.skeletons import JOINT_NAMES
from pipelines.clips.members import DETAILS
from pipelines.products.descriptions import command_for, describe_dataset
from pipelines.products.encoded_features import description as features
from pipelines.products.lidar import members as lidar
from pipelines.training.common.training_split import expect_training_split
from shards.errors import DatasetError
from shards.format.array_spec import FRAMES
from shards.format.dataset import Dataset
from shards.format.members import field_of
from shards.format.paths import TRAIN
from shards.stream.batching import Batch
from shards.stream.streamed_dataset import StreamedDataset

FEATURES, POINTS = field_of(features.FEATURES), field_of(lidar.POINTS)
JOINTS = field_of(lidar.JOINTS)
COMMANDS = {field_of(suffix): command_for(suffix) for suffix in (features.FEATURES, lidar.POINTS)}
"""Fields that can be captioned and the commands that make them; the first one has precedence."""
MADE_BY = {**COMMANDS, JOINTS: command_for(lidar.JOINTS)}
"""Fields that trainings read and the commands that make them."""
COORDINATES = 3
Y_UP = "y up"
"""Words of a description for a frame with the axis y upward."""
LEAST_ROWS = {POINTS: 1, JOINTS: len(JOINT_NAMES)}
"""Fields that encoders read, and how many places each frame must have: SMPL's joints come first."""
VAL = "val"
"""Split that is used for validation during training."""
STRIDE = 4
"""Default frame stride: it keeps 5 of 20 frames per second."""
READ_CLIPS = 256
"""Number of clips whose captions are read at a time."""


@dataclass(frozen=True, eq=False)
class PaddedClips:
    """Clips padded to the length of the longest."""

    values: Tensor
    """Shaped (clips, frames, ...)."""
    mask: Tensor
    """True for frames that are not padding, shaped (clips, frames)."""

    def to(self, device: torch.device) -> "PaddedClips":
        """Return the clips on a device."""
        return PaddedClips(self.values.to(device), self.mask.to(device))

    def every(self, stride: int, phases: Tensor | None = None) -> "PaddedClips":
        """Return every `stride`-th frame.

        Each clip begins at its phase, `phases` shaped (clips,), or at its first frame.
        """
        clips, frames = self.mask.shape
        numbers = torch.arange(0, frames, stride, device=self.mask.device).expand(clips, -1)
        if phases is not None:
            numbers = numbers + phases[:, None].to(numbers.device)
        chosen = torch.arange(clips, device=numbers.device)[:, None], numbers.clamp(max=frames - 1)
        return PaddedClips(self.values[chosen], self.mask[chosen] & (numbers < frames))

    def random_windows(self, longest: int) -> "PaddedClips":
        """Cut each clip to a random window of `longest` frames; keep a shorter clip whole."""
        lengths = self.mask.sum(1)
        kept = lengths.clamp(max=longest)
        numbers = torch.arange(int(kept.max()), device=self.mask.device)
        frames = _random_below(lengths - kept + 1)[:, None] + numbers
        clips = torch.arange(len(frames), device=frames.device)[:, None]
        values = self.values[clips, frames.clamp(max=self.mask.shape[1] - 1)]
        return PaddedClips(values, numbers < kept[:, None])

    def random_phases(self, stride: int) -> Tensor:
        """Return a random first frame per clip, (clips,).

        It is less than the stride and the clip's length.
        """
        return _random_below(self.mask.sum(1).clamp(1, stride))


def _random_below(limits: Tensor) -> Tensor:
    """Return a random integer from 0 to below each limit, drawn on the CPU for any device."""
    return (torch.rand(limits.shape).to(limits.device) * limits).long()


def batch_to_clips(batch: Batch, field: str) -> PaddedClips:
    """Return the clips of a batch as float32, whatever the dtype of the field."""
    return PaddedClips(torch.as_tensor(batch[field]).float(), torch.as_tensor(batch["mask"]))


def choose_field(dataset: Dataset, asked: str | None = None) -> str:
    """Return the field to caption: `asked` if given, else features before points.

    Raises `InputError` if there is no such field, and `ShardError` or `InputError` if the field
    cannot be captioned.
    """
    there = [field for field in COMMANDS if field in dataset.schema.arrays]
    if asked is None and not there:
        raise InputError(
            f"{dataset.place}: expected a field {FEATURES} ({COMMANDS[FEATURES]}) or {POINTS} "
            f"({COMMANDS[POINTS]}), found {', '.join(dataset.schema.suffixes)}"
        )
    field = there[0] if asked is None else asked
    check_field(dataset, field)
    return field


def check_field(dataset: Dataset, field: str, encoded: Collection[str] = (POINTS,)) -> None:
    """Raise unless a dataset has the field, as floats of a shape that can be trained on.

    The fields `encoded` are read by an encoder, and have several places per frame; other fields
    have one vector per frame.

    Raises `InputError` or `ShardError`.
    """
    if field in MADE_BY and field not in dataset.schema.arrays:
        raise InputError(
            f"{dataset.place}: expected a field {field}, which {MADE_BY[field]} makes, found "
            f"{', '.join(dataset.schema.arrays)}"
        )
    frames, *row = dataset.schema.float_array(field).shape
    fits = _are_places(field, row) if field in encoded else len(row) == 1
    if frames != FRAMES or not fits:
        least = LEAST_ROWS.get(field, 1)
        places = field if least == 1 else f"{least} or more"
        expected = f"{places}, {COORDINATES}" if field in encoded else "width"
        raise InputError(
            f"{dataset.place}: expected {field} shaped ({FRAMES}, {expected}), found "
            f"({', '.join(map(str, (frames, *row)))}); choose a --field of features"
        )


def _are_places(field: str, row: Sequence[str | int]) -> bool:
    """Return whether a frame of the shape `row` has enough places for an encoder of the field."""
    return len(row) == 2 and int(row[0]) >= LEAST_ROWS[field] and row[1] == COORDINATES


def expect_readable(dataset: Dataset, field: str) -> None:
    """Raise `InputError` for a field that encoders cannot read: another shape, or y up."""
    check_field(dataset, field, encoded=[field])
    expect_z_up(dataset, field)


def expect_z_up(dataset: Dataset, field: str) -> None:
    """Raise `InputError` for joints of features that are y up: encoders and augmentation are not.

    The joints of a scan are in the sensor frame, z up.
    """
    frame = describe_dataset(dataset).member(f"{field}.npy").frame or ""
    if Y_UP in frame and dataset.description.parameters.get("joint_frame") != "world":
        raise InputError(
            f"{dataset.place}: expected {field}, z up, found them y up; build them with "
            "--representation joints --joint-frame world, or take those of build-lidar"
        )


def encoder_of(dataset: Dataset) -> str | None:
    """Return the id of the encoder that made a dataset's features, None if not recorded."""
    encoder = dataset.description.provenance.get("encoder")
    return encoder.get("id") if isinstance(encoder, dict) else None


def training_captions(data: StreamedDataset) -> list[str]:
    """Return all captions of the training split; raise `InputError` if there are none."""
    expect_training_split(data.dataset)
    captions = [*chain.from_iterable(captions_by_key(data, TRAIN).values())]
    if captions:
        return captions
    raise InputError(
        f"{data.dataset.place}: expected captions of clips of {TRAIN}, found none; build the "
        "dataset with --texts"
    )


def captioned_keys(data: StreamedDataset, split: str) -> list[str]:
    """Return the keys of the captioned clips of a split; none if the split does not exist."""
    if split not in data.dataset.description.splits:
        return []
    return [key for key, texts in captions_by_key(data, split).items() if texts]


def captions_by_key(data: StreamedDataset, split: str) -> dict[str, list[str]]:
    """Return the captions of every clip of a split, in manifest order; a clip may have none.

    The result is empty if the dataset has no `json` field.
    """
    if DETAILS not in data.dataset.schema.suffixes:
        return {}
    return {
        key: _texts(key, details)
        for batch in data.clips(split, [DETAILS], READ_CLIPS, rank=0, world=1)
        for key, details in zip(batch["keys"], batch[DETAILS], strict=True)
    }


def captions_of_same_range(details: Mapping[str, Any], text: str) -> list[str]:
    """Return the captions of the same seconds as the caption `text`, including it."""
    captions = details_to_captions(details)
    seconds = next(caption.seconds for caption in captions if caption.text == text)
    return [caption.text for caption in captions if caption.seconds == seconds]


def _texts(key: str, details: Mapping[str, Any]) -> list[str]:
    try:
        return caption_texts(details)
    except ValueError as error:
        raise DatasetError(f"{key}.{DETAILS}", str(error)) from error
