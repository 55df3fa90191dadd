"""Pose pairs of a dataset of `motiondata build-pose-pairs`, as tensors.

A pose is the rotations of SMPL's first 22 joints, relative to the parent joint; that of the pelvis
is in the frame of the dataset, z up, where pose A faces -y. A training streams batches of the field
`FIELD` and reads them with `batch_to_rotations`; an evaluation reads a whole split at once with
`read_pose_pairs`. Both have 1.6 kB per pair.
"""

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from motiondata.errors import InputError
from motiondata.rotations import rotvec_to_rotmat
from pipelines.clips.members import POSE
from pipelines.products.descriptions import describe_dataset
from pipelines.products.pose_pairs.description import POSE_PAIRS
from pipelines.training.common.clip_fields import captions_by_key
from shards.errors import ShardError
from shards.format.dataset import Dataset
from shards.format.members import field_of
from shards.stream.batching import Batch
from shards.stream.streamed_dataset import StreamedDataset

FIELD = field_of(POSE)
"""The field of a batch with both poses, shaped (pairs, 2, 22, 3), radians."""
A, B = 0, 1
"""Pose A and pose B on the axis of the poses."""
READ_PAIRS = 1024
"""Number of pairs that are read at a time."""
LEAST_STD = 0.02
"""Standard deviation below which a number is noise: of one of the six numbers of a rotation, about
one degree; of a coordinate of a joint in meters, 2 cm."""


@dataclass(frozen=True, eq=False)
class PosePairs:
    """The pairs of a split, in the order of the manifest."""

    keys: tuple[str, ...]
    rotations: Tensor
    """Matrices of pose A and of pose B, float32, shaped (pairs, 2, 22, 3, 3)."""
    texts: tuple[tuple[str, ...], ...]
    """The texts of each pair; a pair may have none."""

    def __len__(self) -> int:
        return len(self.keys)


def is_pose_pairs(dataset: Dataset) -> bool:
    """Return whether a dataset is of pose pairs; a dataset of no known product is not."""
    try:
        return describe_dataset(dataset).name == POSE_PAIRS.name
    except (InputError, ShardError):
        return False


def expect_pose_pairs(dataset: Dataset) -> None:
    """Raise `InputError` for a dataset of another product."""
    if not is_pose_pairs(dataset):
        raise InputError(
            f"{dataset.place}: expected pose pairs, which {POSE_PAIRS.command} makes, found a "
            f"dataset with {', '.join(dataset.schema.suffixes)}"
        )


def batch_to_rotations(batch: Batch) -> Tensor:
    """Return the rotations of a batch with `FIELD`, float32, shaped (pairs, 2, 22, 3, 3).

    The poses may be on any device; the rotations are on the CPU.
    """
    poses = np.asarray(torch.as_tensor(batch[FIELD]).cpu(), np.float64)
    return torch.from_numpy(rotvec_to_rotmat(poses).astype(np.float32))


def read_pose_pairs(data: StreamedDataset, split: str, limit: int | None = None) -> PosePairs:
    """Return the pairs of a split, or the first `limit` of them.

    Raises `InputError` for a dataset of another product, and `ShardError` for an unknown split.
    """
    expect_pose_pairs(data.dataset)
    view = data.clips(split, [FIELD], READ_PAIRS, limit=limit, rank=0, world=1)
    keys: list[str] = []
    rotations: list[Tensor] = []
    for batch in view:
        keys += batch["keys"]
        rotations.append(batch_to_rotations(batch))
    texts = captions_by_key(data, split)
    found = torch.cat(rotations) if rotations else torch.empty(0, 2, 22, 3, 3)
    return PosePairs(tuple(keys), found, tuple(tuple(texts.get(key, ())) for key in keys))


def differences(rotations: Tensor) -> Tensor:
    """Return the rotations from pose A to pose B in the frame of pose A's joints.

    They are float32, shaped (pairs, 22, 3, 3): pose B is pose A times them.
    """
    with torch.autocast(rotations.device.type, enabled=False):  # rotations need float32
        return rotations[:, A].float().transpose(-1, -2) @ rotations[:, B].float()


def mean_and_std(values: Tensor) -> tuple[Tensor, Tensor]:
    """Return the mean and the standard deviation over the first axis, of at least `LEAST_STD`.

    An example are the six numbers of the poses of a training split, shaped (poses, 22, 6).
    """
    return values.mean(0), values.std(0, correction=0).clamp(min=LEAST_STD)
