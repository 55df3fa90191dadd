"""A split as a pipeline of `webdataset`, whatever the numbers of its shards."""

import gc
import pickle
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from shards import open_dataset
from shards.errors import DatasetError, ShardError
from shards.stream.streamed_dataset import StreamedDataset
from tests.support.clip_dataset import clip_values, make_clips
from tests.support.dataset import build_shard, finish_dataset, made_values

LENGTHS = {"train": [[3, 4, 2], [5], [1, 6]], "val": [[2]]}
FRAMES = [frames for shard in LENGTHS["train"] for frames in shard]

pytestmark = [  # webdataset leaves its files to the garbage collector
    pytest.mark.filterwarnings("ignore:unclosed file:ResourceWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]


@pytest.fixture(autouse=True)
def closed_files() -> Iterator[None]:
    """Close what `webdataset` has left open while the warnings of it are ignored."""
    yield
    gc.collect()


@pytest.fixture(scope="module")
def dataset(tmp_path_factory: pytest.TempPathFactory) -> StreamedDataset:
    return open_dataset(make_clips(tmp_path_factory.mktemp("wds") / "a {0..1} b", LENGTHS).path)


def assert_is_train(samples: list[dict[str, Any]]) -> None:
    assert [sample["__key__"] for sample in samples] == [f"c{n}" for n in range(len(FRAMES))]
    for number, (sample, frames) in enumerate(zip(samples, FRAMES, strict=True)):
        for suffix, value in clip_values(number, frames, 2).items():
            np.testing.assert_array_equal(sample[suffix], value)


def test_a_split_is_read_decoded_and_in_order(dataset: StreamedDataset) -> None:
    samples = list(dataset.webdataset("train"))
    assert_is_train(samples)
    assert samples[0]["points.npy"].flags.writeable


def test_the_only_split_needs_no_name(tmp_path: Path) -> None:
    path = make_clips(tmp_path / "data", {"all": [[3], [2]]}).path
    assert [sample["__key__"] for sample in open_dataset(path).webdataset()] == ["c0", "c1"]


def test_stages_of_webdataset_follow(dataset: StreamedDataset) -> None:
    pipeline = dataset.webdataset("train", shardshuffle=3, seed=1).to_tuple("points.npy", "txt")
    assert sorted(len(points) for points, _ in pipeline) == sorted(FRAMES)


def test_workers_read_copies_of_a_pipeline(dataset: StreamedDataset) -> None:
    assert_is_train(list(pickle.loads(pickle.dumps(dataset.webdataset("train")))))  # noqa: S301


def test_shards_whose_numbers_have_holes_are_read(tmp_path: Path) -> None:
    names = {0: ["a"], 1: ["b", "c"], 4: ["d"], 12: ["e"]}
    shards = [
        build_shard(tmp_path, f"train/{number:06d}.tar", keys) for number, keys in names.items()
    ]
    finish_dataset(tmp_path, shards)
    samples = list(open_dataset(tmp_path).webdataset("train"))
    assert [sample["__key__"] for sample in samples] == ["a", "b", "c", "d", "e"]
    for sample in samples:
        expected = made_values(sample["__key__"])
        np.testing.assert_array_equal(sample["points.npy"], expected["points.npy"])


def test_a_split_that_is_not_there_is_refused_with_those_that_are(dataset: StreamedDataset) -> None:
    with pytest.raises(ShardError, match="there is no split 'test'; choose one of train, val"):
        dataset.webdataset("test")


def test_a_missing_shard_is_refused_before_anything_is_read(tmp_path: Path) -> None:
    make_clips(tmp_path / "data", LENGTHS)
    (tmp_path / "data" / "train" / "000001.tar").unlink()
    with pytest.raises(DatasetError, match=r"train/000001\.tar: expected a file, found nothing"):
        open_dataset(tmp_path / "data").webdataset("train")


def test_a_sample_that_the_dataset_does_not_describe_is_refused(tmp_path: Path) -> None:
    make_clips(tmp_path / "data", LENGTHS)
    shard = tmp_path / "data" / "train" / "000001.tar"
    shard.write_bytes(shard.read_bytes().replace(b"c3.hits.npy", b"c3.miss.npy"))
    with pytest.raises(DatasetError, match=r"000001\.tar: c3 has no member hits\.npy"):
        list(open_dataset(tmp_path / "data").webdataset("train"))


def test_a_condition_leaves_samples_out(streamed: StreamedDataset) -> None:
    chosen = streamed.where("frames >= 6 and split == 'train'")
    assert [sample["__key__"] for sample in chosen.webdataset("train")] == [*chosen]
