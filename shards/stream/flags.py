"""The flags of samples, for a selection that leaves some of them out.

A sample's `json` maps the names of its flags to whether they are raised, under `flags`. The
manifest may repeat the raised ones in a column. Where it does not, every `json` is read.
"""

from collections.abc import Collection
from typing import Any

import numpy as np
from numpy.typing import NDArray

from shards.errors import DatasetError, MemberError, ShardError
from shards.format.dataset import Dataset
from shards.format.members import decode_member
from shards.format.unknown_names import unknown_name
from shards.stream.field_reader import MemberSpans
from shards.stream.open_files import ShardFiles

DETAILS = "json"
FLAGS = "flags"


def has_flags(
    dataset: Dataset, rows: NDArray[np.int64], names: Collection[str]
) -> NDArray[np.bool_]:
    """Return which samples, given by their manifest rows, have any of these flags.

    Raises `ShardError` for a name that no flag of the samples has.
    """
    names = {names} if isinstance(names, str) else {*names}
    listed = FLAGS in dataset.manifest.column_names
    details = [*_read_flags(dataset, rows[:1] if listed else rows)]
    raised = (
        dataset.manifest[FLAGS].take(rows).to_pylist()
        if listed
        else [[name for name, is_raised in flags.items() if is_raised] for flags in details]
    )
    known = dict.fromkeys(name for flags in [*details, *raised] for name in flags)
    for name in sorted(names):
        if name not in known:
            raise ShardError(f"{dataset.path}: {unknown_name('flag', name, [*known])}")
    return np.array([not names.isdisjoint(flags) for flags in raised], np.bool_)


def _read_flags(dataset: Dataset, rows: NDArray[np.int64]) -> list[dict[str, bool]]:
    """Return the flags in the `json` of samples; none if samples have no `json`."""
    if DETAILS not in dataset.schema.members:
        return [{} for _ in rows]
    files, spans = ShardFiles(dataset), MemberSpans.of(dataset, rows, DETAILS)
    return [_flags_of(files, spans, clip) for clip in range(len(rows))]


def _flags_of(files: ShardFiles, spans: MemberSpans, clip: int) -> dict[str, bool]:
    try:
        details: Any = decode_member(DETAILS, spans.read(files, clip))
        return {str(name): bool(raised) for name, raised in details.get(FLAGS, {}).items()}
    except (AttributeError, MemberError) as error:
        raise DatasetError(
            f"{spans.keys[clip]}.{DETAILS}", f"expected an object with flags: {error}"
        ) from error
