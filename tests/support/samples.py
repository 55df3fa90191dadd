"""Read samples one by one, through the strict reader of `shards`."""

from collections.abc import Iterator
from contextlib import closing
from typing import Any

from shards.format.dataset import Dataset
from shards.format.members import decode_member
from shards.format.reading import ShardReader


def iter_samples(dataset: Dataset, split: str) -> Iterator[tuple[str, dict[str, bytes]]]:
    """Yield the key and the members' bytes of a split's samples, in manifest order."""
    for shard in dataset.shards_of(split):
        with closing(ShardReader(dataset.path, shard)) as reader:
            for row in dataset.rows_of(shard):
                yield row.key, {suffix: reader.member(row, suffix) for suffix in row.members}


def samples_of(dataset: Dataset) -> dict[str, dict[str, Any]]:
    """Return all samples' decoded members by key."""
    return {
        key: {suffix: decode_member(suffix, data) for suffix, data in members.items()}
        for split in dataset.description.splits
        for key, members in iter_samples(dataset, split)
    }
