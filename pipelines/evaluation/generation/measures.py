"""Measures of generated motion, given embeddings of motions and of their captions.

Source of all definitions: Guo et al., "Generating Diverse and Natural 3D Human Motions from Text",
2022, and its evaluation code. Distances are Euclidean. Random choices come from a generator, so
that repeated runs show how much the choices matter.
"""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.random import Generator
from scipy.spatial.distance import cdist

from pipelines.training.matching.matcher import Embeddings

GROUP = 32
"""Number of texts that compete for a motion."""
RANKS = (1, 2, 3)
DIVERSITY_PAIRS = 300
MULTIMODALITY_PAIRS = 10
"""Pairs per text: both are those of the published evaluation."""


def matching(
    motions: Embeddings, texts: Embeddings, random: Generator, group: int = GROUP
) -> tuple[Mapping[int, float], float]:
    """Return R-precision by rank, and the matching distance.

    Row i of `motions` and of `texts` belong together. All pairs are put into groups in random
    order; those of an incomplete last group are left out. R-precision at k is the share of texts
    whose motion is among the k nearest of its group; equal distances count against the motion. The
    matching distance is the mean distance of a text and its motion. There must be a whole group.
    """
    order = random.permutation(len(motions))[: len(motions) // group * group]
    places, distances = [], []
    for members in order.reshape(-1, group):
        table = cdist(texts[members], motions[members])
        right = np.diagonal(table)
        places.append((table <= right[:, None]).sum(1))
        distances.append(right)
    found = np.concatenate(places)
    precision = {rank: float((found <= rank).mean()) for rank in RANKS}
    return precision, float(np.mean(distances))


def frechet_distance(real: Embeddings, found: Embeddings) -> float:
    """Return the Fréchet distance of two normal distributions fitted to embeddings: the FID.

    |m1 - m2|^2 + tr(C1 + C2 - 2 (C1 C2)^(1/2)), with means m and covariances C. Each has at least
    two rows. With fewer rows than columns the covariances have no full rank: compare such values
    only at equal numbers of clips.
    """
    difference = real.mean(0) - found.mean(0)
    one, other = np.cov(real.T), np.cov(found.T)
    # The eigenvalues of C1 C2 are those of R C2 R, which is symmetric, with R = C1^(1/2).
    values, vectors = np.linalg.eigh(one)
    root = (vectors * np.sqrt(values.clip(0))) @ vectors.T
    roots = np.sqrt(np.linalg.eigvalsh(root @ other @ root).clip(0))
    trace = np.trace(one) + np.trace(other) - 2 * roots.sum()
    return max(0.0, float(difference @ difference + trace))


def diversity(motions: Embeddings, random: Generator, pairs: int = DIVERSITY_PAIRS) -> float:
    """Return the mean distance of random motions: two draws of `pairs` without repetition.

    With fewer motions than that, each draw has all of them.
    """
    number = min(pairs, len(motions))
    one, other = (random.choice(len(motions), number, replace=False) for _ in range(2))
    return float(np.linalg.norm(motions[one] - motions[other], axis=1).mean())


def halves_distance(real: Embeddings, random: Generator) -> float:
    """Return the Fréchet distance of two random halves: what the number of clips alone causes."""
    order = random.permutation(len(real))
    middle = len(real) // 2
    return frechet_distance(real[order[:middle]], real[order[middle:]])


def multimodality(
    groups: Sequence[Embeddings], random: Generator, pairs: int = MULTIMODALITY_PAIRS
) -> float:
    """Return the mean distance of motions that were generated from the same text.

    Each group has the motions of a text, at least two. As in `diversity`, two draws of `pairs` per
    text; with fewer motions than that, each draw has all of them.
    """
    return float(np.mean([diversity(group, random, pairs) for group in groups]))
