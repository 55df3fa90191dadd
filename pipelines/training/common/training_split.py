"""The training split and the error for a dataset without it.

No option selects another split: split lists decide what is trained on and what is held out.
"""

from motiondata.errors import InputError
from shards.format.dataset import Dataset
from shards.format.paths import TRAIN


def expect_training_split(dataset: Dataset) -> None:
    """Raise `InputError` if a dataset has no training split, and explain how to make one."""
    splits = dataset.description.splits
    if TRAIN not in splits:
        raise InputError(
            f"{dataset.place}: expected a split {TRAIN}, found "
            f"{', '.join(splits) or 'no samples'}. Splits come from lists: build the dataset again "
            "with --splits FOLDER, which has train.txt, val.txt and test.txt, one name of a clip "
            "per line"
        )
