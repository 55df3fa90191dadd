"""The pipelines of docs/loading.md that do not use this project read the same shards."""

from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import webdataset

from shards.format.dataset import Dataset
from shards.format.self_hashed_json import from_self_hashed_json
from tests.support.clip_dataset import clip_values, make_clips

LENGTHS = {"train": [[3, 4, 2], [5], [1, 6]], "val": [[2]]}
FRAMES = [frames for shard in LENGTHS["train"] for frames in shard]


@pytest.fixture(scope="module")
def dataset(tmp_path_factory: pytest.TempPathFactory) -> Dataset:
    return make_clips(tmp_path_factory.mktemp("others") / "data", LENGTHS)


@pytest.fixture
def pattern(dataset: Dataset) -> str:
    """Return the pattern of the train split, as `dataset.json` has it."""
    document = from_self_hashed_json((dataset.path / "dataset.json").read_bytes(), "dataset.json")
    return f"{dataset.path}/{document['splits']['train']['pattern']}"


def assert_read(samples: list[dict[str, Any]], fields: dict[str, str]) -> None:
    """Compare samples with the train split's clips; fields are named by suffix."""
    assert [sample["__key__"] for sample in samples] == [f"c{n}" for n in range(len(FRAMES))]
    for number, (sample, frames) in enumerate(zip(samples, FRAMES, strict=True)):
        values = clip_values(number, frames, 2)
        for suffix, name in fields.items():
            np.testing.assert_array_equal(sample[name], values[suffix])


SAME = {name: name for name in ("points.npy", "hits.npy", "json", "txt")}


# webdataset leaves its files to the garbage collector.
@pytest.mark.filterwarnings("ignore:unclosed file:ResourceWarning")
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_webdataset_reads_a_split_by_its_pattern(pattern: str) -> None:
    pipeline = webdataset.WebDataset(pattern, shardshuffle=False).decode()
    assert_read(list(pipeline), SAME)


@pytest.mark.filterwarnings("ignore:unclosed file:ResourceWarning")
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_webdataset_shuffles_and_batches_frames(pattern: str) -> None:
    def explode(samples: Iterator[dict[str, Any]]) -> Iterator[Any]:
        for sample in samples:
            yield from zip(sample["points.npy"], sample["hits.npy"], strict=True)

    pipeline = (
        webdataset.WebDataset(pattern, shardshuffle=3)
        .decode()
        .compose(explode)
        .shuffle(10)
        .batched(4)
    )
    points = np.concatenate([batch[0] for batch in pipeline])
    assert points.shape == (sum(FRAMES), 2, 3)
    assert len(np.unique(points[:, 0, :2], axis=0)) == sum(FRAMES)


def test_datasets_streams_a_split(
    dataset: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    monkeypatch.setenv("HF_HOME", str(tmp_path))
    datasets = pytest.importorskip("datasets")
    files = {"train": f"{dataset.path}/train/*.tar"}
    read = datasets.load_dataset("webdataset", data_files=files, split="train", streaming=True)
    assert_read(list(read), SAME)


def read_with_ray_data(folder: str) -> list[dict[str, Any]]:
    import ray

    ray.init(num_cpus=1, include_dashboard=False, log_to_driver=False)
    rows: list[dict[str, Any]] = ray.data.read_webdataset(folder).take_all()
    ray.shutdown()
    return rows


def test_ray_data_reads_a_split(dataset: Dataset, monkeypatch: pytest.MonkeyPatch) -> None:
    """In another process, because Ray keeps the token of the first cluster of a process."""
    monkeypatch.setenv("RAY_USAGE_STATS_ENABLED", "0")
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        rows = pool.submit(read_with_ray_data, f"{dataset.path}/train").result()
    assert_read(sorted(rows, key=lambda row: row["__key__"]), SAME)


def test_datasets_loads_a_split_whose_first_clips_have_no_captions(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    monkeypatch.setenv("HF_HOME", str(tmp_path))
    datasets = pytest.importorskip("datasets")
    shards = [[3], [4]]  # of every five clips the first has no captions, and so the first shard
    path = make_clips(tmp_path / "data", {"train": shards}).path
    files = {"train": f"{path}/train/*.tar"}
    where = {"data_files": files, "split": "train"}
    found = datasets.load_dataset("webdataset", **where, streaming=True).features
    text, seconds = datasets.Value("string"), datasets.Value("float64")
    caption = {"text": text, "start_seconds": seconds, "end_seconds": seconds}
    features = {**found, "json": {**found["json"], "captions": [caption]}}
    read = datasets.load_dataset(
        "webdataset", **where, features=datasets.Features(features), cache_dir=str(tmp_path / "c")
    )
    assert [len(row["json"]["captions"]) for row in read] == [0, 2]
