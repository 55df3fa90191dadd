"""`motiondata stats`: any number of workers, any rule, and the build's statistics are kept."""

import dataclasses
import os
import shutil
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from numpy.typing import NDArray

from cli import main
from motiondata.errors import InputError
from motiondata.representations.feature_groups import FEATURE_GROUPS
from pipelines.datasets.statistics import ordered_map, stats
from pipelines.datasets.statistics_report import StatisticsReport
from pipelines.engine.errors import AbortedError
from shards import open_dataset
from shards.errors import DatasetError, ShardError
from shards.format.dataset import write_dataset_json
from shards.stats.measure import Weight
from shards.stats.standardizer import read_standardizer
from shards.verify import verify
from tests.support.clip_dataset import make_clips
from tests.support.dataset import make_dataset
from tests.support.feature_dataset import make_features
from tests.support.reference_data import reference_data

WEIGHTS: tuple[Weight, ...] = ("frame", "clip")
LENGTHS: dict[str, list[tuple[int, ...]]] = {
    "train": [(40, 3), (199,), (61, 62, 63), (1,)],
    "val": [(5,)],
}


def statistics_of(folder: Path) -> dict[str, bytes]:
    paths = (folder / "stats").rglob("*.*")
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in paths}


def run(*words: object) -> tuple[int, list[str]]:
    result = CliRunner().invoke(main, ["stats", *map(str, words)])
    return result.exit_code, result.output.splitlines()


def test_the_number_of_workers_changes_no_bit(tmp_path: Path) -> None:
    alone, together = (make_clips(tmp_path / name, LENGTHS).path for name in ("alone", "together"))
    for weight in WEIGHTS:
        stats(alone, None, "points", weight)
        stats(together, None, "points", weight, workers=3)
    assert statistics_of(alone) == statistics_of(together)
    assert len(statistics_of(alone)) == 8


def test_an_error_in_a_worker_is_raised_as_it_is(tmp_path: Path) -> None:
    path = make_clips(tmp_path, LENGTHS).path
    (path / "train/000002.tar").write_bytes(b"")
    with pytest.raises(DatasetError, match=r"train/000002\.tar: has 0 bytes"):
        stats(path, None, "points", workers=2)
    assert statistics_of(path) == {}


def test_a_killed_worker_ends_the_job_with_one_sentence() -> None:
    with (
        pytest.raises(AbortedError, match="try fewer --workers"),
        ordered_map(workers=2, shards=2) as in_order,
    ):
        list(in_order(os._exit, [9, 9]))  # type: ignore[arg-type, list-item]


def test_other_weights_and_groups_keep_the_statistics_of_the_build(tmp_path: Path) -> None:
    path = make_dataset(tmp_path).path
    before = statistics_of(path)
    for words in (["--weight", "clip"], ["--group", "all=0:3"]):
        assert run(path, *words)[0] == 0
        assert run(path, *words, "--field", "trans", "--split", "val")[0] == 0
    assert before.items() <= statistics_of(path).items()
    assert sorted(folder.name for folder in path.glob("stats/*/*")) == [
        "points",
        "points-clip",
        "points-grouped",
        "trans-clip",
        "trans-grouped",
    ]
    assert list(verify(path)) == []


def test_the_statistics_are_printed(tmp_path: Path) -> None:
    features = np.array([[0.0, 0, 7], [2, 4, 7]]).repeat(10, axis=0)
    path = make_features(tmp_path, [features, features[:18], np.tile(features, (2, 1))]).path
    code, said = run(path, "--field", "features", "--group", "a=0:2,b=2:3")
    assert code == 0
    assert said[0] == "features of train: 78 values per component"
    assert said[1].split() == ["features", "mean", "std", "group's", "std", "min", "max"]
    assert said[4].split() == ["2", "7", "0", "0", "7", "7", "constant"]
    assert said[5:] == [
        "lengths 10 |@@ @| 50",
        "ranges  7 |@         @| 8.375",
        f"written to {path}/stats/train/features-grouped",
    ]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--group", "a=0:2"], "each of the 3 components once"),
        (["--group", "humanml3d-263"], "each of the 3 components once"),
        (["--group", "color"], "humanml3d-272"),
        (["--split", "tset"], "choose one of train, val"),
        (["--field", "hits"], "choose one of points, trans"),
        (["--weight", "point"], "'frame', 'clip'"),
    ],
)
def test_a_wrong_request_names_the_choices_and_writes_nothing(
    tmp_path: Path, words: list[str], message: str
) -> None:
    path = make_dataset(tmp_path).path
    before = statistics_of(path)
    code, said = run(path, *words)
    assert code == 2
    assert message in said[-1]
    assert statistics_of(path) == before


def features_of_spread(std: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return features whose standard deviations differ, with a given mean in each group."""
    random = np.random.default_rng(0)
    own = random.uniform(0.2, 1.8, 263)
    for start, stop in FEATURE_GROUPS["humanml3d-263"].values():
        own[start:stop] *= std[start:stop].mean() / own[start:stop].mean()
    noise = random.normal(size=(500, 263))
    noise = (noise - noise.mean(axis=0)) / noise.std(axis=0)
    return np.asarray(noise * own + random.normal(size=263))


def test_the_std_of_humanml3d_is_reproduced_from_features_with_its_spreads(tmp_path: Path) -> None:
    expected = np.load(reference_data("humanml3d", "Std.npy"))
    features = features_of_spread(expected.astype(np.float64))
    dataset = make_features(tmp_path, np.array_split(features, [70, 270, 310]))
    code, _ = run(tmp_path, "--field", "features", "--group", "humanml3d-263", "--workers", "2")
    assert code == 0
    found = read_standardizer(dataset, "train", "features", rule="humanml3d-263").std
    np.testing.assert_allclose(found, expected, rtol=1e-6)
    groups = [found[start:stop] for start, stop in FEATURE_GROUPS["humanml3d-263"].values()]
    assert [len(np.unique(group)) for group in groups] == [1] * 7
    assert len(np.unique(found)) == len(np.unique(expected)) == 7


def test_a_missing_standardizer_names_the_command_that_writes_it(tmp_path: Path) -> None:
    data = open_dataset(make_dataset(tmp_path).path)
    with pytest.raises(ShardError, match=r"--field points --weight clip --group NAME=START"):
        data.standardizer("points", weight="clip", rule="grouped")
    stats(tmp_path, None, "points", "clip", "all=0:3")
    found = data.standardizer("points", weight="clip", rule="grouped")
    assert len(np.unique(found.std)) == 1


def test_statistics_are_printed_before_they_are_written(tmp_path: Path) -> None:
    path = make_dataset(tmp_path).path
    shutil.rmtree(path / "stats")
    shown = []

    def show(report: StatisticsReport) -> None:
        assert not (path / "stats").exists()
        shown.append(report)

    report = stats(path, None, "points", before_writing=show)
    assert shown == [report]
    assert report.lines()[0].startswith("points of train: ")
    assert report.lines()[-1] == f"written to {path}/stats/train/points"
    assert list(verify(path)) == []


def test_statistics_of_a_read_only_dataset_are_printed_and_the_error_names_out(
    tmp_path: Path,
) -> None:
    nobody_may_write_here = Path("/sys/statistics")  # not even root
    code, said = run(make_dataset(tmp_path).path, "--out", nobody_may_write_here)
    assert code == 1
    assert said[0].startswith("points of train: ")
    assert said[-1].startswith(
        f"motiondata: {nobody_may_write_here}: the statistics cannot be written there: "
    )
    assert said[-1].endswith("; choose another folder with --out")


def test_statistics_written_elsewhere_are_read_from_there(tmp_path: Path) -> None:
    path, out = make_dataset(tmp_path / "data").path, tmp_path / "out"
    before = statistics_of(path)
    code, said = run(path, "--weight", "clip", "--out", out)
    assert (code, said[-1]) == (0, f"written to {out}/stats/train/points-clip")
    assert statistics_of(path) == before
    data = open_dataset(path)
    assert data.standardizer("points", weight="clip", folder=out).mean.shape == (3,)
    with pytest.raises(ShardError, match="there are no statistics 'points-clip'"):
        data.standardizer("points", weight="clip")


def test_statistics_are_not_written_into_another_dataset(tmp_path: Path) -> None:
    path = make_dataset(tmp_path / "data").path
    other = make_clips(tmp_path / "other", LENGTHS).path
    code, said = run(path, "--out", other)
    assert code == 2
    assert "is another dataset; choose another --out" in said[-1]
    code, said = run(path, "--out", other / "train")
    assert code == 2
    assert "expected a folder outside of all datasets" in said[-1]
    assert statistics_of(other) == {}


def test_statistics_of_a_dataset_that_was_rebuilt_meanwhile_are_not_written(
    tmp_path: Path,
) -> None:
    path = make_clips(tmp_path / "data", LENGTHS).path

    def build_anew(_: StatisticsReport) -> None:
        shutil.rmtree(path)
        make_clips(path, {"train": [(4,)]})

    with pytest.raises(InputError, match="was built anew while its statistics were computed"):
        stats(path, None, "points", before_writing=build_anew)
    assert statistics_of(path) == {}
    unfinished = make_clips(tmp_path / "unfinished", LENGTHS).path
    with pytest.raises(InputError, match="was built anew while"):
        stats(
            unfinished,
            before_writing=lambda _: (unfinished / "dataset.json").unlink(),
        )


def test_statistics_of_the_build_are_not_replaced_by_other_values(tmp_path: Path) -> None:
    dataset = make_dataset(tmp_path)
    mean, *others = dataset.description.statistics or ()
    forged = dataclasses.replace(mean, blake3="0" * 64)
    write_dataset_json(
        tmp_path, dataclasses.replace(dataset.description, statistics=(forged, *others))
    )
    before = statistics_of(tmp_path)
    code, said = run(tmp_path)
    assert code == 2
    assert "differs from what the dataset's build computed" in said[-1]
    assert statistics_of(tmp_path) == before


def test_statistics_of_the_documented_options_are_read_by_the_documented_calls(
    tmp_path: Path,
) -> None:
    path = make_dataset(tmp_path / "data").path
    assert run(path, "--weight", "clip")[0] == 0
    assert run(path, "--group", "xy=0:2,z=2:3")[0] == 0
    assert run(path, "--out", tmp_path / "out")[0] == 0
    data = open_dataset(path)
    for words in ({"weight": "clip"}, {"rule": "grouped"}, {"folder": tmp_path / "out"}):
        assert data.standardizer("points", **words).std.shape == (3,)
    (tmp_path / "f").mkdir()
    features = make_features(tmp_path / "f", [np.random.default_rng(0).normal(size=(9, 263))]).path
    assert run(features, "--field", "features", "--group", "humanml3d-263")[0] == 0
    rule = open_dataset(features).standardizer("features", rule="humanml3d-263")
    assert rule.std.shape == (263,)
