"""The codes of stored pairs: what texts of the pairs may say without a contradiction."""

from collections.abc import Sequence

import numpy as np

from motiondata.pose_pairs.pair_codes import reached_codes
from motiondata.pose_pairs.statements import PairFacts
from pipelines.products.pose_pairs.members import LEVELS, POSE_CODES_MEMBER, SUPER_CODES_MEMBER
from pipelines.training.pose_pairs.read_pairs import expect_pose_pairs
from shards.format.members import field_of
from shards.stream.streamed_dataset import StreamedDataset


def read_facts(data: StreamedDataset, keys: Sequence[str]) -> list[PairFacts]:
    """Return the codes of the pairs with these keys.

    Raises `InputError` for a dataset of another product, and `ShardError` for an unknown key.
    """
    expect_pose_pairs(data.dataset)
    return [_facts(data, key) for key in keys]


def _facts(data: StreamedDataset, key: str) -> PairFacts:
    clip = data[key]
    levels, codes, supers = (
        np.asarray(clip[field_of(member)][:])
        for member in (LEVELS, POSE_CODES_MEMBER, SUPER_CODES_MEMBER)
    )
    reached = reached_codes(levels[None], codes[1:])[0]
    return PairFacts(levels, reached, codes, supers)
