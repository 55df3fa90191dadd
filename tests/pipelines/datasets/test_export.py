"""Exports: the plain files that readers get, and what an interrupted export leaves."""

import csv
import fcntl
import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray

from motiondata.errors import InputError
from pipelines.datasets.export import export
from pipelines.datasets.export_folder import EXPORT, LOCK
from pipelines.datasets.export_layouts import ARRAY_LAYOUTS, PACK_FRAMES
from pipelines.datasets.export_options import ExportOptions
from pipelines.engine.errors import AbortedError
from shards.errors import ShardError
from shards.format.dataset import Dataset
from shards.format.npy import npy_to_array
from shards.format.paths import MANIFEST
from shards.format.reading import read_member
from tests.commands.test_cli import run
from tests.support.clip_dataset import make_clips
from tests.support.compare_builds import files_of
from tests.support.faults import KILLED, Fault
from tests.support.faults import run as run_with_fault


@pytest.fixture
def files(tmp_path: Path) -> Path:
    return tmp_path / "files"


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a small dataset of a few clips."""
    made = tmp_path_factory.mktemp("small") / "made"
    return make_clips(made, {"train": [(3, 2)], "val": [(4,), (33,)]}).path


def member(dataset: Dataset, key: str, field: str) -> NDArray[Any]:
    return npy_to_array(read_member(dataset, key, f"{field}.npy"))


def keys_of(dataset: Dataset, split: str) -> list[str]:
    return [row.key for shard in dataset.shards_of(split) for row in dataset.rows_of(shard)]


def listed(path: Path) -> list[dict[str, str]]:
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def parse_pcd(path: Path) -> NDArray[np.float32]:
    """Return the points of a PCD file, read as its specification defines."""
    head, _, data = path.read_bytes().partition(b"DATA binary\n")
    lines = [line.split() for line in head.decode().splitlines() if not line.startswith("#")]
    header = {name: values for name, *values in lines}
    assert list(header) == (
        ["VERSION", "FIELDS", "SIZE", "TYPE", "COUNT", "WIDTH", "HEIGHT", "VIEWPOINT", "POINTS"]
    )
    assert (header["VERSION"], header["FIELDS"]) == (["0.7"], ["x", "y", "z"])
    assert (header["SIZE"], header["TYPE"], header["COUNT"]) == (["4"] * 3, ["F"] * 3, ["1"] * 3)
    assert int(header["WIDTH"][0]) * int(header["HEIGHT"][0]) == int(header["POINTS"][0])
    assert len(data) == 12 * int(header["POINTS"][0])
    return np.frombuffer(data, "<f4").reshape(-1, 3)


def test_a_tree_has_the_array_of_every_clip(built: Dataset, files: Path) -> None:
    export(built.path, files, ExportOptions("npy-tree"))
    for split in built.description.splits:
        rows = listed(files / f"{split}.csv")
        assert [row["key"] for row in rows] == keys_of(built, split)
        assert {row["file"] for row in rows} == {
            path.relative_to(files).as_posix() for path in (files / split).iterdir()
        }
        for row in rows:
            array = np.load(files / row["file"])
            np.testing.assert_array_equal(array, member(built, row["key"], "points"), strict=True)
            assert len(array) == int(row["frames"])


def test_a_list_joins_with_the_captions_of_the_manifest(built: Dataset, files: Path) -> None:
    export(built.path, files, ExportOptions("npy-tree", "val"))
    clips = pd.read_csv(files / "val.csv", dtype={"key": str})
    captions = pd.read_parquet(built.path / MANIFEST, columns=["key", "captions"])
    joined = clips.merge(captions, on="key")
    assert joined["key"].tolist() == keys_of(built, "val")
    assert [list(texts) for texts in joined["captions"]] == [
        [caption["text"] for caption in json.loads(read_member(built, key, "json"))["captions"]]
        for key in joined["key"]
    ]


def test_any_array_with_one_row_per_frame_can_be_exported(built: Dataset, files: Path) -> None:
    export(built.path, files, ExportOptions("npy-tree", "val", "joints"))
    for key in keys_of(built, "val"):
        np.testing.assert_array_equal(
            np.load(files / f"val/{key}.npy"), member(built, key, "joints"), strict=True
        )


def test_packs_hold_every_frame_once_and_the_list_names_it(built: Dataset, files: Path) -> None:
    export(built.path, files, ExportOptions("packs-of-32"))
    for split in built.description.splits:
        rows = listed(files / f"{split}.csv")
        for row in rows:
            np.testing.assert_array_equal(
                np.load(files / row["file"])[int(row["place"])],
                member(built, row["key"], "points")[int(row["frame"])],
            )
        assert sorted((row["key"], int(row["frame"])) for row in rows) == sorted(
            (key, frame) for key in keys_of(built, split) for frame in range(built.row(key).frames)
        )


@pytest.mark.parametrize("lengths", [(1,), (31,), (32,), (20, 12, 1), (50, 60)])
def test_all_packs_but_the_last_have_32_frames(
    tmp_path: Path, files: Path, lengths: tuple[int, ...]
) -> None:
    make_clips(tmp_path / "made", {"train": [lengths]})
    export(tmp_path / "made", files, ExportOptions("packs-of-32"))
    sizes = [len(np.load(path)) for path in sorted((files / "train").iterdir())]
    assert sum(sizes) == sum(lengths)
    assert set(sizes[:-1]) <= {PACK_FRAMES}
    assert 0 < sizes[-1] <= PACK_FRAMES


def test_packs_mix_clips_in_an_order_set_by_the_seed(tmp_path: Path) -> None:
    make_clips(tmp_path / "made", {"train": [(64,) * 10] * 4})

    def clips_of(seed: int) -> NDArray[Any]:
        """Return the clip of each frame of each pack."""
        out = tmp_path / f"seed{seed}"
        export(tmp_path / "made", out, ExportOptions("packs-of-32", seed=seed))
        return np.stack([np.load(path)[:, 0, 0] for path in sorted((out / "train").iterdir())])

    first, second = clips_of(0), clips_of(1)
    assert min(len(set(pack)) for pack in first.tolist()) > 10
    assert (first != second).mean() > 0.9


def test_point_clouds_hold_the_distinct_points_of_a_frame(built: Dataset, files: Path) -> None:
    export(built.path, files, ExportOptions("pcd", "val"))
    rows = listed(files / "val.csv")
    for row in rows:
        assert row["file"] == f"val/{row['key']}/{int(row['frame']):06d}.pcd"
        points = member(built, row["key"], "points")[int(row["frame"])]
        found = parse_pcd(files / row["file"])
        assert len(found) == int(row["points"])
        np.testing.assert_array_equal(found, points[: len(found)])
        assert {*map(tuple, found.tolist())} == {*map(tuple, points.tolist())}
    assert len(rows) == sum(built.row(key).frames for key in keys_of(built, "val"))


def test_a_frame_that_no_ray_hit_is_a_cloud_without_points(tmp_path: Path, files: Path) -> None:
    make_clips(tmp_path / "made", {"train": [(4,)]}, points=2)
    export(tmp_path / "made", files, ExportOptions("pcd"))
    clouds = [parse_pcd(path) for path in sorted((files / "train/c0").iterdir())]
    assert [len(cloud) for cloud in clouds] == [0, 1, 2, 2]
    assert [row["points"] for row in listed(files / "train.csv")] == ["0", "1", "2", "2"]


def test_points_without_a_count_are_all_exported(built: Dataset, files: Path) -> None:
    export(built.path, files, ExportOptions("pcd", "val", "joints"))
    key = keys_of(built, "val")[0]
    np.testing.assert_array_equal(
        parse_pcd(files / f"val/{key}/000001.pcd"), member(built, key, "joints")[1]
    )


MOMENTS = {
    "before the parameters' rename": Fault("SIGKILL", "rename", file=EXPORT),
    "after the parameters": Fault("SIGKILL", "rename", file=EXPORT, after=True),
    "after a file's last byte": Fault("SIGKILL", "fsync", 3),
    "after a file": Fault("SIGKILL", "rename", 2, after=True),
    "between two files": Fault("SIGKILL", "rename", 3),
    "before a list's rename": Fault("SIGKILL", "rename", file="val.csv"),
    "by a full disk": Fault("ENOSPC", "write", 4),
}
"""The faults that stop an export, by the moment."""


def finished(files: Path) -> dict[str, tuple[int, int]]:
    """Return the inode and the modification time of each finished file."""
    stats = {path: path.stat() for path in files.rglob("*") if path.is_file()}
    return {
        str(path): (stat.st_ino, stat.st_mtime_ns)
        for path, stat in stats.items()
        if path.suffix != ".tmp"
    }


@pytest.mark.parametrize("moment", MOMENTS)
@pytest.mark.parametrize("layout", ARRAY_LAYOUTS)
def test_a_stopped_export_resumes_and_keeps_finished_files(
    small: Path, tmp_path: Path, files: Path, layout: str, moment: str
) -> None:
    whole, log = tmp_path / "whole", tmp_path / "log"
    export(small, whole, ExportOptions(layout))
    words = ["export", str(small), "--format", layout, "--out", str(files)]
    fault = MOMENTS[moment]
    assert run_with_fault(words, log, fault) == (KILLED if fault.what == "SIGKILL" else 1)
    done, reference = finished(files), files_of(whole)
    for name, data in files_of(files).items():
        assert name.endswith(".tmp") or data == reference[name], name
    assert len(done) < len(reference)
    assert run_with_fault(words, log) == 0, log.read_text()
    assert files_of(files) == reference
    assert done.items() <= finished(files).items()


def test_a_missing_file_is_written_again(small: Path, files: Path) -> None:
    export(small, files, ExportOptions("pcd"))
    whole = files_of(files)
    (files / "val/c2/000003.pcd").unlink()
    done = finished(files)
    assert export(small, files, ExportOptions("pcd")).rate.done == 4
    assert files_of(files) == whole
    assert done.items() <= finished(files).items()
    assert export(small, files, ExportOptions("pcd")).rate.done == 0


def test_splits_can_be_exported_one_by_one(built: Dataset, tmp_path: Path, files: Path) -> None:
    export(built.path, tmp_path / "whole", ExportOptions("packs-of-32"))
    for split in built.description.splits:
        assert not (files / f"{split}.csv").exists()
        export(built.path, files, ExportOptions("packs-of-32", split))
    assert files_of(files) == files_of(tmp_path / "whole")


OTHER: dict[str, tuple[ExportOptions, str]] = {
    "format": (ExportOptions("pcd"), "format: packs-of-32 -> pcd"),
    "field": (ExportOptions("packs-of-32", field="joints"), "field: points -> joints"),
    "seed": (ExportOptions("packs-of-32", seed=1), "seed: 0 -> 1"),
}


@pytest.mark.parametrize("what", OTHER)
def test_a_folder_begun_with_other_parameters_is_refused_and_unchanged(
    built: Dataset, files: Path, what: str
) -> None:
    options, expected = OTHER[what]
    export(built.path, files, ExportOptions("packs-of-32", "val"))
    done = finished(files)
    with pytest.raises(InputError, match="started with other inputs or settings") as refused:
        export(built.path, files, options)
    assert expected in str(refused.value)
    assert finished(files) == done


def test_a_folder_of_another_dataset_is_refused(tmp_path: Path, files: Path) -> None:
    for name, frames in {"one": 3, "other": 4}.items():
        make_clips(tmp_path / name, {"train": [(frames,)]})
    export(tmp_path / "one", files, ExportOptions("npy-tree"))
    with pytest.raises(InputError, match="dataset"):
        export(tmp_path / "other", files, ExportOptions("npy-tree"))


def test_a_folder_of_other_files_is_refused_and_unchanged(built: Dataset, files: Path) -> None:
    files.mkdir()
    (files / "thesis.tex").write_text("mine")
    with pytest.raises(InputError, match="found other files"):
        export(built.path, files, ExportOptions("npy-tree"))
    assert files_of(files) == {"thesis.tex": b"mine"}


def test_damaged_parameters_are_refused(built: Dataset, files: Path) -> None:
    export(built.path, files, ExportOptions("npy-tree", "val"))
    text = (files / EXPORT).read_text()
    assert json.loads(text)["dataset"] == built.content_hash
    (files / EXPORT).write_text(text.replace('"seed": 0', '"seed": 1'))
    with pytest.raises(ShardError, match=EXPORT):
        export(built.path, files, ExportOptions("npy-tree", "val", seed=1))


def test_a_link_out_of_the_folder_is_not_followed(
    built: Dataset, tmp_path: Path, files: Path
) -> None:
    export(built.path, files, ExportOptions("npy-tree", "val"))
    (tmp_path / "elsewhere").mkdir()
    (files / "train").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(ShardError, match="link"):
        export(built.path, files, ExportOptions("npy-tree"))
    assert list((tmp_path / "elsewhere").iterdir()) == []


def test_a_second_export_into_a_folder_is_refused_while_the_first_runs(
    built: Dataset, files: Path
) -> None:
    files.mkdir()
    for begun in (False, True):
        with (files / LOCK).open("a+b") as held:
            fcntl.flock(held, fcntl.LOCK_EX)
            with pytest.raises(AbortedError, match="another export"):
                export(built.path, files, ExportOptions("npy-tree"))
            assert (files / EXPORT).exists() == begun
        export(built.path, files, ExportOptions("npy-tree", "val"))


WRONG = {
    "no dataset": (["nowhere", "--format", "pcd"], "not a finished dataset"),
    "no such split": (
        ["{built}", "--format", "pcd", "--split", "dev"],
        "choose one of test, train, val",
    ),
    "an empty split": (["{built}", "--format", "pcd", "--split", ""], "there is no split ''"),
    "no such field": (["{built}", "--format", "pcd", "--field", "color"], "choose one of points"),
    "a field without rows": (["{built}", "--format", "npy-tree", "--field", "json"], "'json'"),
    "no points": (["{built}", "--format", "pcd", "--field", "trans"], "float32 (frames, 3)"),
    "rotations": (["{built}", "--format", "pcd", "--field", "pose"], "axis-angle rotations"),
    "no floats": (["{built}", "--format", "pcd", "--field", "parts"], "uint8"),
    "no such format": (["{built}", "--format", "las"], "'las' is not one of"),
    "another product": (
        ["{built}", "--format", "humanml3d"],
        "a dataset of lidar cannot be exported as humanml3d; choose one of npy-tree, packs-of-32, "
        "pcd",
    ),
}


@pytest.mark.parametrize("case", WRONG)
def test_wrong_input_is_one_sentence_and_exit_code_2(
    built: Dataset, files: Path, case: str
) -> None:
    words, expected = WRONG[case]
    code, said = run("export", *(word.format(built=built.path) for word in words), "--out", files)
    assert code == 2, said
    assert expected in said
    assert "Traceback" not in said
    assert not files.exists()


def test_the_command_reports_what_it_wrote(built: Dataset, files: Path) -> None:
    code, said = run("export", built.path, "--format", "npy-tree", "--out", files, "--split", "val")
    assert code == 0
    clips = keys_of(built, "val")
    frames = sum(built.row(key).frames for key in clips)
    first = f"val: {frames} frames of {len(clips)} clips, listed in {files / 'val.csv'}"
    assert said.splitlines()[0] == first
    assert f"{frames} frames done in" in said
