"""Find the faults of one shard: its hash, its tar structure, and the content of its members.

The tar file is not parsed. The manifest and the format determine every byte except the members'
data, so each header, padding and archive end is compared with its only valid value.
"""

from collections.abc import Iterator

from shards.errors import DatasetError
from shards.format.hashing import hash_stream
from shards.format.manifest import ManifestRow
from shards.format.paths import MANIFEST
from shards.format.reading import ShardReader
from shards.format.schema import Schema
from shards.format.ustar import BLOCK, archive_end, padding


def hash_faults(reader: ShardReader) -> Iterator[str]:
    """Yield a fault if the hash of the file differs from the recorded hash."""
    reader.file.seek(0)
    if hash_stream(reader.file) != reader.shard.blake3:
        yield "is damaged: its hash differs from the recorded one; copy or build it again"


def sample_faults(reader: ShardReader, schema: Schema, rows: list[ManifestRow]) -> Iterator[str]:
    """Yield the faults of the samples that the manifest lists for a shard, in order.

    Stops at the first misplaced member, because later members cannot be checked.
    """
    position = 0
    try:
        for row in rows:
            members = {}
            for suffix, span in row.members.items():
                members[suffix] = _next_member(reader, row, suffix, position)
                position = span.offset + span.size + len(padding(span.size))
            yield from schema.check(row.key, members, row.frames)
        _check_end(reader, position)
    except DatasetError as error:
        yield error.message


def _next_member(reader: ShardReader, row: ManifestRow, suffix: str, position: int) -> bytes:
    """Return a member that must come next in the file, or raise `DatasetError`."""
    shard, name = reader.shard.name, f"{row.key}.{suffix}"
    offset, size = row.members[suffix]
    if offset != position + BLOCK:
        where = f"begins at {position + BLOCK}; {MANIFEST} records {offset}"
        raise DatasetError(shard, f"{name} {where}")
    data = reader.member(row, suffix)
    zeros = padding(size)
    if reader.bytes_at(offset + size, len(zeros)) != zeros:
        raise DatasetError(shard, f"{name} is followed by bytes other than zeros")
    return data


def _check_end(reader: ShardReader, position: int) -> None:
    end = archive_end(position)
    rest = reader.shard.bytes - position
    if rest != len(end) or reader.bytes_at(position, rest) != end:
        raise DatasetError(
            reader.shard.name, f"expected {len(end)} zeros from {position} on, found other bytes"
        )
