"""Whole builds: the contents of samples, and the same inputs give the same bytes."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from motiondata.bodies.loading import read_body
from motiondata.bodies.posing import pose_body, shape_body
from motiondata.errors import DeviceError, InputError
from motiondata.lidar.cpu.precompile import precompile_kernels
from motiondata.skeletons import LEFT_JOINTS, RIGHT_JOINTS
from pipelines.datasets.info import info
from pipelines.datasets.preview import preview
from pipelines.datasets.statistics import stats
from pipelines.datasets.verify import verify
from pipelines.engine.build import build
from pipelines.engine.execution import Execution
from pipelines.engine.failures import FailureBudget
from pipelines.engine.jobs import ShardJob
from pipelines.engine.opened import Opened
from pipelines.engine.receipts import Receipt
from pipelines.engine.shard import ShardBuilder
from pipelines.products.lidar.build import build_lidar, dry_run
from pipelines.products.lidar.product import LidarProduct
from shards import open_dataset
from shards.errors import DatasetError
from shards.format.dataset import Dataset
from shards.format.reading import read_member
from tests.pipelines.clips.test_plan_clips import KNOWN_BEFORE_READING
from tests.support.archive import BAD, GOOD, MadeArchive
from tests.support.compare_builds import files_of
from tests.support.lidar_options import with_parameters
from tests.support.samples import samples_of


def test_a_built_dataset_is_sound(built: Dataset) -> None:
    assert verify(built.path).sound


def test_every_row_is_samples_or_a_drop_with_its_reason(built: Dataset) -> None:
    import pyarrow.parquet as pq

    drops = pq.read_table(built.path / "drops.parquet").to_pylist()
    assert {drop["key"]: drop["reason"] for drop in drops} == {
        name: row[3] for name, row in BAD.items()
    }
    expected = {
        f"{twin}{name}{view}" for name in GOOD for twin in ("", "M") for view in ("", "_v1")
    }
    assert set(built.manifest["key"].to_pylist()) == expected


def test_recorded_motion_is_not_called_synthetic(built: Dataset) -> None:
    assert "synthetic" not in str(info(built.path))
    assert not any("synthetic" in sample["json"] for sample in samples_of(built).values())
    assert not any("synthetic" in flags for flags in built.manifest["flags"].to_pylist())


def test_clips_have_the_frames_of_their_rows(built: Dataset) -> None:
    for key, sample in samples_of(built).items():
        _, start, end = GOOD[key.removeprefix("M").removesuffix("_v1")]
        assert len(sample["points.npy"]) == end - start


def test_a_posed_body_touches_the_stored_points(built: Dataset, archive: MadeArchive) -> None:
    """Pose the body anew from what the sample stores: every point lies on a face's plane."""
    body = read_body(archive.root / "body.npz")
    for key, sample in samples_of(built).items():
        details = sample["json"]
        shaped = shape_body(body, np.array(details["betas"]))
        posed = pose_body(
            shaped,
            sample["pose.npy"].astype(np.float64),
            sample["trans.npy"].astype(np.float64),
            np.linalg.inv(np.array(details["T_world_sensor"])),
        )
        assert np.abs(posed.joints - sample["joints.npy"]).max() < 1e-5, key
        frame = int(np.argmax(sample["hits.npy"]))
        corners = posed.vertices[frame][body.faces].astype(np.float64)
        normals = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
        normals /= np.linalg.norm(normals, axis=1, keepdims=True)
        offsets = (sample["points.npy"][frame][:, None] - corners[None, :, 0]) * normals
        assert np.abs(offsets.sum(axis=-1)).min(axis=1).max() < 1e-5, key


def test_the_sensor_stands_where_it_was_asked_to(archive: MadeArchive, out: Path) -> None:
    build_lidar(archive.options(distance=5.0, height=1.5, views=4), out, Execution())
    for key, sample in samples_of(Dataset.open(out)).items():
        T_world_sensor = np.array(sample["json"]["T_world_sensor"])
        assert T_world_sensor[2, 3] == 1.5
        middle = sample["joints.npy"][:, 0]
        middle = (middle.min(axis=0) + middle.max(axis=0)) / 2
        assert middle[:2] == pytest.approx([5.0, 0.0], abs=1e-5), key


def test_the_first_sensor_looks_the_subject_in_the_face(built: Dataset) -> None:
    left, right = list(LEFT_JOINTS), list(RIGHT_JOINTS)
    for key, sample in samples_of(built).items():
        across = (sample["joints.npy"][0, left] - sample["joints.npy"][0, right]).sum(axis=0)
        in_front = not key.endswith("_v1")
        assert (across[1] < 0) == in_front, key


def test_mirrored_samples_mirror_and_have_captions_of_their_own(built: Dataset) -> None:
    samples = samples_of(built)
    for name in GOOD:
        mirrored, plain = samples[f"M{name}"], samples[name]
        assert mirrored["trans.npy"] == pytest.approx(plain["trans.npy"] * [-1, 1, 1])
        assert mirrored["txt"].splitlines() == [f"someone moves as in M{name}.", "again."]
        assert [caption["end_seconds"] for caption in mirrored["json"]["captions"]] == [0.0, 0.4]


def test_in_place_clips_stay_over_one_spot(archive: MadeArchive, out: Path) -> None:
    build_lidar(archive.options(in_place=True, mean_shape=True), out, Execution())
    for sample in samples_of(Dataset.open(out)).values():
        assert np.ptp(sample["trans.npy"][:, :2], axis=0).tolist() == [0, 0]
        assert set(sample["json"]["betas"]) == {0.0}


def test_noise_moves_points_along_their_rays_by_its_seed(archive: MadeArchive, out: Path) -> None:
    def build(name: str, **parameters: object) -> Dataset:
        build_lidar(archive.options(points=400, **parameters), out / name, Execution())
        return Dataset.open(out / name)

    exact, noisy = build("exact"), build("noisy", noise=0.02, seed=1)
    again, other = build("again", noise=0.02, seed=1), build("other", noise=0.02, seed=2)
    assert again.content_hash == noisy.content_hash != other.content_hash

    def sorted_rays(dataset: Dataset, frame: int) -> tuple[np.ndarray, np.ndarray]:
        sample = samples_of(dataset)["000003"]
        points = sample["points.npy"][frame, : sample["hits.npy"][frame]].astype(np.float64)
        ranges = np.linalg.norm(points, axis=1)
        rays = points / ranges[:, None]
        order = np.lexsort(np.round(rays, 5).T)
        return rays[order], ranges[order]

    errors = []
    for frame in range(20):
        rays, ranges = sorted_rays(exact, frame)
        noisy_rays, noisy_ranges = sorted_rays(noisy, frame)
        assert noisy_rays == pytest.approx(rays, abs=2e-5)
        errors.append(noisy_ranges - ranges)
    assert np.concatenate(errors).std() == pytest.approx(0.02, rel=0.15)
    assert abs(np.concatenate(errors).mean()) < 0.003


def test_the_summary_names_the_folder_as_its_user_does(
    archive: MadeArchive, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    summary = str(build_lidar(archive.options(), Path("lidar"), Execution()))
    assert " in lidar\n" in summary
    assert str(tmp_path) not in summary


@pytest.mark.parametrize("workers", [1, 2, 4])
def test_ray_workers_give_the_same_bytes_as_this_process(
    archive: MadeArchive, built: Dataset, out: Path, workers: int
) -> None:
    build_lidar(archive.options(mirror=True, views=2), out, Execution(workers=workers))
    assert files_of(out) == files_of(built.path)


def test_a_build_without_captions_or_lists_says_so(archive: MadeArchive, tmp_path: Path) -> None:
    (tmp_path / "alone").mkdir()
    index = shutil.copy(archive.root / "index.csv", tmp_path / "alone")
    options = with_parameters(archive.options(), index=Path(index))
    for said in (
        str(build_lidar(options, tmp_path / "out", Execution())),
        str(dry_run(options, tmp_path / "planned", Execution())),
    ):
        assert "no captions: no --texts was given" in said
        assert "one split, all: no --splits was given" in said
    data = open_dataset(tmp_path / "out")
    assert data.dataset.description.splits == ["all"]
    assert (
        data.standardizer("points").mean.tolist()
        == data.standardizer("points", "all").mean.tolist()
    )


def test_info_tells_samples_without_captions(archive: MadeArchive, tmp_path: Path) -> None:
    texts = shutil.copytree(archive.root / "texts", tmp_path / "texts")
    (texts / "000003.txt").unlink()
    options = with_parameters(archive.options(), texts=texts)
    build_lidar(options, tmp_path / "out", Execution())
    captions = Dataset.open(tmp_path / "out").manifest["captions"].to_pylist()
    line = f"captions: {sum(map(len, captions))}; without captions: 1 of {len(GOOD)} samples"
    assert line in str(info(tmp_path / "out"))


def test_a_build_counts_captions_and_warns_where_most_clips_have_none(
    archive: MadeArchive, tmp_path: Path
) -> None:
    texts = shutil.copytree(archive.root / "texts", tmp_path / "texts")
    for file in sorted(texts.iterdir())[1:]:
        file.unlink()
    for folder, without in ((archive.root / "texts", 0), (texts, len(GOOD) - 1)):
        options = with_parameters(archive.options(), texts=folder)
        out = tmp_path / f"out{without}"
        planned = str(dry_run(options, out, Execution()))
        built = str(build_lidar(options, out, Execution()))
        bad = sum(row[3] not in KNOWN_BEFORE_READING for row in BAD.values())  # without captions
        assert f"(no file for {without + bad} of {len(GOOD) + bad} samples)" in planned
        assert f"without captions: {without} of {len(GOOD)} samples" in built
        for said in (planned, built):
            assert ("warning" in said and "check --texts" in said) == (without > 0)


@pytest.mark.parametrize("folder", ["nothing", "an empty folder"])
def test_captions_that_are_still_packed_are_named(
    archive: MadeArchive, tmp_path: Path, folder: str
) -> None:
    index = Path(shutil.copy(archive.root / "index.csv", tmp_path))
    (tmp_path / "texts.zip").write_bytes(b"PK")
    if folder != "nothing":
        (tmp_path / "texts").mkdir()
    options = with_parameters(archive.options(), index=index)
    said = str(dry_run(options, tmp_path / "out", Execution()))
    assert f"{tmp_path / 'texts.zip'} was not read: unpack it" in said


def test_a_dry_run_judges_the_drops_of_the_plan_as_the_build_does(
    archive: MadeArchive, tmp_path: Path
) -> None:
    copied = MadeArchive(Path(shutil.copytree(archive.root, tmp_path / "archive")))
    recording = copied.root / "amass/CMU/02/02_01_poses.npz"
    for folder in ("first", "second"):  # two recordings of the row "missing" are ambiguous
        (copied.root / "amass" / folder / "SFU/0005").mkdir(parents=True)
        shutil.copy(recording, copied.root / "amass" / folder / "SFU/0005/missing_poses.npz")
    options, execution = copied.options(), Execution(max_failures=FailureBudget("0"))
    planned = dry_run(options, tmp_path / "out", execution)
    assert not planned.outcome.within_budget
    assert "more than --max-failures 0" in str(planned)
    built = build_lidar(options, tmp_path / "out", execution)
    assert planned.failures
    assert {*planned.failures} <= {*built.failures}


def test_betas_of_another_shape_space_are_said_to_be_ignored(
    archive: MadeArchive, tmp_path: Path
) -> None:
    for body, mean_shape in ((None, False), (None, True), (archive.root / "body.npz", False)):
        options = with_parameters(archive.options(mean_shape=mean_shape), body=body)
        out = tmp_path / f"{body is None}{mean_shape}"
        summary = str(build_lidar(options, out, Execution()))
        ignored = body is None and not mean_shape
        assert ("betas of other recordings" in summary) == ignored
        assert ("betas of other recordings" in str(info(out))) == ignored


def stop_after(shards: int) -> Callable[[ShardJob, Any], Receipt]:
    """Return a build that is interrupted when it has built a number of shards."""
    built: list[str] = []

    def build_or_stop(job: ShardJob, on_frames: Any) -> Receipt:
        if len(built) == shards:
            raise KeyboardInterrupt
        built.append(job.shard.name)
        return ShardBuilder(Opened())(job, on_frames)

    return build_or_stop


def test_an_interrupted_build_goes_on_and_gives_the_same_bytes(
    archive: MadeArchive, built: Dataset, out: Path
) -> None:
    options = archive.options(mirror=True, views=2)
    with pytest.raises(KeyboardInterrupt):
        build(LidarProduct.of(options), out, Execution(), build_shard=stop_after(2))
    with pytest.raises(DatasetError, match="not a finished dataset"):
        Dataset.open(out)
    done = {path: path.stat().st_mtime_ns for path in out.glob("*/*.tar")}
    assert len(done) == 2
    (out / "train").mkdir(exist_ok=True)
    (out / "train" / "000000.tar.0123456789abcdef.tmp").write_bytes(b"left by a killed run")
    build_lidar(options, out, Execution())
    assert {path: path.stat().st_mtime_ns for path in done} == done
    assert files_of(out) == files_of(built.path)


def test_a_shard_that_was_lost_is_built_again(
    archive: MadeArchive, built: Dataset, out: Path
) -> None:
    shutil.copytree(built.path, out)
    (out / "val" / "000000.tar").unlink()
    build_lidar(archive.options(mirror=True, views=2), out, Execution())
    assert files_of(out) == files_of(built.path)


def test_other_parameters_are_refused_with_what_changed_until_a_restart(
    archive: MadeArchive, built: Dataset, out: Path
) -> None:
    shutil.copytree(built.path, out)
    other = archive.options(mirror=False, views=1, distance=6.0)
    with pytest.raises(InputError, match=r"distance: 8\.0 -> 6\.0; views: 2 -> 1; mirror: True"):
        build_lidar(other, out, Execution())
    assert files_of(out) == files_of(built.path)
    build_lidar(other, out, Execution(restart=True))
    assert verify(out).sound
    assert len(Dataset.open(out).manifest) == len(GOOD)


def test_a_changed_recording_is_noticed(tmp_path: Path, archive: MadeArchive) -> None:
    moved = tmp_path / "moved"
    shutil.copytree(archive.root, moved)
    options = MadeArchive(moved).options()
    build_lidar(options, tmp_path / "lidar", Execution())
    recording = moved / "amass/CMU/02/02_01_poses.npz"
    recording.write_bytes(recording.read_bytes())
    with pytest.raises(InputError, match="the recordings changed"):
        build_lidar(options, tmp_path / "lidar", Execution())


def test_a_folder_of_other_files_is_left_alone(archive: MadeArchive, out: Path) -> None:
    out.mkdir()
    (out / "thesis.tex").write_text("years of work")
    for restart in (False, True):
        with pytest.raises(InputError, match="other files"):
            build_lidar(archive.options(), out, Execution(restart=restart))
    assert files_of(out) == {"thesis.tex": b"years of work"}


def test_statistics_of_the_build_and_recomputed_ones_are_one(built: Dataset, out: Path) -> None:
    shutil.copytree(built.path, out)
    for split in ("train", "val", "test"):
        for field in ("points", "joints", "pose", "trans"):
            stats(out, split, field)
            (out / "stats" / split / field / "histograms.json").unlink()
    assert files_of(out) == files_of(built.path)


def test_bytes_do_not_depend_on_where_inputs_and_outputs_lie(
    archive: MadeArchive, built: Dataset, tmp_path: Path
) -> None:
    shutil.copytree(archive.root, tmp_path / "elsewhere")
    options = MadeArchive(tmp_path / "elsewhere").options(mirror=True, views=2)
    build_lidar(options, tmp_path / "out", Execution())
    assert files_of(tmp_path / "out") == files_of(built.path)


def test_kernels_are_loaded_before_workers_are_forked(archive: MadeArchive, out: Path) -> None:
    precompile_kernels.cache_clear()
    build_lidar(archive.options(limit=1), out, Execution())
    assert precompile_kernels.cache_info().currsize == 1
    precompile_kernels.cache_clear()
    build_lidar(archive.options(limit=1), out, Execution())
    assert precompile_kernels.cache_info().currsize == 0  # nothing was left to do


def test_a_job_and_its_receipt_are_small_enough_to_travel(
    archive: MadeArchive, built: Dataset
) -> None:
    receipts = list((built.path / "receipts").glob("train*.json"))
    receipt = Receipt.from_bytes(receipts[0].read_bytes())
    assert receipt.to_bytes() == receipts[0].read_bytes()
    assert len(receipt.to_bytes()) < 2000 * (len(receipt.keys) + len(receipt.drops)) + 4000


def test_a_frame_without_hits_is_stored_as_documented_and_not_counted(
    archive: MadeArchive, out: Path, tmp_path: Path
) -> None:
    upward = tmp_path / "upward.toml"
    upward.write_text('name = "upward"\ncolumns = 64\nelevation_deg = [80.0]\n')
    build_lidar(archive.options(sensor=str(upward)), out, Execution(allow_empty=True))
    dataset = Dataset.open(out)
    for sample in samples_of(dataset).values():
        assert not sample["hits.npy"].any()
        assert not sample["points.npy"].any()
        assert set(sample["parts.npy"].flat) == {255}
    assert verify(out).sound
    assert not (out / "stats/train/points").exists()
    with pytest.raises(
        InputError, match=f"{out}: there are no values of points in the split train"
    ):
        stats(out, "train", "points")
    assert (out / "stats/train/joints").exists()


def test_fewer_hits_than_points_repeat_in_order(archive: MadeArchive, out: Path) -> None:
    build_lidar(archive.options(points=900), out, Execution())
    for sample in samples_of(Dataset.open(out)).values():
        for points, hits in zip(sample["points.npy"], sample["hits.npy"], strict=True):
            assert 0 < hits < 900
            assert len(np.unique(points[:hits], axis=0)) == hits
            assert np.array_equal(points, points[np.arange(900) % hits])


def test_a_smaller_sample_is_the_start_of_a_larger_one(archive: MadeArchive, out: Path) -> None:
    for points in (20, 60):
        build_lidar(archive.options(points=points), out / str(points), Execution())
    few, many = (samples_of(Dataset.open(out / str(points))) for points in (20, 60))
    for key in GOOD:
        assert np.array_equal(few[key]["points.npy"], many[key]["points.npy"][:, :20])


def test_the_body_that_was_scanned_is_named_in_every_sample(
    built: Dataset, archive: MadeArchive
) -> None:
    body = read_body(archive.root / "body.npz").id
    for key in built.manifest["key"].to_pylist():
        details = json.loads(read_member(built, key, "json"))
        assert details["body"] == body


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU")
def test_a_build_on_a_gpu_that_is_not_there_ends_in_a_sentence(
    archive: MadeArchive, out: Path
) -> None:
    pytest.importorskip("numba_cuda")
    with pytest.raises(DeviceError, match=r"expected an NVIDIA GPU .* use --device cpu"):
        build_lidar(archive.options(device="cuda"), out, Execution())


def test_a_device_that_there_is_not_is_refused(archive: MadeArchive) -> None:
    with pytest.raises(InputError, match="device: expected one of cpu, cuda, found abacus"):
        archive.options(device="abacus")


@pytest.mark.slow
def test_realism_gives_the_same_bytes_whatever_the_workers(
    archive: MadeArchive, tmp_path: Path
) -> None:
    options = archive.options(mirror=True, realism="sensor", members="time,beam")
    build_lidar(options, tmp_path / "one", Execution())
    build_lidar(options, tmp_path / "two", Execution(workers=2))
    assert files_of(tmp_path / "one") == files_of(tmp_path / "two")
    sample = next(iter(samples_of(Dataset.open(tmp_path / "one")).values()))
    assert sample["time.npy"].shape == sample["beam.npy"].shape == sample["parts.npy"].shape


def test_a_dataset_names_every_value_of_realism(archive: MadeArchive, out: Path) -> None:
    build_lidar(archive.options(realism="sensor", effects="loss=0.5"), out, Execution())
    parameters = Dataset.open(out).description.parameters
    assert parameters["realism"] == "sensor"
    assert "loss=0.5" in parameters["effects"].split(",")
    assert "clothing_mean_m=" in str(info(out))


def test_an_exact_scan_does_not_name_realism(built: Dataset) -> None:
    assert not {"realism", "effects", "members"} & {*built.description.parameters}


def test_members_that_there_are_not_are_refused(archive: MadeArchive) -> None:
    for members in ("time,color", "time,beam,time"):
        with pytest.raises(InputError, match="intensity, time, beam, column, label, each once"):
            archive.options(members=members)


def test_a_street_is_stored_with_labels_and_can_be_drawn(archive: MadeArchive, out: Path) -> None:
    build_lidar(archive.options(realism="street", members="label"), out, Execution())
    samples = samples_of(Dataset.open(out)).values()
    labels = np.concatenate([sample["label.npy"].ravel() for sample in samples])
    parts = np.concatenate([sample["parts.npy"].ravel() for sample in samples])
    assert {*labels.tolist()} - {0, 255}
    assert ((labels == 0) == (parts < 22)).all()
    preview(out, out.with_suffix(".png"))
    assert out.with_suffix(".png").stat().st_size > 1000
