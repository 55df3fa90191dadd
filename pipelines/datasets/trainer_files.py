"""Means and standard deviations in the files that trainers of motion features read.

docs/representations.md describes the groups and the division by `feat_bias`.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from motiondata.errors import InputError
from motiondata.representations.feature_groups import FEATURE_GROUPS
from pipelines.engine.description import ProductDescription
from pipelines.engine.output_path import expect_no_dataset
from shards.format.npy import array_to_npy
from shards.format.publishing import publish
from shards.stats.moments import Moments
from shards.stats.statistics_files import spread

NAMES = ("Mean.npy", "Std.npy")
"""The names of the files in HumanML3D."""


@dataclass(frozen=True)
class TrainerFiles:
    """Where to write `Mean.npy` and `Std.npy`, and for which trainer."""

    folder: Path
    divisions: int = 0
    """How often the standard deviations of the root and of contacts are divided by `feat_bias`."""

    def check(self, product: ProductDescription, is_main_field: bool) -> None:
        """Raise `InputError` if the product has no such files, or the folder is a dataset."""
        expect_no_dataset(self.folder)
        if not is_main_field or product.std_groups is None:
            raise InputError(
                "trainers read the statistics of vectors of motion features alone; expected such a "
                "dataset, and its field vectors"
            )

    def write(self, product: ProductDescription, moments: Moments) -> None:
        """Write both files."""
        self.folder.mkdir(parents=True, exist_ok=True)
        arrays = trainer_statistics(product, moments, self.divisions)
        for name, array in zip(NAMES, arrays, strict=True):
            publish(self.folder / name, array_to_npy(array))


def trainer_statistics(
    product: ProductDescription, moments: Moments, divisions: int = 0
) -> tuple[NDArray[Any], NDArray[Any]]:
    """Return mean and grouped standard deviation of the vectors of a product, as trainers expect.

    A standard deviation of 0 is 1, so that constant columns can be divided by it.
    """
    groups = None if product.std_groups is None else FEATURE_GROUPS[product.std_groups]
    std = spread(moments, groups)
    return product.trainer_statistics(moments.mean, np.where(std == 0, 1.0, std), divisions)
