"""The training split, its captioned clips, and the error for a dataset without it.

No option selects another split: split lists decide what is trained on and what is held out.
"""

from collections.abc import Collection, Sequence

from motiondata.errors import InputError
from pipelines.training.common.ranks import rank, world
from shards.format.dataset import Dataset
from shards.format.paths import TRAIN
from shards.stream.streamed_dataset import StreamedDataset
from shards.stream.views import View


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


def captioned_clips(
    data: StreamedDataset, fields: Sequence[str], batch: int, seed: int, exclude: Collection[str]
) -> View:
    """Return shuffled batches of this process's training clips, each with one of its captions.

    Clips with a flag in `exclude` are left out, as is an incomplete last batch.
    """
    return data.clips(
        TRAIN,
        fields,
        batch,
        shuffle=True,
        seed=seed,
        captions=True,
        drop_last=True,
        exclude=exclude,
        rank=rank(),
        world=world(),
    )
