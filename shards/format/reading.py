"""Read samples strictly: refuse anything that does not match the manifest byte for byte.

Ordinary tar readers treat a truncated or zeroed archive as a short one and yield samples with
missing members. Here the size of the shard, the location of every member and its exact header are
known in advance. The hash covers the bytes between the headers; `shards.verify` checks it.
"""

from contextlib import closing
from io import BufferedReader
from typing import Any

from shards.errors import DatasetError, MemberError
from shards.format.dataset import Dataset
from shards.format.description import ShardEntry
from shards.format.manifest import ManifestRow
from shards.format.places import Place, open_file
from shards.format.schema import Schema
from shards.format.ustar import BLOCK, member_header


class ShardReader:
    """An open shard that reads members by their manifest rows; close it after use.

    Raises `DatasetError` where the file's size or a member's header differs from the record.
    """

    def __init__(
        self, root: Place, shard: ShardEntry, opened: BufferedReader | None = None
    ) -> None:
        """Open a shard, unless a file with its bytes was `opened`, which is closed with it."""
        self.shard = shard
        self.file = opened or open_file(root, shard.name)
        try:
            check_size(shard, self.file.seek(0, 2))
        except DatasetError:
            self.close()
            raise

    def close(self) -> None:
        """Close the file."""
        self.file.close()

    def bytes_at(self, offset: int, size: int) -> bytes:
        """Return `size` bytes at `offset`."""
        if offset < 0 or size < 0 or offset + size > self.shard.bytes:
            raise DatasetError(self.shard.name, f"does not have {size} bytes at offset {offset}")
        self.file.seek(offset)
        return self.file.read(size)

    def member(self, row: ManifestRow, suffix: str) -> bytes:
        """Return the bytes of a sample's member."""
        offset, size = row.members[suffix]
        name = f"{row.key}.{suffix}"
        if self.bytes_at(offset - BLOCK, BLOCK) != member_header(name, size):
            raise DatasetError(
                self.shard.name,
                f"the tar header at byte {offset - BLOCK} is not that of {name} with {size} bytes",
            )
        return self.bytes_at(offset, size)

    def decoded(self, schema: Schema, row: ManifestRow, suffix: str) -> Any:
        """Return a sample's decoded member: a read-only array, an object, or text."""
        try:
            return schema.decode(suffix, self.member(row, suffix), row.frames)
        except MemberError as error:
            raise DatasetError(self.shard.name, f"{row.key}.{suffix}: {error}") from error


def check_size(shard: ShardEntry, size: int) -> None:
    """Raise `DatasetError` unless a shard's file has the recorded size."""
    if size != shard.bytes:
        raise DatasetError(shard.name, f"has {size} bytes; expected {shard.bytes}; copy it again")


def read_member(dataset: Dataset, key: str, suffix: str) -> bytes:
    """Return the bytes of one member of one sample."""
    row = dataset.row(key)
    with closing(ShardReader(dataset.place, dataset.shard(row.shard))) as reader:
        return reader.member(row, suffix)
