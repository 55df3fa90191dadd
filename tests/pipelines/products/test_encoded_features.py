"""Features of a dataset: the samples and captions of the source, with the guarantees of a build."""

import faulthandler
import os
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner
from numpy.typing import NDArray

from cli import main
from motiondata.errors import InputError
from pipelines.datasets.export import export
from pipelines.datasets.export_options import ExportOptions
from pipelines.datasets.info import info
from pipelines.datasets.statistics import stats
from pipelines.datasets.verify import verify
from pipelines.engine.errors import AbortedError
from pipelines.engine.execution import Execution
from pipelines.engine.reports import TOO_MANY_FAILURES
from pipelines.products.encoded_features.encode import encode_with
from pipelines.products.encoded_features.encoder import Encoder, LoadEncoder
from pipelines.products.lidar.build import build_lidar
from pipelines.training.common.clip_fields import encoder_of
from pipelines.training.encoders.encode import Checkpoint, encode
from shards import open_dataset
from shards.errors import DatasetError
from shards.format.dataset import Dataset
from shards.format.members import decode_member
from tests.pipelines.training.encoders.test_load_encoder import OTHERS, MeanEncoder, save
from tests.pipelines.training.encoders.test_point_encoder import make_encoder
from tests.support.archive import MadeArchive
from tests.support.compare_builds import expect_no_unfinished_files, files_of, finished_shards
from tests.support.faults import Fault, inject
from tests.support.samples import iter_samples


@dataclass(frozen=True)
class Means:
    """An encoder whose features are cumulative sums of the means of points, so order matters."""

    scale: float = 1.0
    width: int = 3
    reads: str = "points.npy"
    crashes_at: int = 0
    """A clip with this number of frames aborts the process."""

    @property
    def id(self) -> str:
        return f"means-{self.scale}-{self.width}"

    def encode(self, points: NDArray[np.float32]) -> NDArray[np.float32]:
        if len(points) == self.crashes_at:
            faulthandler.disable()
            os.abort()
        return np.float32(self.scale) * np.cumsum(points.mean(1), axis=0, dtype=np.float32)


@dataclass(frozen=True)
class Made:
    """A loader that returns a ready encoder."""

    made: Encoder

    def __call__(self) -> Encoder:
        return self.made


@dataclass(frozen=True)
class Losing(Means):
    """An encoder that moves a folder of the source away during its first clip."""

    lost: Path = Path()

    def encode(self, points: NDArray[np.float32]) -> NDArray[np.float32]:
        if self.lost.exists():
            self.lost.rename(self.lost.with_name("away"))
        return super().encode(points)


MEANS = Made(Means())
AGAIN = Execution(retry_dropped=True)


@pytest.fixture(scope="module")
def features(built: Dataset, tmp_path_factory: pytest.TempPathFactory) -> Dataset:
    """Encode the built dataset, for tests that only look at it."""
    out = tmp_path_factory.mktemp("encoded") / "features"
    encode_with(MEANS, built.path, out, Execution())
    return Dataset.open(out)


def members_of(dataset: Dataset, split: str) -> dict[str, dict[str, Any]]:
    """Return the decoded members of a split's samples, by key, in order."""
    return {
        key: {suffix: decode_member(suffix, data) for suffix, data in members.items()}
        for key, members in iter_samples(dataset, split)
    }


def test_samples_have_the_keys_order_and_captions_of_the_source(
    built: Dataset, features: Dataset
) -> None:
    assert features.description.splits == built.description.splits
    for name in ("key", "split", "shard", "frames", "source", "subset", "captions"):
        assert features.manifest[name].to_pylist() == built.manifest[name].to_pylist()
    for split in built.description.splits:
        for key, source in members_of(built, split).items():
            sample = members_of(features, split)[key]
            assert list(sample) == ["features.npy", "json", "txt"]
            assert sample["txt"] == source["txt"]
            assert sample["json"] == {
                **source["json"], "encoder": "means-1.0-3", "dataset": built.content_hash,
            }  # fmt: skip


def test_a_lost_source_stops_the_encoding_which_resumes_once_it_is_back(
    built: Dataset, features: Dataset, tmp_path: Path, out: Path
) -> None:
    source = shutil.copytree(built.path, tmp_path / "source")
    losing = Made(Losing(lost=source / "train"))
    with pytest.raises(AbortedError, match=r"train/000000\.tar.*run the same command again"):
        encode_with(losing, source, out, Execution())
    (source / "away").rename(source / "train")
    encode_with(MEANS, source, out, Execution())
    assert files_of(out) == files_of(features.path)


def test_a_source_without_one_of_its_shards_is_refused(
    built: Dataset, tmp_path: Path, out: Path
) -> None:
    source = shutil.copytree(built.path, tmp_path / "source")
    (source / "train/000000.tar").unlink()
    with pytest.raises(DatasetError, match=r"train/000000\.tar: expected a file, found nothing"):
        encode_with(MEANS, source, out, Execution())
    assert not out.exists()


def test_the_encoder_of_features_is_recorded(built: Dataset, features: Dataset) -> None:
    assert encoder_of(features) == "means-1.0-3"
    assert encoder_of(built) is None


def test_features_are_the_output_of_the_encoder_for_each_clip(
    built: Dataset, features: Dataset
) -> None:
    for split in built.description.splits:
        encoded = members_of(features, split)
        for key, source in members_of(built, split).items():
            found = encoded[key]["features.npy"]
            assert found.tobytes() == Means().encode(source["points.npy"]).tobytes()


def test_a_dataset_of_features_is_sound_and_has_the_statistics_of_stats(
    features: Dataset, out: Path
) -> None:
    assert verify(features.path).sound
    shutil.copytree(features.path, out)
    before = files_of(out)
    stats(out, "train", "features")
    after = files_of(out)
    assert after.keys() - before.keys() == {"stats/train/features/histograms.json"}
    assert before.items() <= after.items()


def test_features_are_streamed_with_captions_and_exported(
    features: Dataset, tmp_path: Path
) -> None:
    view = open_dataset(features.path).clips("train", ["features"], 4, captions=True)
    batch = next(iter(view))
    assert batch["features"].shape == (*batch["mask"].shape, 3)
    assert all(text.endswith(".") for text in batch["captions"])
    export(features.path, tmp_path / "npy", ExportOptions("npy-tree", field="features"))
    for key, sample in members_of(features, "test").items():
        exported = np.load(tmp_path / f"npy/test/{key}.npy")
        assert np.array_equal(exported, sample["features.npy"])


def test_info_of_features_names_the_encoder_and_the_source(
    built: Dataset, features: Dataset
) -> None:
    said = str(info(features.path))
    assert f"features dataset {features.content_hash}" in said
    assert "encoder: means-1.0-3, 3 features a frame" in said
    assert f"of the lidar dataset {built.content_hash}" in said
    assert "motiondata encode DATASET --checkpoint FILE --out DIR" in said


@pytest.mark.parametrize("rename", [1, 2, 4, 7, 9, 12])
def test_a_stopped_encoding_resumes_to_the_same_bytes(
    built: Dataset, features: Dataset, out: Path, rename: int
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        inject(Fault("SIGINT", "rename", rename), patch)
        with pytest.raises(KeyboardInterrupt):
            encode_with(MEANS, built.path, out, Execution())
    expect_no_unfinished_files(out)
    done = finished_shards(out)
    encode_with(MEANS, built.path, out, Execution())
    assert files_of(out) == files_of(features.path)
    assert done.items() <= finished_shards(out).items()


@pytest.mark.slow
def test_workers_on_ray_give_the_same_bytes(built: Dataset, features: Dataset, out: Path) -> None:
    encode_with(MEANS, built.path, out, Execution(workers=2))
    assert files_of(out) == files_of(features.path)


@pytest.mark.parametrize(
    ("load", "changed"),
    [(Made(Means(2.0)), "the encoder changed"), (Made(Means(width=4)), "the encoder changed")],
)
def test_another_encoder_is_refused(
    built: Dataset, features: Dataset, load: LoadEncoder, changed: str
) -> None:
    with pytest.raises(InputError, match=f"{changed}.*--restart"):
        encode_with(load, built.path, features.path, Execution())


def test_another_dataset_is_refused(
    archive: MadeArchive, features: Dataset, tmp_path: Path
) -> None:
    build_lidar(archive.options(distance=5.0), tmp_path / "other", Execution())
    with pytest.raises(InputError, match="the dataset changed"):
        encode_with(MEANS, tmp_path / "other", features.path, Execution())


def test_a_damaged_source_ends_the_encoding_which_resumes_once_it_is_repaired(
    built: Dataset, features: Dataset, tmp_path: Path, out: Path
) -> None:
    source = shutil.copytree(built.path, tmp_path / "source")
    path = source / built.description.shards[1].name
    whole, times = path.read_bytes(), path.stat()
    path.write_bytes(whole[:1000] + b"\1" + whole[1001:])
    os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))
    with pytest.raises(DatasetError, match="is damaged"):
        encode_with(MEANS, source, out, Execution())
    assert len(finished_shards(out)) == 1
    path.write_bytes(whole)
    os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))
    encode_with(MEANS, source, out, Execution())
    assert files_of(out) == files_of(features.path)


def test_a_clip_that_crashes_the_encoder_is_dropped(built: Dataset, out: Path) -> None:
    result = encode_with(Made(Means(crashes_at=1)), built.path, out, Execution())
    lost = [key for key in built.manifest["key"].to_pylist() if "000009" in key]
    drops = pq.read_table(out / "drops.parquet").to_pylist()
    assert {drop["key"]: drop["reason"] for drop in drops} == dict.fromkeys(lost, "crashed")
    assert len(Dataset.open(out).manifest) == len(built.manifest) - len(lost)
    assert verify(out).sound
    assert result.exit_code == TOO_MANY_FAILURES


def test_samples_that_were_dropped_are_retried_and_added(
    built: Dataset, features: Dataset, out: Path
) -> None:
    encode_with(Made(Means(crashes_at=1)), built.path, out, Execution())
    shards, before = finished_shards(out), {*Dataset.open(out).manifest["key"].to_pylist()}
    result = encode_with(MEANS, built.path, out, AGAIN)
    assert shards.items() <= finished_shards(out).items()
    added = Dataset.open(out)
    assert verify(out).sound
    assert result.outcome.within_budget
    assert {*added.manifest["key"].to_pylist()} == {*built.manifest["key"].to_pylist()} > before
    for split in built.description.splits:
        assert members_of(added, split).keys() == members_of(features, split).keys()
        for key, sample in members_of(added, split).items():
            expected = members_of(features, split)[key]["features.npy"]
            assert sample["features.npy"].tobytes() == expected.tobytes()
    files = files_of(out)
    encode_with(MEANS, built.path, out, Execution())
    assert files_of(out) == files


def test_a_retry_without_success_changes_no_shard(built: Dataset, out: Path) -> None:
    crashing = Made(Means(crashes_at=1))
    encode_with(crashing, built.path, out, Execution())
    shards = finished_shards(out)
    for _ in range(2):
        encode_with(crashing, built.path, out, AGAIN)
        assert finished_shards(out) == shards


def test_a_retry_without_drops_says_so_and_changes_no_shard(
    built: Dataset, features: Dataset, out: Path
) -> None:
    shutil.copytree(features.path, out)
    shards = finished_shards(out)
    warnings = encode_with(MEANS, built.path, out, AGAIN).warnings
    assert any("no row was dropped, so there is nothing" in each for each in warnings)
    assert finished_shards(out) == shards


@pytest.mark.parametrize("made", [Means(width=2), Means(scale=float("nan"))])
def test_invalid_features_end_the_encoding(built: Dataset, out: Path, made: Means) -> None:
    with pytest.raises(InputError, match="expected finite ones of shape"):
        encode_with(Made(made), built.path, out, Execution())


def test_features_are_not_written_into_the_folder_of_the_points(built: Dataset) -> None:
    before = files_of(built.path)
    for out in (built.path, built.path / "features", built.path.parent):
        with pytest.raises(InputError, match="apart from"):
            encode_with(MEANS, built.path, out, Execution(restart=True))
    assert files_of(built.path) == before


def test_features_of_features_are_refused(features: Dataset, out: Path) -> None:
    with pytest.raises(InputError, match=r"without points\.npy"):
        encode_with(MEANS, features.path, out, Execution())


def test_the_command_encodes_with_a_checkpoint(built: Dataset, tmp_path: Path, out: Path) -> None:
    path = save(tmp_path / "checkpoint.pt", make_encoder())
    words = ["encode", built.path, "--checkpoint", path, "--out", out]
    result = CliRunner().invoke(main, [str(word) for word in words])
    assert result.exit_code == 0, result.output
    encoder = Checkpoint(path)()
    encoded = members_of(Dataset.open(out), "train")
    for key, source in members_of(built, "train").items():
        features = encoder.encode(source["points.npy"])
        assert encoded[key]["features.npy"].tobytes() == features.tobytes()
        assert encoded[key]["json"]["encoder"] == encoder.id
    assert verify(out).sound


def test_a_custom_encoder_is_named_in_the_dataset(
    built: Dataset, tmp_path: Path, out: Path
) -> None:
    mean, std = np.zeros(3, np.float32), np.ones(3, np.float32)
    path = save(tmp_path / "own.pt", MeanEncoder(*map(_tensor, (mean, std))), OTHERS)
    encode(built.path, path, out, Execution(), OTHERS)
    assert f"--encoder {OTHERS}" in str(info(out))


def _tensor(array: NDArray[np.float32]) -> Any:
    import torch

    return torch.from_numpy(array)
