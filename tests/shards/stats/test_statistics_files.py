"""Statistics of a dataset: the build and a second reading give the same bits."""

import json
import math
from collections import Counter
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from shards.errors import DatasetError, ShardError
from shards.format.array_spec import ArraySpec
from shards.format.dataset import Dataset
from shards.format.npy import npy_to_array
from shards.format.schema import Schema
from shards.stats.measure import FieldMeasures, ShardTask, Weight, measure_field, sample_moments
from shards.stats.moments import Moments, fold
from shards.stats.statistics_files import StatisticsKey, histograms_file, write_files
from shards.stats.std_groups import GroupRule
from shards.verify import verify
from tests.support.dataset import build_shard, made_keys, make_dataset, write_statistics
from tests.support.feature_dataset import make_features
from tests.support.samples import iter_samples

WEIGHTS: tuple[Weight, ...] = ("frame", "clip")


@pytest.fixture(scope="module")
def dataset(tmp_path_factory: pytest.TempPathFactory) -> Dataset:
    return make_dataset(tmp_path_factory.mktemp("whole"))


def test_the_build_and_a_second_reading_agree_to_the_bit(dataset: Dataset, tmp_path: Path) -> None:
    built = [
        build_shard(tmp_path, f"train/{number:06d}.tar", made_keys("train", number))
        for number in (1, 0)
    ]
    receipts = [Moments.from_json(shard.moments.to_json()) for shard in built]
    again = measure_field(dataset, "train", "points").moments
    assert fold(receipts[::-1]).to_json() == again.to_json()
    stats = json.loads((dataset.path / "stats/train/points/stats.json").read_bytes())
    assert stats["mean"] == again.mean.tolist()
    assert stats["std"] == again.std().tolist()


def backwards(
    work: Callable[[ShardTask], FieldMeasures], tasks: Iterable[ShardTask]
) -> list[FieldMeasures]:
    """Do as `map` does, the last task first."""
    return [work(task) for task in reversed(list(tasks))][::-1]


@pytest.mark.parametrize("weight", WEIGHTS)
def test_shards_may_be_read_in_any_order(dataset: Dataset, weight: Weight) -> None:
    found, again = (
        measure_field(dataset, "train", "points", weight, in_order) for in_order in (map, backwards)
    )
    assert found.moments.to_json() == again.moments.to_json()
    assert found.histograms == again.histograms


def counted_clips(dataset: Dataset, field: str) -> list[NDArray[np.longdouble]]:
    """Return the values of each clip of `train` that count, in 80 bits."""
    clips = []
    for _, members in iter_samples(dataset, "train"):
        counted = npy_to_array(members["hits.npy"]) > 0 if field == "points" else slice(None)
        values = npy_to_array(members[f"{field}.npy"])[counted].reshape(-1, 3)
        clips.append(values.astype(np.longdouble))
    return clips


@pytest.mark.parametrize("field", ["points", "trans"])
@pytest.mark.parametrize("weight", WEIGHTS)
def test_statistics_are_those_of_two_passes(dataset: Dataset, field: str, weight: Weight) -> None:
    clips = counted_clips(dataset, field)
    values = np.concatenate(clips)
    sizes = np.repeat([len(clip) for clip in clips], [len(clip) for clip in clips])
    weights = np.ones(len(values)) if weight == "frame" else 1 / sizes.astype(np.longdouble)
    mean = np.average(values, axis=0, weights=weights)
    variance = np.average(np.square(values - mean), axis=0, weights=weights)
    found = measure_field(dataset, "train", field, weight).moments
    assert found.count == (len(values) if weight == "frame" else len(clips))
    np.testing.assert_allclose(found.mean, mean.astype(float), rtol=1e-13)
    np.testing.assert_allclose(found.std(), np.sqrt(variance).astype(float), rtol=1e-12)
    assert (found.minimum == values.min(axis=0)).all()
    assert (found.maximum == values.max(axis=0)).all()


def test_histograms_are_of_clips_frames_and_counted_vectors(dataset: Dataset) -> None:
    clips = counted_clips(dataset, "points")
    samples = [members for _, members in iter_samples(dataset, "train")]
    hits = [npy_to_array(members["hits.npy"]) for members in samples]
    expected = {
        "lengths": Counter(len(frames) // 10 * 10 for frames in hits),
        "hits": Counter(count // 16 * 16 for count in np.concatenate(hits).tolist()),
        "ranges": Counter(
            math.dist(point, (0, 0, 0)) // 0.125 * 0.125
            for point in np.concatenate(clips).astype(float).tolist()
        ),
    }
    found = measure_field(dataset, "train", "points").histograms
    assert {name: part.counts for name, part in found.items()} == expected


def test_a_field_that_is_no_vector_and_counts_nothing_has_lengths_alone(tmp_path: Path) -> None:
    dataset = make_features(tmp_path, [np.zeros((12, 4)), np.ones((31, 4))])
    found = measure_field(dataset, "train", "features").histograms
    assert {name: part.counts for name, part in found.items()} == {"lengths": {10: 1, 30: 1}}


def test_the_files_say_what_the_moments_are(dataset: Dataset, tmp_path: Path) -> None:
    moments = measure_field(dataset, "val", "trans").moments
    folder = write_statistics(
        tmp_path, StatisticsKey(dataset.content_hash, "val", "trans"), moments
    )
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
    folder = write_statistics(tmp_path, StatisticsKey("0", "train", "pose"), moments)
    stats = json.loads((folder / "stats.json").read_bytes())
    assert (stats["constant"], stats["std"]) == ([1], [0.5, 0.0])
    assert np.load(folder / "std.npy").tolist() == [0.5, 1]


def test_a_spread_that_float32_takes_for_none_is_named_too(tmp_path: Path) -> None:
    moments = Moments.of(np.array([[1e-60, 5.0], [2e-60, 6.0]]))
    folder = write_statistics(tmp_path, StatisticsKey("0", "train", "pose"), moments)
    assert json.loads((folder / "stats.json").read_bytes())["constant"] == [0]
    assert np.load(folder / "std.npy").tolist() == [1, 0.5]


def test_groups_share_their_mean_spread(tmp_path: Path) -> None:
    moments = Moments.of(np.array([[0.0, 0, 7], [2, 4, 7]]))
    rule = GroupRule({"both": (0, 2), "last": (2, 3)})
    folder = write_statistics(
        tmp_path, StatisticsKey("0", "train", "pose", group_rule=rule), moments
    )
    stats = json.loads((folder / "stats.json").read_bytes())
    assert (stats["std"], stats["group_std"]) == ([1, 2, 0], [1.5, 1.5, 0])
    assert stats["groups"] == {"both": [0, 2], "last": [2, 3]}
    assert np.load(folder / "std.npy").tolist() == [1.5, 1.5, 1]


def test_statistics_of_nothing_are_refused_and_leave_no_folder(tmp_path: Path) -> None:
    with pytest.raises(ShardError, match="of 0 values"):
        write_statistics(tmp_path, StatisticsKey("0", "train", "points"), Moments.empty(3))
    assert not list(tmp_path.iterdir())


def test_statistics_are_not_written_outside_the_folder(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data/stats").symlink_to(tmp_path)
    moments = Moments.of(np.ones((2, 3)))
    for split in ("train", "../train"):
        with pytest.raises(DatasetError):
            write_statistics(tmp_path / "data", StatisticsKey("0", split, "points"), moments)


@pytest.mark.parametrize("field", ["hits", "parts", "json", "velocity"])
def test_only_floats_have_statistics(dataset: Dataset, field: str) -> None:
    with pytest.raises(ShardError, match="choose one of points, trans"):
        measure_field(dataset, "train", field)


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
            measure_field(dataset, "train", "points")


def test_statistics_written_later_are_verified_too(tmp_path: Path) -> None:
    dataset = make_dataset(tmp_path)
    moments = measure_field(dataset, "val", "trans").moments
    folder = write_statistics(
        tmp_path, StatisticsKey(dataset.content_hash, "val", "trans"), moments
    )
    assert list(verify(tmp_path)) == []
    (folder / "stats.json").unlink()
    assert [fault.where for fault in verify(tmp_path)] == ["stats/val/trans/stats.json"]


VARIANTS: dict[str, dict[str, Any]] = {
    "trans": {},
    "trans-clip": {"weight": "clip"},
    "trans-grouped": {"group_rule": GroupRule({"all": (0, 3)})},
    "trans-clip-grouped": {"weight": "clip", "group_rule": GroupRule({"all": (0, 3)})},
}


@pytest.mark.parametrize("name", VARIANTS)
def test_each_variant_has_a_folder_of_its_own_that_is_verified(tmp_path: Path, name: str) -> None:
    dataset = make_dataset(tmp_path)
    subject = StatisticsKey(dataset.content_hash, "val", "trans", **VARIANTS[name])
    found = measure_field(dataset, "val", "trans", subject.weight)
    folder = write_statistics(tmp_path, subject, found.moments)
    write_files(tmp_path, histograms_file(subject, found.histograms))
    assert folder == tmp_path / "stats/val" / name
    assert list(verify(tmp_path)) == []
    folder.rename(folder.with_name("points"))
    assert [fault.where for fault in verify(tmp_path)] == ["stats/val/points"] * 2


def test_damaged_histograms_are_a_fault(tmp_path: Path) -> None:
    dataset = make_dataset(tmp_path)
    subject = StatisticsKey(dataset.content_hash, "train", "points")
    found = measure_field(dataset, "train", "points")
    write_files(tmp_path, histograms_file(subject, found.histograms))
    path = tmp_path / subject.folder / "histograms.json"
    path.write_bytes(path.read_bytes().replace(b"16", b"17"))
    faults = list(verify(tmp_path))
    assert [fault.where for fault in faults] == ["stats/train/points/histograms.json"]
