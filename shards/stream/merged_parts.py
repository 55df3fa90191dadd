"""Merge parts of shards that lie near each other, because a request costs more than some bytes."""

from collections.abc import Sequence
from typing import NamedTuple

from shards.stream.open_files import Part

MOST_GAP = 2**19
"""Bytes between two parts that are fetched rather than sent another request: half a MiB takes 5 ms
at 100 MB/s."""
MOST_BYTES = 2**23
"""The size beyond which a merged part does not grow, so that large parts come in parallel."""


class MergedPart(NamedTuple):
    """A part of a shard, and the numbers of the parts that lie in it."""

    part: Part
    numbers: list[int]


def merge_parts(parts: Sequence[Part]) -> list[MergedPart]:
    """Return parts that contain all given ones, in the order of the shards."""
    merged: list[MergedPart] = []
    for number in sorted(range(len(parts)), key=parts.__getitem__):
        part = parts[number]
        joined = _joined(merged[-1].part, part) if merged else None
        if joined is None:
            merged.append(MergedPart(part, [number]))
        else:
            merged[-1] = MergedPart(joined, [*merged[-1].numbers, number])
    return merged


def split_merged(parts: Sequence[Part], merged: MergedPart, data: bytes) -> list[tuple[int, bytes]]:
    """Return the numbers and the bytes of the parts that lie in a merged one."""
    begins = {number: parts[number].offset - merged.part.offset for number in merged.numbers}
    return [(number, data[at : at + parts[number].size]) for number, at in begins.items()]


def _joined(first: Part, then: Part) -> Part | None:
    """Return one part for two; None if they lie too far apart. `then` begins later."""
    stop = max(first.offset + first.size, then.offset + then.size)
    is_near = then.offset - (first.offset + first.size) <= MOST_GAP
    fits = stop - first.offset <= max(MOST_BYTES, first.size)
    if first.shard != then.shard or not is_near or not fits:
        return None
    return Part(first.shard, first.offset, stop - first.offset)
