"""Standardize values: subtract the mean and divide by the spread from `motiondata stats`.

A captioner trained on features with a large common mean gives the same sentence for every clip.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from shards.errors import DatasetError, ShardError
from shards.format.dataset import Dataset
from shards.format.npy import npy_to_array
from shards.format.paths import STATISTICS
from shards.format.places import Place, has_file, read_file
from shards.stats.measure import FRAME, Weight
from shards.stats.statistics_files import STATS_JSON, statistics_faults, statistics_name
from shards.stats.std_groups import GROUPED

if TYPE_CHECKING:
    import torch


@dataclass(frozen=True, eq=False)
class Standardizer:
    """The mean and spread (divisor) of each component of a field."""

    mean: NDArray[np.float32]
    """Shaped (components,)."""
    std: NDArray[np.float32]
    """Shaped (components,), never zero."""

    def standardize(self, values: Any) -> Any:
        """Standardize an array or tensor shaped (..., components) to mean 0 and spread 1."""
        mean, std = self._like(values)
        return (values - mean) / std

    def restore(self, values: Any) -> Any:
        """Undo `standardize` for an array or tensor shaped (..., components)."""
        mean, std = self._like(values)
        return values * std + mean

    def tensors(self) -> "tuple[torch.Tensor, torch.Tensor]":
        """Return mean and std as tensors."""
        import torch

        return torch.tensor(self.mean), torch.tensor(self.std)

    def _like(self, values: Any) -> tuple[Any, Any]:
        if isinstance(values, np.ndarray):
            return self.mean, self.std
        mean, std = self.tensors()
        return mean.to(values.device), std.to(values.device)


def read_standardizer(
    dataset: Dataset,
    split: str,
    field: str,
    weight: Weight = FRAME,
    rule: str | None = None,
    root: Place | None = None,
) -> Standardizer:
    """Read and check the statistics of a field, below `root` or else the dataset's folder.

    Raises `ShardError` where there are none, and `DatasetError` where they are damaged or belong to
    another dataset.
    """
    dataset.schema.float_array(field)
    dataset.shards_of(split)
    name = statistics_name(field, weight, rule)
    folder = f"{STATISTICS}/{split}/{name}"
    root = root or dataset.place
    if not has_file(root, f"{folder}/{STATS_JSON}"):
        raise ShardError(
            f"{root}: there are no statistics {name!r} of the split {split!r}; run "
            f"motiondata stats {dataset.place} --split {split} --field {field}"
            f"{_options(weight, rule)}{_out(dataset, root)}"
        )
    for fault in statistics_faults(root, split, name, dataset.content_hash):
        raise DatasetError(folder, fault)
    return Standardizer(_read(root, f"{folder}/mean.npy"), _read(root, f"{folder}/std.npy"))


def _options(weight: Weight, rule: str | None) -> str:
    """Return the non-default options of `motiondata stats` that give such statistics."""
    options: dict[str, str | None] = {"--weight": None if weight == FRAME else weight}
    options["--group"] = "NAME=START:STOP,..." if rule == GROUPED else rule
    return "".join(f" {name} {value}" for name, value in options.items() if value)


def _out(dataset: Dataset, root: Place) -> str:
    """Return the option that makes `motiondata stats` write below `root`."""
    return "" if root == dataset.place else f" --out {root}"


def _read(path: Place, name: str) -> NDArray[np.float32]:
    return np.array(npy_to_array(read_file(path, name)), np.float32)
