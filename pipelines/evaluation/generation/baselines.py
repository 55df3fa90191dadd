"""Baselines of generation: the same pose for all, and motion of training clips.

A model that is not better than these has learned nothing useful.
"""

from collections.abc import Mapping, Sequence
from itertools import cycle

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.distance import cdist

from pipelines.evaluation.generation.embedded_motions import (
    Features,
    embed_once,
    features_of,
    stream_features,
)
from pipelines.evaluation.references import References, read_references
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


def judged_motions(
    dataset: Dataset, references: References, judges: Sequence[Matcher]
) -> dict[str, Features]:
    """Return for each clip the training motion that matchers embed nearest to its first caption.

    The mean of their distances counts. Clips with the same caption have the nearest motion, the
    second nearest, and so on, as motions that a model draws for one caption differ.
    """
    firsts = [text for (text,) in references.firsts.values()]
    different = [*dict.fromkeys(firsts)]
    names, distances = _mean_distances(dataset, different, judges)
    orders = distances.argsort(1, kind="stable").tolist()
    nearest = {
        text: cycle(names[place] for place in order)
        for text, order in zip(different, orders, strict=True)
    }
    chosen = [next(nearest[text]) for text in firsts]
    motions = features_of(dataset, TRAIN, [*dict.fromkeys(chosen)])
    return {key: motions[name] for key, name in zip(references.keys, chosen, strict=True)}


def _mean_distances(
    dataset: Dataset, texts: Sequence[str], judges: Sequence[Matcher]
) -> tuple[list[str], NDArray[np.float64]]:
    """Return the keys of the training motions, and their distances from texts, (texts, motions).

    One motion at a time is in memory.
    """
    embedded = {
        key: [judge.embed_motions([clip])[0] for judge in judges]
        for key, clip in stream_features(dataset, TRAIN, read_references(dataset, TRAIN).keys)
    }
    by_judge = zip(judges, zip(*embedded.values(), strict=True), strict=True)
    found = [cdist(judge.embed_texts(texts), vectors) for judge, vectors in by_judge]
    return [*embedded], np.mean(found, axis=0)
