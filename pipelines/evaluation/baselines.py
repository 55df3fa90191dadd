"""Baselines: one caption for every clip, and the caption of the nearest training clip.

Short sentences about people share most of their words, so that a constant caption scores well. A
captioner that is not better than both baselines has learned nothing useful. Both baselines use
captions of training clips only.
"""

from typing import TextIO

import numpy as np
from scipy.spatial.distance import cdist

from motiondata.errors import InputError
from pipelines.engine.progress import Progress
from pipelines.evaluation.clip_vectors import CODES, vectors_of
from pipelines.evaluation.references import References
from pipelines.products.encoded_features.description import FEATURES
from pipelines.products.lidar.members import POINTS
from pipelines.training.common.central_sentence import central_sentence
from pipelines.training.common.normalize_caption import normalize_caption
from pipelines.training.pose_pairs.read_pairs import FIELD as PAIRS
from pipelines.training.pose_pairs.read_pairs import is_pose_pairs
from shards.format.dataset import Dataset
from shards.format.members import field_of
from shards.format.paths import TRAIN
from shards.stats.standardizer import read_standardizer
from shards.stream.field_reader import row_spec

NEAREST_BY = (field_of(FEATURES), field_of(POINTS), CODES)
"""Default fields for finding the nearest clip. The first one in the dataset is used."""

_CLIPS_AT_ONCE = 256
"""Number of clips compared with all training clips at once. It bounds memory use."""


def central_caption(references: References) -> str:
    """Return the reference that is most similar to all references: the constant caption.

    It is normalized. The similarity is that of `central_sentence`.
    """
    return normalize_caption(central_sentence(references.sentences))


def nearest_field(dataset: Dataset, asked: str | None) -> str:
    """Return the field for finding the nearest clip.

    Raises `InputError` or `ShardError` if the dataset lacks such a field or its statistics.
    """
    if asked in (None, PAIRS) and is_pose_pairs(dataset):
        return PAIRS
    there = [field for field in NEAREST_BY if field in dataset.schema.arrays]
    if asked is None and not there:
        raise InputError(
            f"{dataset.place}: expected one of the fields {', '.join(NEAREST_BY)}, found none; say "
            f"with --nearest-by which one tells clips apart: {', '.join(dataset.schema.arrays)}"
        )
    field = there[0] if asked is None else asked
    if field != CODES:
        row_spec(dataset.schema, field)
        dataset.schema.float_array(field)
        read_standardizer(dataset, TRAIN, field)
    return field


def describe_distance(field: str, pairs: bool) -> str:
    """Return by what `nearest_captions` finds the nearest clip, of pose pairs or not."""
    if pairs and field == PAIRS:
        return f"the standardized rotations of both poses and between them, of `{field}`"
    if field == CODES:
        return f"the share of each code in `{field}`"
    return f"the mean standardized `{field}`"


def nearest_captions(
    dataset: Dataset,
    train: References,
    others: References,
    field: str,
    stream: TextIO | None = None,
) -> list[str]:
    """Return, for each clip, the first reference of the training clip with the nearest mean.

    The mean is taken over the clip's frames, standardized by the training clips' statistics; that
    of motion tokens is the share of each code, and a pose pair has the rotations of both poses. The
    distance is Euclidean. Ties go to the first clip in the manifest. A training clip is not its own
    neighbor. Progress is written to `stream`.
    """
    of_clips = vectors_of(dataset, field)
    clips = len(train.keys) + len(others.keys)
    with Progress(clips, 0, stream, "clips") as progress:
        known, asked = (
            of_clips(dataset, (refs.split, refs.keys), field, progress.advance)
            for refs in (train, others)
        )
    keys = np.array(train.keys)
    first = [train.texts[key][0] for key in train.keys]
    captions = []
    for start in range(0, len(asked), _CLIPS_AT_ONCE):
        part = slice(start, start + _CLIPS_AT_ONCE)
        distances = cdist(asked[part], known, "sqeuclidean")
        distances[np.array(others.keys[part])[:, None] == keys] = np.inf
        captions += [first[nearest] for nearest in distances.argmin(axis=1).tolist()]
    return captions
