"""Baselines of generation: the same pose for all, and the motion of the nearest training caption.

A model that is not better than both has learned nothing useful. Both use training clips only.
"""

from collections.abc import Mapping

import numpy as np
from scipy.spatial.distance import cdist

from pipelines.evaluation.generation.embedded_motions import Features, embed_once, features_of
from pipelines.evaluation.references import References
from pipelines.training.matching.matcher import Matcher
from shards.format.dataset import Dataset
from shards.format.paths import TRAIN


def constant_motions(motions: Mapping[str, Features], matcher: Matcher) -> dict[str, Features]:
    """Return motions of the same lengths, with the mean of the training features in each frame."""
    return {key: np.broadcast_to(matcher.mean, clip.shape) for key, clip in motions.items()}


def nearest_motions(
    dataset: Dataset, train: References, references: References, matcher: Matcher
) -> dict[str, Features]:
    """Return for each clip the motion of the training caption that is nearest to its first caption.

    The distance is that of the matcher's embeddings; ties go to the first clip in manifest order.
    """
    pairs = [(text, key) for key, texts in train.texts.items() for text in texts]
    known = embed_once((text for text, _ in pairs), matcher)
    firsts = [text for (text,) in references.firsts.values()]
    asked = embed_once(firsts, matcher)
    distances = cdist([*asked.values()], [known[text] for text, _ in pairs])
    chosen = dict(zip(asked, [pairs[at][1] for at in distances.argmin(1)], strict=True))
    motions = features_of(dataset, TRAIN, [*dict.fromkeys(chosen.values())])
    return {key: motions[chosen[text]] for key, text in zip(references.keys, firsts, strict=True)}
