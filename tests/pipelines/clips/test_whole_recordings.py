"""Builds without an index: of one recording, and of a folder of them."""

import shutil
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from cli import main
from pipelines.clips.options import ClipSelection
from pipelines.datasets.info import info
from pipelines.datasets.verify import verify
from pipelines.engine.execution import Execution
from pipelines.products.lidar.build import build_lidar
from pipelines.products.lidar.options import LidarBuildOptions, LidarOptions
from shards.format.dataset import Dataset
from tests.support.archive import MadeArchive


def small(archive: MadeArchive) -> list[str]:
    words = {
        "body": archive.root / "body.npz",
        "sensor": archive.root / "sensor.toml",
        "points": 32,
    }
    return [word for name, value in words.items() for word in (f"--{name}", str(value))]


def run(*words: object) -> tuple[int, str]:
    result = CliRunner().invoke(main, [str(word) for word in words])
    return result.exit_code, result.output


@pytest.fixture
def mine(archive: MadeArchive, tmp_path: Path) -> Path:
    """Put two recordings under names of our own into a folder, and one that is none."""
    folder = tmp_path / "mine"
    (folder / "takes").mkdir(parents=True)
    kit = archive.root / "amass" / "KIT" / "3" / "walk 01_poses.npz"
    shutil.copy(kit, folder / "walk.npz")
    shutil.copy(archive.root / "amass" / "CMU" / "02" / "02_01_poses.npz", folder / "takes/b.npz")
    (folder / "takes" / "broken.npz").write_bytes(b"PK\x03\x04 and no more")
    return folder


def test_one_recording_is_built_whole_without_an_index(
    archive: MadeArchive, mine: Path, out: Path
) -> None:
    code, said = run("build-lidar", mine / "walk.npz", "--out", out, *small(archive))
    assert code == 0, said
    assert "1 row: 1 sample, 0 drops" in said
    (row,) = Dataset.open(out).manifest.to_pylist()
    assert (row["key"], row["frames"], row["split"]) == ("walk", 100, "all")
    assert (row["source"], row["subset"]) == ("walk.npz", "recordings")
    assert verify(out).sound
    assert "motiondata build-lidar RECORDINGS --out DIR" in str(info(out))
    assert (
        "nothing was left to do"
        in run("build-lidar", mine / "walk.npz", "--out", out, *small(archive))[1]
    )


def test_a_folder_of_recordings_is_built_with_its_captions_and_a_bad_one_dropped(
    archive: MadeArchive, mine: Path, out: Path
) -> None:
    (mine / "texts").mkdir()
    (mine / "texts" / "walk.txt").write_text("someone walks.#someone/PRON walk/VERB#0.0#0.0\n")
    code, said = run("build-lidar", mine, "--out", out, *small(archive))
    assert code == 3
    assert "dropped broken (unreadable)" in said
    rows = Dataset.open(out).manifest.to_pylist()
    assert {row["key"]: row["captions"] for row in rows} == {"b": [], "walk": ["someone walks."]}


def test_a_build_without_an_index_has_the_samples_of_an_index_of_all_frames(
    archive: MadeArchive, mine: Path, tmp_path: Path
) -> None:
    index = tmp_path / "index.csv"
    rows = "recordings/takes/b.npy,0,100,b.npy\nrecordings/walk.npy,0,100,walk.npy\n"
    index.write_text(f"source_path,start_frame,end_frame,new_name\n{rows}")
    (mine / "takes" / "broken.npz").unlink()
    mine = mine.rename(tmp_path / "recordings")
    clips: dict[str, Any] = {"body": archive.root / "body.npz", "mirror": True}
    hashes = []
    for name, selection in {
        "with": ClipSelection(index, mine, **clips),
        "without": ClipSelection.of_recordings(mine, **clips),
    }.items():
        options = LidarBuildOptions(selection, LidarOptions(points=32))
        build_lidar(options, tmp_path / name, Execution())
        hashes.append(Dataset.open(tmp_path / name).content_hash)
    assert hashes[0] == hashes[1]


def test_a_recording_that_is_repaired_can_be_tried_again(
    archive: MadeArchive, mine: Path, out: Path
) -> None:
    run("build-lidar", mine, "--out", out, *small(archive))
    shutil.copy(mine / "walk.npz", mine / "takes" / "broken.npz")
    code, said = run("build-lidar", mine, "--out", out, "--retry-dropped", *small(archive))
    assert code == 0, said
    assert "3 rows: 3 samples, 0 drops" in said
    assert verify(out).sound


def test_the_name_of_the_user_s_folder_is_not_stored(
    archive: MadeArchive, mine: Path, tmp_path: Path
) -> None:
    shutil.copytree(mine, tmp_path / "copied")
    for name in ("mine", "copied"):
        run("build-lidar", tmp_path / name, "--out", tmp_path / f"of_{name}", *small(archive))
    first, second = ((tmp_path / f"of_{name}" / "dataset.json") for name in ("mine", "copied"))
    assert first.read_bytes() == second.read_bytes()


def test_a_folder_that_becomes_a_subset_of_amass_is_another_input(
    archive: MadeArchive, mine: Path, tmp_path: Path, out: Path
) -> None:
    run("build-lidar", mine, "--out", out, *small(archive))
    code, said = run("build-lidar", mine.rename(tmp_path / "CMU"), "--out", out, *small(archive))
    assert code == 2
    assert "the paths of recordings changed" in said


def test_an_index_and_recordings_are_told_apart(
    archive: MadeArchive, mine: Path, out: Path
) -> None:
    amass = archive.root / "amass"
    for source in (mine, mine / "walk.npz"):
        code, said = run("build-lidar", source, "--amass", amass, "--out", out)
        assert code == 2
        assert "--amass is for an index" in said
    code, said = run("build-lidar", archive.root / "index.csv", "--out", out)
    assert code == 2
    assert "expected --amass" in said
    assert not out.exists()
