"""The flags of samples, for a selection that leaves some of them out.

A sample's `json` maps the names of its flags to whether they are raised, under `flags`. The
manifest may repeat the raised ones in a column. Where it does not, every `json` is read.
"""

from collections.abc import Collection

import numpy as np
from numpy.typing import NDArray

from shards.errors import ShardError
from shards.format.dataset import Dataset
from shards.format.unknown_names import unknown_name
from shards.stream.sample_details import read_details

FLAGS = "flags"


def has_flags(
    dataset: Dataset, rows: NDArray[np.int64], names: Collection[str]
) -> NDArray[np.bool_]:
    """Return which samples, given by their manifest rows, have any of these flags.

    Raises `ShardError` for a name that no flag of the samples has.
    """
    names = {names} if isinstance(names, str) else {*names}
    listed = FLAGS in dataset.manifest.column_names
    details = [*read_details(dataset, rows[:1] if listed else rows, FLAGS)]
    raised = (
        dataset.manifest[FLAGS].take(rows).to_pylist()
        if listed
        else [[name for name, is_raised in flags.items() if is_raised] for flags in details]
    )
    known = dict.fromkeys(name for flags in [*details, *raised] for name in flags)
    for name in sorted(names):
        if name not in known:
            raise ShardError(f"{dataset.place}: {unknown_name('flag', name, [*known])}")
    return np.array([not names.isdisjoint(flags) for flags in raised], np.bool_)
