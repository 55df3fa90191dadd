"""Whole builds of motion features: what samples contain, and the promises of every product."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner

from cli import main
from motiondata.errors import DropReason
from motiondata.motion_quality.limits import LIMITS
from motiondata.representations.humanml3d import make_features
from motiondata.representations.joint_sets import mirror_joints
from motiondata.representations.skeleton import T2M
from pipelines.clips.options import PackingOptions
from pipelines.datasets.info import info
from pipelines.datasets.verify import verify
from pipelines.engine.execution import Execution
from pipelines.products.motion_features.build import build_features, dry_run
from pipelines.products.motion_features.options import DEFAULT_FPS, JOINT_SETS, REPRESENTATIONS
from shards import open_dataset
from shards.format.dataset import Dataset
from shards.format.members import decode_member
from tests.support.archive import BAD, GOOD, MadeArchive
from tests.support.compare_builds import files_of
from tests.support.motion_clips import y_up_joints
from tests.support.motion_features import HERE, built_features, feature_options
from tests.support.samples import iter_samples

ONE_FRAME = "000009"
"""The clip with one frame, of which 263 and 251 have no row."""
WIDTHS = {"humanml3d-263": 263, "kit-251": 251, "repr-272": 272}


def samples_of(dataset: Dataset) -> dict[str, dict[str, Any]]:
    """Return all samples' decoded members by key."""
    return {
        key: {suffix: decode_member(suffix, data) for suffix, data in members.items()}
        for split in dataset.description.splits
        for key, members in iter_samples(dataset, split)
    }


@pytest.fixture(scope="module", params=REPRESENTATIONS)
def dataset(
    request: pytest.FixtureRequest,
    archive: MadeArchive,
    tmp_path_factory: pytest.TempPathFactory,
) -> Dataset:
    """Return a dataset of the archive in each representation. Tests only read it."""
    out = tmp_path_factory.mktemp("built") / request.param
    return built_features(archive, out, request.param)


@pytest.fixture(scope="module")
def features_263(archive: MadeArchive, tmp_path_factory: pytest.TempPathFactory) -> Dataset:
    return built_features(archive, tmp_path_factory.mktemp("built") / "263", "humanml3d-263")


def drops_of(dataset: Dataset) -> list[dict[str, Any]]:
    drops: list[dict[str, Any]] = pq.read_table(dataset.path / "drops.parquet").to_pylist()
    return drops


def name_of(dataset: Dataset) -> str:
    return str(dataset.description.provenance["product"])


def is_on_target(dataset: Dataset) -> bool:
    return name_of(dataset) in ("humanml3d-263", "kit-251")


def test_a_dataset_is_sound(dataset: Dataset) -> None:
    assert verify(dataset.path).sound


def test_every_row_is_samples_or_a_drop_with_its_reason(dataset: Dataset) -> None:
    drops = drops_of(dataset)
    expected = {name: row[3] for name, row in BAD.items()}
    good = {*GOOD}
    if is_on_target(dataset):
        expected[ONE_FRAME] = DropReason.TOO_SHORT
        good.remove(ONE_FRAME)
    assert {drop["key"]: drop["reason"] for drop in drops} == expected
    keys = {f"{twin}{name}" for name in good for twin in ("", "M")}
    assert {*dataset.manifest["key"].to_pylist()} == keys


def test_a_clip_without_a_row_is_dropped_with_its_name(features_263: Dataset) -> None:
    (drop,) = (drop for drop in drops_of(features_263) if drop["key"] == ONE_FRAME)
    assert "CMU/02/02_02_poses.npz: 000009: expected at least 2 frames, found 1" in drop["message"]


def test_samples_say_what_their_rows_are_of(dataset: Dataset) -> None:
    for sample in samples_of(dataset).values():
        details, rows = sample["json"], len(sample["joints.npy"])
        missing = 1 if is_on_target(dataset) else 0
        assert details["representation"] == name_of(dataset)
        assert details["clip_frames"] == rows + missing
        assert details["row_frames"] == [0, rows - 1]
        assert len(sample["pose.npy"]) == len(sample["trans.npy"]) == rows
        if name_of(dataset) in WIDTHS:
            assert sample["vectors.npy"].shape == (rows, WIDTHS[name_of(dataset)])


def test_the_default_frame_rate_is_that_of_the_field(dataset: Dataset) -> None:
    word = DEFAULT_FPS[name_of(dataset)]
    expected = 20.0 if word == "reference" else float(word)
    assert {*dataset.manifest["fps"].to_pylist()} == {expected}
    for key, sample in samples_of(dataset).items():
        _, start, end = GOOD[key.removeprefix("M")]
        seconds = sample["json"]["clip_frames"] / sample["json"]["fps_out"]
        assert seconds == pytest.approx((end - start) / 20, abs=0.5 / expected + 1e-9)


def test_captions_and_flags_are_stored(dataset: Dataset) -> None:
    for key, sample in samples_of(dataset).items():
        assert sample["txt"].startswith(f"someone moves as in {key}.")
        assert {*LIMITS} == {*sample["json"]["quality"]}
        assert {"lying", "off_floor", *LIMITS} <= {*sample["json"]["flags"]}


def test_vectors_are_made_of_the_joints_that_are_stored_with_them(features_263: Dataset) -> None:
    target = features_263.description.provenance["target_skeleton"]
    assert target["source"] == "bundled body"
    lengths = np.array(target["bone_lengths"])
    for sample in samples_of(features_263).values():
        joints, vectors = sample["joints.npy"], sample["vectors.npy"]
        again = make_features(joints, T2M, lengths).vectors
        height = again[:, 3] - vectors[:-1, 3]  # the floor may be in the frame without a row
        assert height == pytest.approx(height[0], abs=1e-4)


def test_joints_of_a_mirrored_clip_are_the_mirrored_joints(features_263: Dataset) -> None:
    samples = samples_of(features_263)
    for name in {*GOOD} - {ONE_FRAME}:
        expected = mirror_joints(samples[name]["joints.npy"])
        assert samples[f"M{name}"]["joints.npy"] == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize("joint_set", JOINT_SETS)
@pytest.mark.parametrize("joint_frame", ["y-up", "world"])
def test_joints_are_made_in_the_chosen_set_and_frame(
    archive: MadeArchive, out: Path, joint_set: str, joint_frame: str
) -> None:
    dataset = built_features(archive, out, "joints", joint_set=joint_set, joint_frame=joint_frame)
    up = 1 if joint_frame == "y-up" else 2
    for sample in samples_of(dataset).values():
        joints = sample["joints.npy"]
        assert joints.shape[1:] == (JOINT_SETS[joint_set], 3)
        assert sample["json"]["joint_set"] == joint_set
        assert sample["json"]["joint_frame"] == joint_frame
        head = 4 if joint_set == "kit-21" else 15
        assert (joints[:, head, up] > joints[:, 0, up]).mean() > 0.5


def test_corrected_features_are_marked(archive: MadeArchive, out: Path) -> None:
    dataset = built_features(archive, out, "humanml3d-263", corrected=True)
    assert dataset.description.parameters["corrected"] is True
    for sample in samples_of(dataset).values():
        assert sample["json"]["corrected"] is True
        assert not sample["json"]["flags"]["heading"]


def test_a_frame_rate_is_resampled_between_the_same_times(archive: MadeArchive, out: Path) -> None:
    dataset = built_features(archive, out, "joints", fps="60", joint_frame="world")
    reference = built_features(archive, out.with_name("reference"), "joints", joint_frame="world")
    fast, slow = samples_of(dataset), samples_of(reference)
    for key, sample in slow.items():
        assert len(fast[key]["joints.npy"]) == 3 * len(sample["joints.npy"])
        assert fast[key]["joints.npy"][::3] == pytest.approx(sample["joints.npy"], abs=1e-6)


def test_a_published_target_skeleton_is_used(archive: MadeArchive, out: Path) -> None:
    skeleton = 1.1 * y_up_joints(0)[0]
    path = out.with_name("skeleton.npy")
    np.save(path, skeleton)
    dataset = built_features(archive, out, "humanml3d-263", target_skeleton=path)
    target = dataset.description.provenance["target_skeleton"]
    assert target["source"] == "file"
    assert target["bone_lengths"] == pytest.approx(T2M.bone_lengths(skeleton))
    assert "target skeleton: file" in str(info(out))
    command = info(out).lines()[-1]
    assert "--representation humanml3d-263 --target-skeleton FILE --fps reference" in command


def test_info_shows_the_members_and_the_command(dataset: Dataset) -> None:
    lines = info(dataset.path).lines()
    assert lines[0].startswith(f"{dataset.path}: {name_of(dataset)} dataset")
    assert any(line.startswith("joints ") for line in lines)
    assert f"--representation {name_of(dataset)}" in lines[-1]


@pytest.mark.parametrize("workers", [0, pytest.param(2, marks=pytest.mark.slow)])
def test_the_same_inputs_give_the_same_bytes(
    features_263: Dataset, archive: MadeArchive, out: Path, workers: int
) -> None:
    options = feature_options(archive, "humanml3d-263")
    build_features(options, out, Execution(workers=workers))
    assert files_of(out) == files_of(features_263.path)


def test_a_stopped_build_resumes_to_the_same_bytes(
    features_263: Dataset, archive: MadeArchive, out: Path
) -> None:
    options = feature_options(archive, "humanml3d-263")
    build_features(options, out, HERE)
    (out / "dataset.json").unlink()
    receipt = next((out / "receipts").rglob("*000000*.json"))
    receipt.unlink()
    build_features(options, out, HERE)
    assert files_of(out) == files_of(features_263.path)


def test_other_options_are_another_dataset(features_263: Dataset, archive: MadeArchive) -> None:
    words = ["--amass", archive.root / "amass", "--out", features_263.path, "--mirror"]
    words += ["--body", archive.root / "body.npz", "--representation", "humanml3d-263", "--fps", 10]
    result = CliRunner().invoke(
        main, ["build-features", *map(str, [archive.root / "index.csv", *words])]
    )
    assert result.exit_code == 2
    assert "fps" in result.output


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["humanml3d-263", "--fps", "fast"], "fps: expected reference, or a number"),
        (["humanml3d-263", "--fps", "0"], "up to 1000, found 0"),
        (["repr-272", "--corrected"], "--corrected is only for --representation humanml3d-263 and"),
        (["kit-251", "--joint-set", "kit-21"], "only for --representation joints; found kit-251"),
        (["joints", "--target-skeleton", "none.npy"], "--target-skeleton is only for"),
        (["kit-251", "--target-skeleton", "none.npy"], "none.npy: cannot be read as a target"),
    ],
)
def test_wrong_options_end_in_one_sentence(
    archive: MadeArchive, out: Path, words: list[str], message: str
) -> None:
    paths = [str(archive.root / "index.csv"), "--amass", str(archive.root / "amass")]
    result = CliRunner().invoke(
        main, ["build-features", *paths, "--out", str(out), "--representation", *words]
    )
    assert result.exit_code == 2
    assert message in result.output
    assert not out.exists()


def test_a_dry_run_reports_the_plan_and_writes_nothing(archive: MadeArchive, out: Path) -> None:
    report = dry_run(feature_options(archive, "repr-272"), out, HERE)
    assert "nothing was written" in "\n".join(report.lines())
    assert not out.exists()


def test_shards_have_about_the_size_that_is_asked_for(archive: MadeArchive, out: Path) -> None:
    options = feature_options(archive, "repr-272", PackingOptions(1), fps="300")
    options = replace(options, clips=replace(options.clips, limit=4))  # all of them can be built
    report = dry_run(options, out, HERE)
    build_features(options, out, HERE)
    sizes = sum(path.stat().st_size for path in out.rglob("*.tar"))
    assert report.estimated_bytes == pytest.approx(sizes, rel=0.2)


def test_windows_of_64_frames_are_streamed(archive: MadeArchive, out: Path) -> None:
    built_features(archive, out, "humanml3d-263", fps="120")
    batches = open_dataset(out).windows("train", "vectors", 64, 2)
    for batch in batches:
        assert batch["vectors"].shape == (2, 64, 263)
