"""What an editor must be better than: pose A as it is, and one pose for all."""

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from motiondata.rotations import rotmat_to_rotvec
from pipelines.training.pose_editing.edit_items import EditItems
from pipelines.training.pose_editing.edit_measures import Likelihood
from pipelines.training.pose_editing.pose_editor import NUMBERS, log_likelihood
from pipelines.training.pose_editing.pose_features import places_of, rest_joints
from pipelines.training.pose_pairs.read_pairs import A, B
from pipelines.training.pose_pairs.six_numbers import rotmat_to_six, six_to_rotmat

COPY, MEAN = "copy of pose A", "mean pose"


@dataclass(frozen=True, eq=False)
class PoseBaseline:
    """A way to answer without a text, with normal distributions about its answers."""

    pose: Tensor | None
    """Matrices of the one answer, shaped (22, 3, 3); None answers with pose A."""
    log_stds: tuple[Tensor, ...]
    """Of the six numbers and of the joints: the standard deviations of the training pairs."""

    @classmethod
    def copy(cls, training: Tensor) -> "PoseBaseline":
        """Return the baseline that changes nothing; for `training` see `baselines_of`."""
        return cls(None, _log_stds(training[:, A], training[:, B]))

    @classmethod
    def mean(cls, training: Tensor) -> "PoseBaseline":
        """Return the baseline that answers with the mean of the training split's poses B."""
        second = training[:, B]
        pose = six_to_rotmat(rotmat_to_six(second).mean(0))
        return cls(pose, _log_stds(pose.expand_as(second), second))

    def matrices(self, items: EditItems) -> Tensor:
        """Return the answers as matrices."""
        first = items.matrices_a
        return first if self.pose is None else self.pose.expand_as(first)

    def answer(self, items: EditItems) -> NDArray[np.float64]:
        """Return the answers, axis-angle, shaped (items, 22, 3), radians."""
        return rotmat_to_rotvec(self.matrices(items).numpy().astype(np.float64))

    def likelihood(self, items: EditItems) -> Likelihood:
        """Return the log likelihood of poses B."""
        wrong = _wrong(self.matrices(items), items.matrices_b)
        found = map(log_likelihood, wrong, self.log_stds)
        values = (float(each.mean()) / count for each, count in zip(found, NUMBERS, strict=True))
        return Likelihood(*values)


def _log_stds(found: Tensor, expected: Tensor) -> tuple[Tensor, ...]:
    return tuple(each.pow(2).mean().sqrt().log() for each in _wrong(found, expected))


def _wrong(found: Tensor, expected: Tensor) -> tuple[Tensor, ...]:
    """Return differences of the six numbers, and of joints, each shaped (items, numbers)."""
    rest = rest_joints()
    places = places_of(found, rest) - places_of(expected, rest)
    return (rotmat_to_six(found) - rotmat_to_six(expected)).flatten(1), places.flatten(1)


def baselines_of(training: Tensor) -> dict[str, PoseBaseline]:
    """Return both baselines, by name.

    `training` are the rotations of the training pairs, shaped (pairs, 2, 22, 3, 3).
    """
    with torch.no_grad():
        return {COPY: PoseBaseline.copy(training), MEAN: PoseBaseline.mean(training)}
