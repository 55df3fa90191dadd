"""Builds for a phase-functioned network: of clips, and of PFNN's own files."""

import itertools
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from motiondata.errors import InputError
from motiondata.representations.pfnn import rows as pfnn_rows
from motiondata.representations.pfnn.layout import X_BLOCKS, Y_BLOCKS
from motiondata.representations.pfnn.rows import make_rows
from motiondata.representations.pfnn.skeleton import PFNN_JOINTS
from motiondata.representations.pfnn.statistics import row_statistics
from motiondata.sources.pfnn.takes import read_take
from motiondata.synthesis.corpus.corpus import synthesize
from pipelines.clips.options import ClipSelection
from pipelines.datasets.export import export
from pipelines.datasets.export_options import ExportOptions
from pipelines.datasets.info import info
from pipelines.datasets.verify import verify
from pipelines.engine.execution import Execution
from pipelines.products.pfnn import options as pfnn_options
from pipelines.products.pfnn.build import build_pfnn, dry_run
from pipelines.products.pfnn.options import PfnnBuildOptions, PfnnOptions
from pipelines.sources import import_pfnn
from shards import open_dataset
from shards.format.dataset import Dataset
from tests.support.compare_builds import files_of
from tests.support.pfnn_files import write_walk

HERE = Execution(workers=0)
Floats = NDArray[np.float32]


@pytest.fixture(scope="module", name="folder")
def write_takes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write two takes in PFNN's layout, and a rest pose, which has no labels."""
    folder = tmp_path_factory.mktemp("takes")
    for subject in (0, 1):
        write_walk(folder / f"walk{subject}.bvh", subject)
    (folder / "rest.bvh").write_text((folder / "walk0.bvh").read_text())
    return folder


@pytest.fixture(scope="module", name="corpus")
def make_corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    corpus = tmp_path_factory.mktemp("pfnn") / "corpus"
    synthesize(corpus, 12, seed=0)
    return corpus


@pytest.fixture(scope="module", name="built")
def build_clips(corpus: Path, tmp_path_factory: pytest.TempPathFactory) -> Dataset:
    out = tmp_path_factory.mktemp("built") / "pfnn"
    build_pfnn(of_clips(corpus), out, HERE)
    return Dataset.open(out)


def of_clips(corpus: Path) -> PfnnBuildOptions:
    clips = ClipSelection(corpus / "index.csv", corpus / "amass", mirror=True)
    return PfnnBuildOptions(clips)


def of_takes(folder: Path, **clips: object) -> PfnnBuildOptions:
    return PfnnBuildOptions(ClipSelection.of_recordings(folder, **clips))


def test_the_units_of_the_options_are_those_of_rows() -> None:
    assert (*pfnn_rows.UNITS,) == pfnn_options.UNITS


def test_takes_of_a_folder_are_the_rows_of_their_files(folder: Path, tmp_path: Path) -> None:
    report = build_pfnn(of_takes(folder, mirror=True), tmp_path / "pfnn", HERE)
    assert (report.rows, report.samples) == (2, 4)
    assert verify(tmp_path / "pfnn").sound
    dataset = open_dataset(tmp_path / "pfnn")
    assert {*dataset} == {"walk0", "Mwalk0", "walk1", "Mwalk1"}
    rows = make_rows(read_take(folder / "walk1.bvh"))
    sample = dataset["walk1"]
    np.testing.assert_array_equal(sample["x"], rows.x)
    np.testing.assert_array_equal(sample["y"], rows.y)
    np.testing.assert_array_equal(sample["phase"], rows.phase)
    np.testing.assert_array_equal(sample["frame"], rows.frames)
    mirrored = dataset["Mwalk1"]
    assert mirrored["phase"][0] == 0
    assert len(mirrored["x"]) > 60
    lines = info(tmp_path / "pfnn").lines()
    assert lines[-1].startswith("  motiondata build-pfnn RECORDINGS --out DIR --unit cm --mirror")


def test_keys_of_takes_have_letters_digits_and_signs(tmp_path: Path) -> None:
    folder = tmp_path / "takes"
    folder.mkdir()
    write_walk(folder / "a quick walk.bvh", 0)
    build_pfnn(of_takes(folder, mirror=True), tmp_path / "pfnn", HERE)
    assert {*open_dataset(tmp_path / "pfnn")} == {"a_quick_walk", "Ma_quick_walk"}


def test_takes_of_equal_keys_are_refused_before_anything_is_written(tmp_path: Path) -> None:
    folder = tmp_path / "takes"
    folder.mkdir()
    for name in ("a walk", "a_walk"):
        write_walk(folder / f"{name}.bvh", 0)
    with pytest.raises(InputError, match=r"a_walk.bvh: both samples would be called a_walk"):
        build_pfnn(of_takes(folder), tmp_path / "pfnn", HERE)
    assert not (tmp_path / "pfnn").exists()


def test_rows_of_clips_have_a_phase_that_advances_by_what_y_says(built: Dataset) -> None:
    dataset = open_dataset(built.path)
    for key in dataset:
        sample = dataset[key]
        phase, change = sample["phase"], sample["y"][:, Y_BLOCKS["phase_change"]][:, 0]
        follows = np.diff(sample["frame"]) == 1
        advance = (phase[1:] - phase[:-1]) % 1.0
        np.testing.assert_allclose(advance[follows], change[:-1][follows] % 1.0, atol=1e-4)
        assert sample["json"]["labels"] == "found"
        assert np.isfinite(sample["x"]).all()


def test_clips_without_steps_are_no_failures(built: Dataset) -> None:
    drops = open_dataset(built.path).drops["reason"].tolist()
    assert {*drops} == {"no_cycle"}
    assert len(drops) + len(built.manifest) // 2 == 12


def test_phases_and_gaits_of_imported_files_are_used(folder: Path, tmp_path: Path) -> None:
    import_pfnn(folder, tmp_path / "imported")
    options = PfnnBuildOptions(ClipSelection.of_recordings(tmp_path / "imported"))
    build_pfnn(options, tmp_path / "pfnn", HERE)
    dataset = open_dataset(tmp_path / "pfnn")
    exact = make_rows(read_take(folder / "walk0.bvh"))
    (key,) = [key for key in dataset if "walk0" in key]
    sample = dataset[key]
    assert sample["json"]["labels"] == "given"
    assert sample["x"][:, X_BLOCKS["walk"]].min() == 1
    assert abs(len(sample["phase"]) - len(exact.phase)) <= 4
    shared, own, file = np.intersect1d(sample["frame"], exact.frames, return_indices=True)
    assert len(shared) > 60
    errors = (sample["phase"][own] - exact.phase[file] + 0.5) % 1.0 - 0.5
    assert np.abs(errors).max() < 0.03


def test_a_terrain_reaches_the_rows(corpus: Path, tmp_path: Path) -> None:
    heights = np.linspace(0, 4, 41)[:, None] * np.ones(41)
    np.savez(tmp_path / "slope.npz", heights=heights, corner=[-20.0, -20.0], cell=1.0)
    options = replace(of_clips(corpus), rows=PfnnOptions("m", tmp_path / "slope.npz"))
    build_pfnn(options, tmp_path / "pfnn", HERE)
    dataset = open_dataset(tmp_path / "pfnn")
    left, right = X_BLOCKS["heights_left"], X_BLOCKS["heights_right"]
    for key in (key for key in dataset if not key.startswith("M")):
        plain, mirrored = dataset[key], dataset[f"M{key}"]
        _, own, other = np.intersect1d(plain["frame"], mirrored["frame"], return_indices=True)
        heights = plain["x"][:, left][own]
        assert np.abs(heights).max() > 0.01
        np.testing.assert_allclose(heights, mirrored["x"][:, right][other], atol=2e-3)
    for name, value in (("corner", [0.0]), ("cell", 0.0), ("heights", [np.nan])):
        grid = {"heights": heights, "corner": [0.0, 0.0], "cell": 1.0, name: value}
        np.savez(tmp_path / "bad.npz", **grid)  # type: ignore[arg-type]
        wrong = replace(options, rows=PfnnOptions("m", tmp_path / "bad.npz"))
        with pytest.raises(InputError, match=r"expected finite heights|expected a \.npz"):
            build_pfnn(wrong, tmp_path / "x", HERE)
    whole = (tmp_path / "slope.npz").read_bytes()
    for content in (b"", b"no", whole[:-30], whole[:200]):
        (tmp_path / "bad.npz").write_bytes(content)
        with pytest.raises(InputError, match=r"expected a \.npz file"):
            build_pfnn(wrong, tmp_path / "x", HERE)


def test_the_export_is_what_the_published_training_loads(built: Dataset, tmp_path: Path) -> None:
    export(built.path, tmp_path / "files", ExportOptions("pfnn"))
    dataset = open_dataset(built.path)
    split = built.description.splits[0]
    database = np.load(tmp_path / "files" / split / "database.npz")
    keys = built.manifest.filter(built.manifest["split"].to_numpy() == split)["key"].to_pylist()
    for name, field in (("Xun", "x"), ("Yun", "y"), ("Pun", "phase")):
        expected = np.concatenate([np.asarray(dataset[key][field]) for key in keys])
        np.testing.assert_array_equal(database[name], expected)
    known = row_statistics(database["Xun"], database["Yun"])
    for name, values in zip(("Xmean", "Xstd", "Ymean", "Ystd"), known, strict=True):
        found = np.fromfile(tmp_path / "files" / split / f"{name}.bin", "<f4")
        np.testing.assert_allclose(found, values.astype(np.float32), rtol=1e-5, atol=1e-5)


def published_standardization(database: Path) -> tuple[Floats, Floats]:
    """Read and standardize rows as the published training does, in our own words.

    Everything is in single precision. Columns are divided by the mean deviation of their group, and
    those of joints by ten times less for a full weight.
    """
    with np.load(database) as file:
        x, y, phase = (file[name].astype(np.float32) for name in ("Xun", "Yun", "Pun"))
    weights = np.repeat([joint.weight for joint in PFNN_JOINTS], 3)
    ends = {"x": [12, 24, 36, 48, 120, 213, 306, 342], "y": [2, 3, 4, 8, 20, 32, 125, 218, 311]}
    scaled = []
    for rows, name in ((x, "x"), (y, "y")):
        std = rows.std(axis=0)
        for first, last in itertools.pairwise([0, *ends[name]]):
            std[first:last] = std[first:last].mean()
            if name == "x" and last in (213, 306):
                std[first:last] /= weights * 0.1
        with np.errstate(invalid="ignore"):
            scaled.append((rows - rows.mean(axis=0)) / std)
    assert ((phase >= 0) & (phase <= 1)).all()
    return scaled[0], scaled[1]


def test_rows_on_a_terrain_are_numbers_in_the_published_training_and_flat_ones_are_not(
    built: Dataset, corpus: Path, tmp_path: Path
) -> None:
    east, north = np.meshgrid(np.arange(41), np.arange(41))
    np.savez(tmp_path / "hills.npz", heights=0.1 * np.sin(east) * np.sin(north),
             corner=[-20.0, -20.0], cell=1.0)  # fmt: skip
    options = replace(of_clips(corpus), rows=PfnnOptions("cm", tmp_path / "hills.npz"))
    build_pfnn(options, tmp_path / "pfnn", HERE)
    hilly = export(tmp_path / "pfnn", tmp_path / "hilly", ExportOptions("pfnn"))
    flat = export(built.path, tmp_path / "flat", ExportOptions("pfnn"))
    split = built.description.splits[0]
    for axis in published_standardization(tmp_path / "hilly" / split / "database.npz"):
        assert np.isfinite(axis).all()
        assert 0.5 < np.sqrt((axis * axis).mean(axis=0).max()) < 20
    x, y = published_standardization(tmp_path / "flat" / split / "database.npz")
    assert np.isnan(x[:, 306:]).all()
    assert np.isfinite(x[:, :306]).all()
    assert np.isfinite(y).all()
    assert not hilly.remarks
    assert f"{split}: X heights do not vary; train_pfnn.py divides them by 0" in flat.remarks[0]


@pytest.mark.slow
def test_workers_and_a_second_run_give_the_same_bytes(
    built: Dataset, corpus: Path, folder: Path, tmp_path: Path
) -> None:
    for workers in (2, 0):
        build_pfnn(of_clips(corpus), tmp_path / "again", Execution(workers=workers))
        assert files_of(tmp_path / "again") == files_of(built.path)
    for workers in (0, 2):
        build_pfnn(of_takes(folder), tmp_path / f"takes{workers}", Execution(workers=workers))
    assert files_of(tmp_path / "takes0") == files_of(tmp_path / "takes2")


def test_another_option_or_a_changed_take_is_refused(folder: Path, tmp_path: Path) -> None:
    own = tmp_path / "takes"
    own.mkdir()
    write_walk(own / "a.bvh", count=6)
    build_pfnn(of_takes(own), tmp_path / "pfnn", HERE)
    with pytest.raises(InputError, match="mirror"):
        build_pfnn(of_takes(own, mirror=True), tmp_path / "pfnn", HERE)
    (own / "a.gait").write_text((own / "a.gait").read_text().replace("0 1 0", "1 0 0"))
    with pytest.raises(InputError, match=r"a\.gait"):
        build_pfnn(of_takes(own), tmp_path / "pfnn", HERE)
    with pytest.raises(InputError, match="--mean-shape has no effect"):
        build_pfnn(of_takes(folder, mean_shape=True), tmp_path / "x", HERE)
    with pytest.raises(InputError, match="--terrain has no effect"):
        build_pfnn(
            replace(of_takes(folder), rows=PfnnOptions("m", own / "a.npz")), tmp_path / "x", HERE
        )


def test_a_take_of_another_skeleton_is_a_failure(tmp_path: Path) -> None:
    write_walk(tmp_path / "a.bvh", count=6)
    text = (tmp_path / "a.bvh").read_text()
    (tmp_path / "a.bvh").write_text(text.replace("LowerBack", "Belly"))
    report = build_pfnn(of_takes(tmp_path), tmp_path / "pfnn", Execution(workers=0))
    assert report.drops == {"invalid": 1}
    assert "expected the 31 joints of PFNN's skeleton" in report.failures[0].message


def test_a_dry_run_writes_nothing(corpus: Path, folder: Path, tmp_path: Path) -> None:
    assert dry_run(of_clips(corpus), tmp_path / "x", HERE).rows == 12
    with pytest.raises(InputError, match="--dry-run has no effect"):
        dry_run(of_takes(folder), tmp_path / "x", HERE)
    assert not (tmp_path / "x").exists()
