"""CIDEr-D: similarity of a caption to its references, with high weights for rare n-grams.

Vedantam et al., "CIDEr: consensus-based image description evaluation" (2015), with n 4, sigma 6,
and times 10. Equal to pycocoevalcap 1.2's `Cider`, which is the paper's CIDEr-D without stemming:
counts are clipped to the reference's, and a Gaussian of the difference in length is a penalty.
"""

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pipelines.training.common.ngrams import LONGEST, Ngram, count_ngrams, length_penalty

SCALE = 10.0


def cider_d(candidates: Sequence[str], references: Sequence[Sequence[str]]) -> float:
    """Return the mean CIDEr-D, from 0 to 10, of normalized candidates and their references.

    An n-gram is weighted by the number of these clips that have it in a reference, so that the
    score of a clip depends on the other clips. The score of any caption is 0 if `is_defined`
    returns False.
    """
    counted = [[count_ngrams(reference) for reference in refs] for refs in references]
    clips = Counter(gram for refs in counted for gram in set().union(*refs))
    rarity = _Rarity(clips, len(references))
    scores = [
        _score(rarity.weigh(count_ngrams(candidate)), [rarity.weigh(ref) for ref in refs])
        for candidate, refs in zip(candidates, counted, strict=True)
    ]
    return sum(scores) / len(scores)


def is_defined(references: Sequence[Sequence[str]]) -> bool:
    """Return whether CIDEr-D can distinguish captions.

    An n-gram in the references of every clip has zero weight, so some n-gram must be missing from
    the references of a clip. With a single clip, all n-grams have zero weight.
    """
    known = [set().union(*map(count_ngrams, refs)) for refs in references]
    return any(grams != known[0] for grams in known)


@dataclass(frozen=True)
class _Weighed:
    """A sentence as one vector per n-gram length."""

    vectors: Sequence[Mapping[Ngram, float]]
    norms: Sequence[float]
    length: int
    """Number of bigrams, as in pycocoevalcap: one less than the number of words."""


@dataclass(frozen=True)
class _Rarity:
    """The number of clips that have each n-gram in a reference, and the total number of clips."""

    clips: Mapping[Ngram, int]
    total: int

    def weigh(self, counts: Mapping[Ngram, int]) -> _Weighed:
        """Weight each count by the inverse document frequency of its n-gram."""
        vectors: list[dict[Ngram, float]] = [{} for _ in range(LONGEST)]
        for gram, count in counts.items():
            rare = math.log(self.total) - math.log(max(1, self.clips.get(gram, 0)))
            vectors[len(gram) - 1][gram] = count * rare
        norms = [math.sqrt(sum(v * v for v in vector.values())) for vector in vectors]
        return _Weighed(vectors, norms, sum(c for gram, c in counts.items() if len(gram) == 2))


def _score(candidate: _Weighed, references: Sequence[_Weighed]) -> float:
    alike = [_similarity(candidate, reference) for reference in references]
    return SCALE * sum(alike) / len(alike)


def _similarity(candidate: _Weighed, reference: _Weighed) -> float:
    """Return the mean clipped cosine over the n-gram lengths, times the length penalty."""
    total = 0.0
    for k, weights in enumerate(candidate.vectors):
        others, norms = reference.vectors[k], candidate.norms[k] * reference.norms[k]
        if norms:
            common = weights.keys() & others.keys()
            total += sum(min(weights[g], others[g]) * others[g] for g in sorted(common)) / norms
    return total / LONGEST * length_penalty(candidate.length - reference.length)
