"""Statistics of a dataset: what the build folds is what is read again, to the bit."""

import json
from pathlib import Path

import numpy as np
import pytest

from shards.dataset import Dataset
from shards.errors import DatasetError, ShardError
from shards.moments import Moments, fold
from shards.npy import npy_to_array
from shards.reading import iter_samples
from shards.schema import ArraySpec, Schema
from shards.statistics import (
    compute_statistics,
    sample_moments,
    shard_moments,
    write_statistics,
)
from shards.verifying import verify
from tests.shards.made_dataset import build_shard, made_keys, make_dataset


@pytest.fixture(scope="module")
def dataset(tmp_path_factory: pytest.TempPathFactory) -> Dataset:
    return make_dataset(tmp_path_factory.mktemp("whole"))


def test_the_build_and_a_second_reading_agree_to_the_bit(dataset: Dataset, tmp_path: Path) -> None:
    built = [
        build_shard(tmp_path, f"train/{number:06d}.tar", made_keys("train", number))
        for number in (1, 0)
    ]
    receipts = [Moments.from_json(shard.moments.to_json()) for shard in built]
    again = compute_statistics(dataset, "train", "points")
    assert fold(receipts[::-1]).to_json() == again.to_json()
    stats = json.loads((dataset.path / "stats/train/points/stats.json").read_bytes())
    assert stats["mean"] == again.mean.tolist()
    assert stats["std"] == again.std().tolist()


def test_shards_may_be_read_in_any_order(dataset: Dataset) -> None:
    shards = dataset.shards_of("train")
    read = {shard.name: shard_moments(dataset, shard, "trans") for shard in reversed(shards)}
    folded = fold(read[shard.name] for shard in shards)
    assert folded.to_json() == compute_statistics(dataset, "train", "trans").to_json()


@pytest.mark.parametrize("field", ["points", "trans"])
def test_statistics_are_of_all_values_that_count(dataset: Dataset, field: str) -> None:
    arrays = []
    for _, members in iter_samples(dataset, "train"):
        counted = npy_to_array(members["hits.npy"]) > 0 if field == "points" else slice(None)
        arrays.append(npy_to_array(members[f"{field}.npy"])[counted].reshape(-1, 3))
    values = np.concatenate(arrays).astype(np.longdouble)
    found = compute_statistics(dataset, "train", field)
    assert found.count == len(values)
    np.testing.assert_allclose(found.mean, values.mean(axis=0).astype(float), rtol=1e-13)
    np.testing.assert_allclose(found.std(), values.std(axis=0).astype(float), rtol=1e-12)


def test_the_files_say_what_the_moments_are(dataset: Dataset, tmp_path: Path) -> None:
    moments = compute_statistics(dataset, "val", "trans")
    folder = write_statistics(tmp_path, "val", "trans", moments, dataset.content_hash)
    assert folder == tmp_path / "stats/val/trans"
    mean, std = np.load(folder / "mean.npy"), np.load(folder / "std.npy")
    assert mean.dtype == std.dtype == np.float32
    np.testing.assert_array_equal(mean, moments.mean.astype(np.float32))
    np.testing.assert_array_equal(std, moments.std().astype(np.float32))
    stats = json.loads((folder / "stats.json").read_bytes())
    assert (stats["split"], stats["field"], stats["ddof"]) == ("val", "trans", 0)
    assert (stats["dataset"], stats["count"]) == (dataset.content_hash, moments.count)
    assert stats["min"] == moments.minimum.tolist()
    assert stats["max"] == moments.maximum.tolist()
    assert stats["constant"] == []


def test_a_constant_component_is_named_and_divides_by_one(tmp_path: Path) -> None:
    moments = Moments.of(np.array([[1.0, 5.0], [2.0, 5.0]]))
    folder = write_statistics(tmp_path, "train", "pose", moments, "0")
    stats = json.loads((folder / "stats.json").read_bytes())
    assert (stats["constant"], stats["std"]) == ([1], [0.5, 0.0])
    assert np.load(folder / "std.npy").tolist() == [0.5, 1]


def test_groups_share_their_mean_spread(tmp_path: Path) -> None:
    moments = Moments.of(np.array([[0.0, 0, 7], [2, 4, 7]]))
    groups = {"both": (0, 2), "last": (2, 3)}
    folder = write_statistics(tmp_path, "train", "pose", moments, "0", groups)
    stats = json.loads((folder / "stats.json").read_bytes())
    assert (stats["std"], stats["group_std"]) == ([1, 2, 0], [1.5, 1.5, 0])
    assert stats["groups"] == {"both": [0, 2], "last": [2, 3]}
    assert np.load(folder / "std.npy").tolist() == [1.5, 1.5, 1]


def test_statistics_of_nothing_are_refused_and_leave_no_folder(tmp_path: Path) -> None:
    with pytest.raises(ShardError, match="of 0 values"):
        write_statistics(tmp_path, "train", "points", Moments.nothing(3), "0")
    assert not list(tmp_path.iterdir())


def test_statistics_are_not_written_outside_the_folder(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data/stats").symlink_to(tmp_path)
    for split in ("train", "../train"):
        with pytest.raises(DatasetError):
            write_statistics(tmp_path / "data", split, "points", Moments.of(np.ones((2, 3))), "0")


@pytest.mark.parametrize("field", ["hits", "parts", "json", "velocity"])
def test_only_floats_have_statistics(dataset: Dataset, field: str) -> None:
    with pytest.raises(ShardError, match="choose of points, trans"):
        compute_statistics(dataset, "train", field)


def test_a_series_of_single_numbers_has_one_component() -> None:
    schema = Schema({"speed.npy": ArraySpec("float32", ("frames",))})
    values = {"speed.npy": np.array([1, 3], np.float32)}
    assert sample_moments(schema, "speed", values).mean.tolist() == [2]


def test_a_damaged_member_has_no_statistics(tmp_path: Path) -> None:
    dataset = make_dataset(tmp_path)
    path = tmp_path / "train/000000.tar"
    data = path.read_bytes()
    offset, _ = dataset.row("train0_0").members["hits.npy"]
    for damage in (b"{'descr': '<f4'", b"{'descr': '>i4'"):
        path.write_bytes(data[: offset + 10] + damage + data[offset + 10 + len(damage) :])
        with pytest.raises(DatasetError, match=r"train/000000\.tar: train0_0\.hits\.npy: "):
            compute_statistics(dataset, "train", "points")


def test_statistics_written_later_are_verified_too(tmp_path: Path) -> None:
    dataset = make_dataset(tmp_path)
    moments = compute_statistics(dataset, "val", "trans")
    folder = write_statistics(tmp_path, "val", "trans", moments, dataset.content_hash)
    assert list(verify(tmp_path)) == []
    (folder / "stats.json").unlink()
    assert [fault.where for fault in verify(tmp_path)] == ["stats/val/trans/stats.json"]
