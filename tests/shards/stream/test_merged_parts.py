"""Merged parts contain the parts that they were made of, and nothing is merged for nothing."""

from itertools import pairwise

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from shards.stream.merged_parts import MOST_BYTES, MOST_GAP, merge_parts, split_merged
from shards.stream.open_files import Part

UNIT = MOST_GAP // 4
"""Offsets are multiples of it, so that drawn parts are near each other and far apart."""

parts = st.lists(
    st.builds(Part, st.integers(0, 2), st.integers(0, 99).map(UNIT.__mul__), st.integers(0, 99)),
    max_size=30,
)


CONTENT = (np.arange(101 * UNIT) * 7 % 251).astype(np.uint8).tobytes()


@settings(deadline=None)
@given(parts)
def test_every_part_is_found_in_what_was_merged(parts: list[Part]) -> None:
    found: dict[int, bytes] = {}
    for merged in merge_parts(parts):
        _, offset, size = merged.part
        found |= dict(split_merged(parts, merged, CONTENT[offset : offset + size]))
    for number, (_, offset, size) in enumerate(parts):
        assert found[number] == CONTENT[offset : offset + size]


@settings(deadline=None)
@given(parts)
def test_merged_parts_are_bounded_and_far_apart(parts: list[Part]) -> None:
    merged = [each.part for each in merge_parts(parts)]
    assert all(part.size <= MOST_BYTES for part in merged)
    for one, other in pairwise(merged):
        is_far = other.offset - (one.offset + one.size) > MOST_GAP
        grows = other.offset + other.size - one.offset > MOST_BYTES
        assert one.shard != other.shard or is_far or grows
