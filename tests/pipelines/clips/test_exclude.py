"""Clips with excluded flags: drops of a build, and left out of a view, for every product."""

import csv
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from cli import main
from motiondata.errors import InputError
from motiondata.motion_quality.flags import quality_flags
from motiondata.motion_quality.limits import LIMITS
from pipelines.datasets.info import info
from pipelines.datasets.statistics import stats
from pipelines.engine.execution import Execution
from pipelines.motion_export.export import export_motion
from pipelines.motion_export.options import MotionExportOptions
from pipelines.products.encoded_features.encode import encode_with
from pipelines.products.lidar.build import build_lidar
from pipelines.products.motion_features.build import build_features
from pipelines.products.motion_features.options import (
    MotionFeatureBuildOptions,
    MotionFeatureOptions,
)
from shards import open_dataset
from shards.errors import ShardError
from shards.format.dataset import Dataset, read_drops
from tests.pipelines.products.test_encoded_features import MEANS
from tests.support.archive import MadeArchive, make_flagged_archive
from tests.support.samples import samples_of

HERE = Execution(workers=0)
PRODUCTS = ("lidar", "joints", "humanml3d-263")


def build(archive: MadeArchive, out: Path, product: str, **parameters: Any) -> Dataset:
    """Build a product of the archive, with the flags of motion quality."""
    options = archive.options(quality=product == "lidar", **parameters)
    if product == "lidar":
        build_lidar(options, out, HERE)
    else:
        features = MotionFeatureOptions(product)
        build_features(MotionFeatureBuildOptions(options.clips, features), out, HERE)
    return Dataset.open(out)


def raised(dataset: Dataset) -> dict[str, set[str]]:
    table = dataset.manifest
    return dict(zip(table["key"].to_pylist(), map(set, table["flags"].to_pylist()), strict=True))


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> MadeArchive:
    """Make an archive of which one training recording is 20 cm too low."""
    return make_flagged_archive(tmp_path_factory.mktemp("archive"))


@pytest.fixture(scope="module", params=PRODUCTS)
def product(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    return name


@pytest.fixture(scope="module")
def whole(product: str, archive: MadeArchive, tmp_path_factory: pytest.TempPathFactory) -> Dataset:
    return build(archive, tmp_path_factory.mktemp("whole") / product, product)


def test_every_product_has_the_same_measures_and_flags(whole: Dataset) -> None:
    for sample in samples_of(whole).values():
        quality, flags = sample["json"]["quality"], sample["json"]["flags"]
        assert [*quality] == [*LIMITS]
        assert {name for name in LIMITS if flags[name]} == {*quality_flags(quality)}


def test_a_build_drops_what_a_view_leaves_out(
    product: str, whole: Dataset, archive: MadeArchive, tmp_path: Path
) -> None:
    flags = raised(whole)
    flag = min(name for found in flags.values() for name in found if name in LIMITS)
    kept = {key for key, found in flags.items() if flag not in found}
    built = build(archive, tmp_path / "out", product, exclude=(flag,))
    assert {*raised(built)} == kept
    drops = read_drops(built).to_pylist()
    flagged = {drop["key"]: drop["message"] for drop in drops if drop["reason"] == "flagged"}
    assert {*flagged} == {*flags} - kept != set()
    assert all(f"has the excluded flag {flag}" in message for message in flagged.values())
    assert f"--exclude {flag}" in info(built.path).command
    viewed = {
        key
        for split in whole.description.splits
        if any(whole.row(key).shard.startswith(split) for key in kept)
        for batch in open_dataset(whole.path).clips(split, ["joints"], 4, exclude=[flag])
        for key in batch["keys"]
    }
    assert viewed == kept


def encoded(source: Dataset, out: Path, exclude: tuple[str, ...]) -> Dataset:
    encode_with(MEANS, source.path, out, HERE, exclude=exclude)
    return Dataset.open(out)


@pytest.mark.parametrize("product", ["lidar"], indirect=True)
def test_encoding_drops_what_a_view_leaves_out(whole: Dataset, tmp_path: Path) -> None:
    flags = raised(whole)
    flag = min(name for found in flags.values() for name in found if name in LIMITS)
    flagged = {key for key, found in flags.items() if flag in found}
    features = encoded(whole, tmp_path / "features", (flag,))
    assert {*features.manifest["key"].to_pylist()} == {*flags} - flagged
    drops = {drop["key"]: drop for drop in read_drops(features).to_pylist()}
    assert {*drops} == flagged != set()
    assert {drop["reason"] for drop in drops.values()} == {"flagged"}
    assert f"--exclude {flag}" in info(features.path).command
    again = encode_with(MEANS, whole.path, features.path, HERE, exclude=[flag])
    assert again.samples == len(flags) - len(flagged)
    with pytest.raises(InputError, match="exclude"):
        encoded(whole, features.path, ())


FORMATS = ("npy-tree", "packs-of-32", "pcd", "st-gcn", "pyskl", "bvh")


@pytest.mark.parametrize("product", ["lidar"], indirect=True)
@pytest.mark.parametrize("kind", FORMATS)
def test_an_export_leaves_out_what_a_view_leaves_out(
    kind: str, whole: Dataset, tmp_path: Path
) -> None:
    flags = {key: of for key, of in raised(whole).items() if "train/" in whole.row(key).shard}
    flag = min(name for found in flags.values() for name in found if name in LIMITS)
    kept = {key for key, found in flags.items() if flag not in found}
    assert {*flags} > kept != set()
    words = ["export", whole.path, "--format", kind, "--out", tmp_path / "out"]
    words += [] if kind == "pyskl" else ["--split", "train"]
    first = CliRunner().invoke(main, [*map(str, words), "--exclude", flag])
    assert first.exit_code == 0, first.output
    with (tmp_path / "out/train.csv").open(newline="") as file:
        assert {line["key"] for line in csv.DictReader(file)} == kept
    again = CliRunner().invoke(main, [*map(str, words)])
    assert "exclude" in again.stderr
    assert again.exit_code == 2
    words[-1 if kind == "pyskl" else -3] = tmp_path / "none"
    unknown = CliRunner().invoke(main, [*map(str, words), "--exclude", "t_poze"])
    assert "'t_poze'; did you mean t_pose?" in unknown.stderr
    assert not (tmp_path / "none").exists()


@pytest.mark.parametrize("product", ["lidar"], indirect=True)
@pytest.mark.parametrize("kind", FORMATS)
def test_an_export_that_would_leave_out_all_clips_of_a_split_writes_nothing(
    kind: str, whole: Dataset, tmp_path: Path
) -> None:
    flag = min(name for found in raised(whole).values() for name in found if name in LIMITS)
    flagged, out = tmp_path / "flagged", tmp_path / "out"
    words = ["filter", whole.path, "--where", f"flags.{flag}", "--out", flagged]
    filtered = CliRunner().invoke(main, [*map(str, words)])
    assert filtered.exit_code == 0, filtered.output
    words = ["export", flagged, "--format", kind, "--out", out, "--exclude", flag]
    exported = CliRunner().invoke(main, [*map(str, words)])
    assert exported.exit_code == 2
    split = f"no clip matches the split 'train' with at least 1 frames, without the flag {flag}"
    assert ("there is nothing to export" if kind == "bvh" else split) in exported.stderr
    assert not out.exists()


def test_recordings_have_no_flags_that_an_export_could_exclude(
    archive: MadeArchive, tmp_path: Path
) -> None:
    options = MotionExportOptions("bvh", exclude=("t_pose",))
    with pytest.raises(InputError, match="expected a dataset, whose samples have flags"):
        export_motion(archive.root / "amass", tmp_path / "out", options)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("product", ["lidar"], indirect=True)
def test_encoding_refuses_unknown_flags_with_the_nearest(whole: Dataset, tmp_path: Path) -> None:
    with pytest.raises(ShardError, match=r"'t_poze'; did you mean t_pose\? \(known: lying, "):
        encoded(whole, tmp_path / "features", ("t_poze",))
    assert not (tmp_path / "features").exists()


def test_a_flag_that_no_clip_has_excludes_nothing(
    product: str, whole: Dataset, archive: MadeArchive, tmp_path: Path
) -> None:
    unseen = next(name for name in LIMITS if not any(name in f for f in raised(whole).values()))
    built = build(archive, tmp_path / "out", product, exclude=(unseen,))
    assert built.content_hash == whole.content_hash
    view = open_dataset(whole.path).clips("train", ["joints"], 4, exclude=[unseen])
    assert view.items == open_dataset(whole.path).clips("train", ["joints"], 4).items


def test_unknown_flags_are_refused_with_the_nearest(
    product: str, whole: Dataset, archive: MadeArchive, tmp_path: Path
) -> None:
    with pytest.raises(InputError, match=r"'t_poze'; did you mean t_pose\? \(known: lying, "):
        build(archive, tmp_path / "out", product, exclude=("t_poze",))
    assert not (tmp_path / "out").exists()
    with pytest.raises(ShardError, match=r"'t_poze'; did you mean t_pose\? \(known: lying, "):
        open_dataset(whole.path).clips("train", ["joints"], 4, exclude=["t_poze"])


def test_a_state_of_a_view_with_other_flags_is_refused(whole: Dataset) -> None:
    flags = raised(whole)
    in_train = (flags[key] for key in flags if whole.row(key).shard.startswith("train"))
    flag = min(name for found in in_train for name in found)
    state = open_dataset(whole.path).clips("train", ["joints"], 4).state_dict()
    with pytest.raises(ShardError, match="another view"):
        open_dataset(whole.path).clips("train", ["joints"], 4, exclude=[flag]).load_state_dict(
            state
        )


def test_scans_without_measures_say_which_flags_they_have(
    archive: MadeArchive, tmp_path: Path
) -> None:
    build_lidar(archive.options(), tmp_path / "plain", HERE)
    with pytest.raises(ShardError, match=r"no flag 't_pose' \(known: lying, off_floor\)"):
        open_dataset(tmp_path / "plain").clips("train", ["points"], 4, exclude=["t_pose"])


@pytest.mark.parametrize("product", ["lidar", "humanml3d-263"])
def test_info_and_stats_count_the_measures_of_all_clips(
    archive: MadeArchive, tmp_path: Path, product: str
) -> None:
    dataset = build(archive, tmp_path / "out", product)
    stored = [sample["json"]["quality"] for sample in samples_of(dataset).values()]
    samples = info(dataset.path).samples
    assert samples is not None
    histograms = stats(dataset.path, split="train").histograms
    trained = dataset.manifest["split"].to_pylist().count("train")
    for name, limit in LIMITS.items():
        values, found = [quality[name] for quality in stored], samples.quality[name]
        assert (found.above, found.max) == (sum(v > limit.value for v in values), max(values))
        assert sum(found.histogram.counts.values()) == len(values)
        assert sum(histograms[name].counts.values()) == trained
    assert samples.quality["foot_penetration"].above > 0


def test_scans_without_measures_have_no_histograms_of_them(
    archive: MadeArchive, tmp_path: Path
) -> None:
    build_lidar(archive.options(), tmp_path / "out", HERE)
    samples = info(tmp_path / "out").samples
    assert samples is not None
    assert not samples.quality
    assert LIMITS.keys().isdisjoint(stats(tmp_path / "out").histograms)
