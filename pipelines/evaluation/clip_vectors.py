"""Vectors of clips, by which baselines compare them: means, deviations, shares of codes."""

from collections.abc import Callable, Iterator, Sequence
from functools import partial

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from motiondata.watching import Advance, unnoticed
from pipelines.products.tokens.arrays import in_one_range
from pipelines.products.tokens.description import STAGES, TOKENIZER, TOKENS
from pipelines.training.pose_pairs.pair_features import pair_features, pair_statistics
from pipelines.training.pose_pairs.read_pairs import FIELD as PAIRS
from pipelines.training.pose_pairs.read_pairs import batch_to_rotations, is_pose_pairs
from shards.format.dataset import Dataset
from shards.format.members import field_of
from shards.format.paths import TRAIN
from shards.stats.standardizer import read_standardizer
from shards.stream.streamed_dataset import StreamedDataset

CODES = field_of(TOKENS)
Clips = tuple[str, Sequence[str]]
"""Clips of a split: the split, and their keys in manifest order."""
Vectors = NDArray[np.float64]

_CLIPS_PER_BATCH = 16
_PAIRS_PER_BATCH = 256


def vectors_of(dataset: Dataset, field: str) -> Callable[..., Vectors]:
    """Return what makes a vector of each clip."""
    if field == PAIRS and is_pose_pairs(dataset):
        return partial(pair_vectors, statistics=pair_statistics(StreamedDataset(dataset)))
    return code_shares if field == CODES else clip_means


def probe_vectors(dataset: Dataset, field: str) -> Callable[..., Vectors]:
    """Return what makes a vector of each clip for a linear probe: with deviations of frames."""
    chosen = vectors_of(dataset, field)
    return clip_moments if chosen is clip_means else chosen


def pair_vectors(
    dataset: Dataset,
    clips: Clips,
    field: str,
    advance: Advance = unnoticed,
    *,
    statistics: tuple[Tensor, Tensor],
) -> Vectors:
    """Return the features of pose pairs by `pair_statistics`, shaped (pairs, numbers per pair)."""
    mean, std = statistics
    view = StreamedDataset(dataset).clips(
        clips[0], [field], _PAIRS_PER_BATCH, keys=clips[1], rank=0, world=1
    )
    vectors = []
    for batch in view:
        found = (pair_features(batch_to_rotations(batch)) - mean) / std
        vectors.append(found.flatten(1).double().numpy())
        advance(len(found))
    return np.concatenate(vectors)


def clip_means(dataset: Dataset, clips: Clips, field: str, advance: Advance = unnoticed) -> Vectors:
    """Return the mean of each clip's standardized rows, shaped (clips, components per row).

    Frames with a count of zero, such as frames in which no ray hit, are left out.
    """
    standardizer = read_standardizer(dataset, TRAIN, field)
    means = []
    for rows, weights in _weighted_rows(dataset, clips, field):
        mean = np.einsum("cf...,cf->c...", rows, weights)
        means.append(standardizer.standardize(mean).reshape(len(mean), -1))
        advance(len(mean))
    return np.concatenate(means)


def clip_moments(
    dataset: Dataset, clips: Clips, field: str, advance: Advance = unnoticed
) -> Vectors:
    """Return the means of `clip_means`, and after them the standard deviations of the same rows."""
    standardizer = read_standardizer(dataset, TRAIN, field)
    moments = []
    for rows, weights in _weighted_rows(dataset, clips, field):
        mean = np.einsum("cf...,cf->c...", rows, weights)
        spread = np.sqrt(np.einsum("cf...,cf->c...", (rows - mean[:, None]) ** 2, weights))
        both = (standardizer.standardize(mean), spread / standardizer.std)
        moments.append(np.concatenate([each.reshape(len(mean), -1) for each in both], axis=1))
        advance(len(mean))
    return np.concatenate(moments)


def _weighted_rows(dataset: Dataset, clips: Clips, field: str) -> Iterator[tuple[Vectors, Vectors]]:
    """Yield the rows of batches of clips, and the weights of rows, which sum to 1 for each clip."""
    counted = dataset.schema.arrays[field].counted_where
    fields = [field] if counted is None else [field, counted]
    view = StreamedDataset(dataset).clips(
        clips[0], fields, _CLIPS_PER_BATCH, keys=clips[1], rank=0, world=1
    )
    for batch in view:
        chosen = batch["mask"] if counted is None else batch["mask"] & (batch[counted] != 0)
        weights = chosen / np.maximum(chosen.sum(axis=1, keepdims=True), 1)
        yield batch[field].astype(np.float64), weights


def code_shares(
    dataset: Dataset, clips: Clips, field: str, advance: Advance = unnoticed
) -> Vectors:
    """Return the share of each code in the tokens of each clip, shaped (clips, codes).

    Codes are those of all stages of a residual tokenizer.
    """
    recorded = dataset.description.provenance[TOKENIZER]
    codes, stages = int(recorded["codes"]), int(recorded.get(STAGES, 1))
    view = StreamedDataset(dataset).clips(
        clips[0], [field], _CLIPS_PER_BATCH, keys=clips[1], rank=0, world=1
    )
    shares = []
    for batch in view:
        for tokens, chosen in zip(batch[field], batch["mask"], strict=True):
            found = in_one_range(tokens[chosen], codes).ravel()
            shares.append(np.bincount(found, minlength=codes * stages) / len(found))
        advance(len(batch["keys"]))
    return np.stack(shares)
