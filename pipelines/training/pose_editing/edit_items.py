"""What an edit starts from and what it should become: each text of each pair of a split."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from motiondata.errors import InputError
from motiondata.pose_pairs.statements import Statement
from motiondata.rotations import rotvec_to_rotmat
from pipelines.clips.members import DETAILS
from pipelines.training.pose_pairs.read_pairs import FIELD, READ_PAIRS, A, B, expect_pose_pairs
from shards.errors import DatasetError
from shards.stream.streamed_dataset import StreamedDataset

Singles = NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class EditItems:
    """Texts with their pairs, in the order of the manifest; arrays shaped (items, ...)."""

    pair: NDArray[np.int64]
    """The number of each item's pair."""
    first: Singles
    """Pose A: axis-angle rotations relative to the parents, shaped (items, 22, 3), radians."""
    second: Singles
    """Pose B."""
    texts: tuple[str, ...]
    says: tuple[tuple[Statement, ...], ...]
    """What each text says."""
    in_sequence: NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.texts)

    @cached_property
    def matrices_a(self) -> Tensor:
        """Pose A as matrices, shaped (items, 22, 3, 3), float32."""
        return to_matrices(self.first)

    @cached_property
    def matrices_b(self) -> Tensor:
        """Pose B as matrices."""
        return to_matrices(self.second)

    def texts_of_other_pairs(self) -> list[str] | None:
        """Return a text of another pair for each item; None if there is one pair only."""
        _, firsts, pairs = np.unique(self.pair, return_index=True, return_inverse=True)
        if len(firsts) == 1:
            return None
        others = np.roll(firsts, len(firsts) // 2)[pairs]
        return [self.texts[other] for other in others]

    def part(self, start: int, stop: int) -> "EditItems":
        """Return the items from a number to below another one."""
        some = slice(start, stop)
        return EditItems(
            self.pair[some],
            self.first[some],
            self.second[some],
            self.texts[some],
            self.says[some],
            self.in_sequence[some],
        )


Item = tuple[int, Singles, Singles, str, tuple[Statement, ...], bool]


def read_items(data: StreamedDataset, split: str, limit: int | None = None) -> EditItems:
    """Return the texts of a split, of all pairs or of the first `limit` of them.

    Raises `InputError` for a dataset of another product, or without texts, and `ShardError` for an
    unknown split.
    """
    expect_pose_pairs(data.dataset)
    items = [*_items(data, split, limit)]
    if not items:
        raise InputError(f"{data.dataset.place}: expected pairs with texts in {split}, found none")
    pair, first, second, texts, says, in_sequence = zip(*items, strict=True)
    return EditItems(
        np.array(pair, np.int64),
        np.stack(first),
        np.stack(second),
        texts,
        says,
        np.array(in_sequence, np.bool_),
    )


def _items(data: StreamedDataset, split: str, limit: int | None) -> Iterator[Item]:
    number = 0
    for batch in data.clips(split, [FIELD, DETAILS], READ_PAIRS, limit=limit, rank=0, world=1):
        poses = np.asarray(batch[FIELD], np.float32)
        for key, pose, details in zip(batch["keys"], poses, batch[DETAILS], strict=True):
            try:
                found = [(each["text"], _says(each)) for each in details["texts"]]
                inside = bool(details["in_sequence"])
            except (KeyError, TypeError, ValueError) as error:
                raise DatasetError(f"{key}.{DETAILS}", f"not of a pose pair ({error!r})") from error
            for text, says in found:
                yield number, pose[A], pose[B], text, says, inside
            number += 1


def _says(text: Mapping[str, Any]) -> tuple[Statement, ...]:
    return tuple(Statement(str(kind), str(code), int(value)) for kind, code, value in text["says"])


def to_matrices(poses: NDArray[np.floating]) -> Tensor:
    """Return poses (poses, 22, 3), radians, as matrices (poses, 22, 3, 3), float32."""
    return torch.from_numpy(rotvec_to_rotmat(poses.astype(np.float64)).astype(np.float32))
