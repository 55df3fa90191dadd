"""Baselines, compared with obvious versions of themselves: they see only training clips."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from motiondata.errors import InputError
from pipelines.datasets.statistics import stats
from pipelines.evaluation.baselines import (
    central_caption,
    describe_distance,
    nearest_captions,
    nearest_field,
)
from pipelines.evaluation.clip_vectors import Clips, clip_means, clip_moments
from pipelines.evaluation.references import References, read_references
from shards.errors import ShardError
from shards.format.dataset import Dataset
from shards.format.npy import npy_to_array
from shards.format.reading import read_member
from shards.format.schema import Schema
from shards.stats.standardizer import read_standardizer
from tests.support.clip_dataset import make_clips
from tests.support.evaluated_corpus import Corpus


def references(*texts: tuple[str, ...]) -> References:
    return References("train", {f"c{number}": lines for number, lines in enumerate(texts)}, ())


def clips_of(known: References) -> Clips:
    return known.split, known.keys


def test_the_constant_caption_is_one_that_is_said_of_training_clips(corpus: Corpus) -> None:
    train = read_references(corpus.dataset, "train")
    assert f"{central_caption(train)}." in train.sentences


def test_of_equals_the_first_by_the_alphabet_is_the_constant_caption() -> None:
    assert central_caption(references(("he walks",), ("he runs",))) == "he runs"


def slow_mean(dataset: Dataset, key: str, field: str) -> np.ndarray:
    """Return the mean of a clip's standardized rows, frame by frame."""
    rows = npy_to_array(read_member(dataset, key, f"{field}.npy")).astype(np.float64)
    hits = npy_to_array(read_member(dataset, key, "hits.npy"))
    counted = rows[hits != 0] if field == "points" else rows
    standardizer = read_standardizer(dataset, "train", field)
    total = sum((row - standardizer.mean) / standardizer.std for row in counted)
    return np.ravel(total / len(counted))


@pytest.mark.parametrize("field", ["points", "joints", "trans"])
def test_the_nearest_clip_has_the_least_distance(corpus: Corpus, field: str) -> None:
    train = read_references(corpus.dataset, "train")
    known = {key: slow_mean(corpus.dataset, key, field) for key in train.keys}
    expected = []
    for key in corpus.test.keys:
        asked = slow_mean(corpus.dataset, key, field)
        nearest = min(known, key=lambda other: float(np.sum((asked - known[other]) ** 2)))
        expected.append(train.texts[nearest][0])
    assert nearest_captions(corpus.dataset, train, corpus.test, field) == expected


def test_a_training_clip_is_not_its_own_neighbor(corpus: Corpus) -> None:
    train = read_references(corpus.dataset, "train")
    means = clip_means(corpus.dataset, clips_of(train), "joints")
    found = nearest_captions(corpus.dataset, train, train, "joints")
    for number, caption in enumerate(found):
        squares = np.sum((means - means[number]) ** 2, axis=1)
        squares[number] = np.inf
        assert caption == train.texts[train.keys[int(squares.argmin())]][0]


def test_frames_that_are_not_counted_are_left_out(tmp_path: Path) -> None:
    made = make_clips(tmp_path / "made", {"train": [(1, 3, 5)]})
    stats(made.path, "train", "points")
    points = replace(made.schema.arrays["points"], counted_where="hits")
    schema = Schema({**made.schema.members, "points.npy": points})
    dataset = replace(made, description=replace(made.description, schema=schema))
    train = read_references(dataset, "train")
    expected = [slow_mean(dataset, key, "points") for key in train.keys]
    np.testing.assert_allclose(clip_means(dataset, clips_of(train), "points"), expected, atol=1e-6)


def test_moments_are_the_means_and_the_deviations_of_standardized_rows(corpus: Corpus) -> None:
    clips = clips_of(corpus.test)
    found = clip_moments(corpus.dataset, clips, "joints")
    means = clip_means(corpus.dataset, clips, "joints")
    np.testing.assert_array_equal(found[:, : means.shape[1]], means)
    standardizer = read_standardizer(corpus.dataset, "train", "joints")
    for key, row in zip(corpus.test.keys, found, strict=True):
        frames = npy_to_array(read_member(corpus.dataset, key, "joints.npy")).astype(np.float64)
        scaled = np.stack([(frame - standardizer.mean) / standardizer.std for frame in frames])
        expected = scaled.reshape(len(frames), -1).std(axis=0)
        np.testing.assert_allclose(row[means.shape[1] :], expected, atol=1e-6)


def test_a_field_pose_is_described_as_pairs_of_pose_pairs_only() -> None:
    assert describe_distance("pose", pairs=False) == "the mean standardized `pose`"
    assert describe_distance("pose", pairs=True).startswith("the standardized rotations of both")


def test_features_are_compared_before_points(corpus: Corpus) -> None:
    assert nearest_field(corpus.dataset, None) == "points"
    assert nearest_field(corpus.dataset, "joints") == "joints"


@pytest.mark.parametrize("field", ["parts", "json", "nothing"])
def test_a_field_that_has_no_mean_is_refused(corpus: Corpus, field: str) -> None:
    with pytest.raises(ShardError, match="choose one of"):
        nearest_field(corpus.dataset, field)


def test_a_dataset_of_neither_features_nor_points_needs_a_field(corpus: Corpus) -> None:
    schema = Schema({"pose.npy": corpus.dataset.schema.arrays["pose"], "json": "json"})
    description = replace(corpus.dataset.description, schema=schema)
    with pytest.raises(InputError, match=r"--nearest-by .*: pose$"):
        nearest_field(replace(corpus.dataset, description=description), None)
