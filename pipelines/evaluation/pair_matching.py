"""How well texts match pose pairs, by a trained matcher: R-precision and the matching distance."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean

import numpy as np

from motiondata.errors import InputError
from pipelines.evaluation.generation.measures import GROUP, RANKS, matching
from pipelines.evaluation.references import References
from pipelines.training.pose_editing.load_pair_matcher import (
    Embeddings,
    LoadedPairMatcher,
    load_pair_matcher,
)
from pipelines.training.pose_pairs.read_pairs import FIELD, A, B, expect_pose_pairs
from shards.format.dataset import Dataset
from shards.stream.streamed_dataset import StreamedDataset

BATCH = 256
"""Number of pairs that are embedded together."""
REPEATS = 20
"""Number of times that pairs are put into groups, as in the evaluation of generated motion."""


@dataclass(frozen=True)
class PairMatch:
    """R-precision and distance of one text per pair."""

    precision: Mapping[int, float]
    """By rank k: the share of texts whose pair is among the k nearest of a group."""
    distance: float
    """Mean Euclidean distance of a text and its pair."""


@dataclass(frozen=True, eq=False)
class MatchedPairs:
    """Pairs of a split, ready to be matched with texts."""

    matcher: LoadedPairMatcher
    vectors: Embeddings
    """Embeddings of the pairs, shaped (pairs, width)."""

    @classmethod
    def of(cls, dataset: Dataset, references: References, checkpoint: Path) -> "MatchedPairs":
        """Embed the pairs with references; raise `InputError` for too few of them."""
        expect_pose_pairs(dataset)
        matcher = load_pair_matcher(checkpoint)
        if len(references.keys) < GROUP:
            raise InputError(
                f"--matcher: expected at least {GROUP} pairs with texts in {references.split}, "
                f"found {len(references.keys)}; omit it, or choose another --split"
            )
        view = StreamedDataset(dataset).clips(
            references.split, [FIELD], BATCH, keys=references.keys, rank=0, world=1
        )
        poses = (np.asarray(batch[FIELD]) for batch in view)
        vectors = [matcher.embed_pairs(each[:, A], each[:, B]) for each in poses]
        return cls(matcher, np.concatenate(vectors))

    def match(self, texts: Sequence[str]) -> PairMatch:
        """Return the scores of one text per pair; the groups are the same for all texts."""
        random = np.random.default_rng(0)
        embedded = self.matcher.embed_texts(texts)
        found = [matching(self.vectors, embedded, random) for _ in range(REPEATS)]
        precision = {rank: fmean(each[rank] for each, _ in found) for rank in RANKS}
        return PairMatch(precision, fmean(distance for _, distance in found))
