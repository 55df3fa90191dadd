"""Exports in the layouts of public trainers, read by loaders of the kind that those have."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from motiondata.captions import Caption
from motiondata.errors import InputError
from motiondata.representations.humanml3d_recovery import recover_joints
from motiondata.representations.skeleton import KIT, T2M
from pipelines.clips.options import ClipSelection
from pipelines.datasets.export import export
from pipelines.datasets.export_options import ExportOptions
from pipelines.datasets.statistics import stats
from pipelines.datasets.trainer_trees import tagged_line
from pipelines.products.motion_features.build import build_features
from pipelines.products.motion_features.options import (
    MotionFeatureBuildOptions,
    MotionFeatureOptions,
)
from shards.errors import ShardError
from shards.format.dataset import Dataset
from shards.format.npy import npy_to_array
from shards.format.paths import STATISTICS
from shards.format.reading import read_member
from shards.format.self_hashed_json import from_self_hashed_json, to_self_hashed_json
from tests.commands.test_cli import run
from tests.support.archive import MadeArchive
from tests.support.compare_builds import files_of
from tests.support.faults import KILLED, Fault
from tests.support.faults import run as run_with_fault
from tests.support.motion_features import HERE, built_features

RULES = {"humanml3d-263": "humanml3d-263", "kit-251": "kit-251", "repr-272": "humanml3d-272"}
FORMATS = {
    "humanml3d": "humanml3d-263",
    "kit": "kit-251",
    "motionstreamer": "repr-272",
    "motionmillion": "repr-272",
}
"""The representation of each format."""
LONG = {"000000": (0, 60), "000002": (0, 100), "000003": (0, 90), "000009": (0, 95)}
"""First and last frames of clips that are as long as trainers need."""
LISTS = {"train": ["000000", "000002"], "val": ["000003"], "test": ["000009"]}


def long_clips(root: Path, archive: MadeArchive) -> ClipSelection:
    """Return the clips of the archive, made longer, with captions of parts of 2 to 3 seconds."""
    header, *lines = (archive.root / "index.csv").read_text().splitlines()
    rows = [line.split(",") for line in lines]
    names = header.split(",")
    kept = []
    for row in rows:
        values = dict(zip(names, row, strict=True))
        if (name := values["new_name"].removesuffix(".npy")) in LONG:
            values["start_frame"], values["end_frame"] = map(str, LONG[name])
            kept.append(",".join(values.values()))
    (root / "texts").mkdir(parents=True)
    for path in (archive.root / "texts").iterdir():
        part = "again.#again/ADV#0.5#3.0\n"
        whole = path.read_text().splitlines()[0]
        (root / "texts" / path.name).write_text(f"{whole}\n{part}a step.#a/DET#0.0#0.4\n")
    (root / "index.csv").write_text("\n".join([header, *kept]) + "\n")
    for split, listed in LISTS.items():
        both = [f"{twin}{name}" for name in listed for twin in ("", "M")]
        (root / f"{split}.txt").write_text("\n".join(both) + "\n")
    body = archive.root / "body.npz"
    return ClipSelection(root / "index.csv", archive.root / "amass", body=body, mirror=True)


@pytest.fixture(scope="module")
def datasets(archive: MadeArchive, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Dataset]:
    """Return a dataset of each representation with its grouped statistics."""
    root = tmp_path_factory.mktemp("long")
    clips = long_clips(root / "inputs", archive)
    made = {}
    for representation, rule in RULES.items():
        options = MotionFeatureBuildOptions(clips, MotionFeatureOptions(representation))
        build_features(options, root / representation, HERE)
        stats(root / representation, group=rule)
        made[representation] = Dataset.open(root / representation)
    return made


@pytest.fixture(params=FORMATS)
def exported(
    request: pytest.FixtureRequest, datasets: dict[str, Dataset], tmp_path: Path
) -> "tuple[str, Dataset, Path]":
    """Return a format, its dataset, and the exported folder."""
    dataset = datasets[FORMATS[request.param]]
    export(dataset.path, tmp_path / "files", ExportOptions(request.param))
    return request.param, dataset, tmp_path / "files"


@dataclass
class Item:
    """An item of a loader."""

    captions: list[str]
    tokens: list[list[str]]
    motion: NDArray[Any]


def read_captioned(
    folder: Path, vectors: str, statistics: str, names: Path, fps: float, lengths: range
) -> dict[str, Item]:
    """Read a folder as `Text2MotionDataset` of HumanML3D's and MotionStreamer's trainers does.

    Clips and described parts have one of the `lengths`; values are normalized.
    """
    mean, std = (np.load(folder / statistics / name) for name in ("Mean.npy", "Std.npy"))
    items: dict[str, Item] = {}
    for name in names.read_text().splitlines():
        motion = np.load(folder / vectors / f"{name}.npy")
        if len(motion) not in lengths:
            continue
        whole = Item([], [], (motion - mean) / std)
        for number, line in enumerate((folder / f"texts/{name}.txt").read_text().splitlines()):
            caption, words, first, last = line.strip().split("#")
            tokens = [word.split("/")[0] for word in words.split(" ")]
            start, end = float(first), float(last)
            if start == end == 0.0:
                whole.captions.append(caption)
                whole.tokens.append(tokens)
                continue
            part = motion[int(start * fps) : int(end * fps)]
            if len(part) in lengths:
                items[f"{'ABC'[number]}_{name}"] = Item([caption], [tokens], (part - mean) / std)
        if whole.captions:
            items[name] = whole
    return items


LOADERS = {
    "humanml3d": ("new_joint_vecs", ".", "{}.txt", 20.0, range(40, 200)),
    "kit": ("new_joint_vecs", ".", "{}.txt", 12.5, range(24, 200)),
    "motionstreamer": ("motion_data", "mean_std", "split/{}.txt", 30.0, range(60, 300)),
}


@pytest.mark.parametrize("layout", LOADERS)
def test_a_public_loader_reads_clips_and_described_parts(
    datasets: dict[str, Dataset], tmp_path: Path, layout: str
) -> None:
    dataset = datasets[FORMATS[layout]]
    export(dataset.path, tmp_path / "files", ExportOptions(layout))
    vectors, statistics, names, fps, lengths = LOADERS[layout]
    items = read_captioned(
        tmp_path / "files",
        vectors,
        statistics,
        tmp_path / "files" / names.format("all"),
        fps,
        lengths,
    )
    keys = {name for name in items if "_" not in name}
    assert keys == {f"{twin}{name}" for name in LONG for twin in ("", "M")}
    assert {name for name in items if name.startswith("B_")} == {f"B_{key}" for key in keys}
    assert not any(name.startswith("C_") for name in items)
    for key in keys:
        assert items[key].captions == [f"someone moves as in {key}."]
        assert items[key].tokens == [["someone", "move"]]
        assert items[f"B_{key}"].captions == ["again."]
    rows = np.concatenate(
        [
            items[key].motion
            for key in (tmp_path / "files" / names.format("train")).read_text().split()
        ]
    )
    np.testing.assert_allclose(rows.mean(axis=0), 0, atol=2e-4)


def read_plain(folder: Path, split: str, window: int) -> list[tuple[str, NDArray[Any]]]:
    """Read a folder as the trainers of MotionMillion do: one caption a line, normalized."""
    statistics = folder / "mean_std/vector_272"
    mean, std = np.load(statistics / "mean.npy"), np.load(statistics / "std.npy")
    found = []
    for name in (folder / f"split/version1/{split}.txt").read_text().splitlines():
        motion = (np.load(folder / f"motion_data/vector_272/{name}.npy") - mean) / std
        captions = (folder / f"texts/{name}.txt").read_text().splitlines()
        found.append((captions[0], motion[len(motion) - window :]))
    return found


def test_a_loader_of_motionmillion_reads_windows_and_captions(
    datasets: dict[str, Dataset], tmp_path: Path
) -> None:
    export(datasets["repr-272"].path, tmp_path, ExportOptions("motionmillion"))
    keys = [f"{twin}{name}" for name in LONG for twin in ("", "M")]
    for split, window in (("t2m_60_300/all", 60), ("tokenizer_96/all", 96)):
        found = read_plain(tmp_path, split, window)
        assert {caption for caption, _ in found} <= {f"someone moves as in {key}." for key in keys}
        assert {motion.shape for _, motion in found} == {(window, 272)}
    assert {*(tmp_path / "split/version1/tokenizer_96/all.txt").read_text().split()} == {
        row.key
        for split in datasets["repr-272"].description.splits
        for shard in datasets["repr-272"].shards_of(split)
        for row in datasets["repr-272"].rows_of(shard)
        if row.frames >= 96
    }


def test_lists_name_the_clips_of_each_split(exported: tuple[str, Dataset, Path]) -> None:
    layout, dataset, files = exported
    folders = {
        "motionstreamer": ["split"],
        "motionmillion": ["split/version1/t2m_60_300", "split/version1/tokenizer_96"],
    }.get(layout, ["."])
    keys = dict(
        zip(dataset.manifest["key"].to_pylist(), dataset.manifest["split"].to_pylist(), strict=True)
    )
    for folder in folders:
        lists = {path.stem: path.read_text().split() for path in (files / folder).glob("*.txt")}
        assert {*lists} == {"train", "val", "test", "train_val", "all"}
        for split in ("train", "val", "test"):
            assert {keys[key] for key in lists[split]} == {split}
        assert {*lists["train_val"]} == {*lists["train"], *lists["val"]}
        assert {*lists["all"]} == {*lists["train_val"], *lists["test"]}
        if folder == ".":
            assert {*lists["all"]} == {*keys}


@pytest.mark.parametrize(("layout", "skeleton"), [("humanml3d", T2M), ("kit", KIT)])
def test_new_joints_are_those_that_the_features_give(
    datasets: dict[str, Dataset], tmp_path: Path, layout: str, skeleton: Any
) -> None:
    dataset = datasets[FORMATS[layout]]
    export(dataset.path, tmp_path, ExportOptions(layout))
    for key in dataset.manifest["key"].to_pylist():
        vectors = npy_to_array(read_member(dataset, key, "vectors.npy"))
        stored = np.load(tmp_path / f"new_joint_vecs/{key}.npy")
        np.testing.assert_array_equal(stored, vectors, strict=True)
        joints = np.load(tmp_path / f"new_joints/{key}.npy")
        np.testing.assert_array_equal(joints, recover_joints(vectors, skeleton), strict=True)


def test_all_arrays_are_float32(exported: tuple[str, Dataset, Path]) -> None:
    assert {str(np.load(path).dtype) for path in exported[2].rglob("*.npy")} == {"float32"}


def test_the_standard_deviation_is_that_of_groups(exported: tuple[str, Dataset, Path]) -> None:
    layout, dataset, files = exported
    rule = RULES[FORMATS[layout]]
    own = dataset.path / STATISTICS / "train" / f"vectors-{rule}"
    mean, std = sorted(
        (path for path in files.rglob("*.npy") if path.stem.lower() in ("mean", "std")),
        key=lambda path: path.stem.lower(),
    )
    np.testing.assert_array_equal(np.load(mean), np.load(own / "mean.npy"))
    np.testing.assert_array_equal(np.load(std), np.load(own / "std.npy"))
    assert len(np.unique(np.load(std))) <= 7


def test_a_separator_in_a_sentence_becomes_a_space() -> None:
    caption = Caption("walks to #1 now", (("walk", "VERB"),), 0.5, 2.0)
    assert tagged_line(caption) == "walks to  1 now#walk/VERB#0.5#2.0"


def test_words_without_tokens_have_the_tag_other() -> None:
    caption = Caption("Runs home", (), 0.0, 0.0)
    assert tagged_line(caption) == "Runs home#runs/OTHER home/OTHER#0.0#0.0"


def test_without_statistics_the_command_to_make_them_is_named(
    archive: MadeArchive, tmp_path: Path
) -> None:
    dataset = built_features(archive, tmp_path / "made", "humanml3d-263")
    with pytest.raises(ShardError) as refused:
        export(dataset.path, tmp_path / "files", ExportOptions("humanml3d"))
    assert (
        f"run motiondata stats {dataset.path} --split train --field vectors --group humanml3d-263"
        in str(refused.value)
    )
    assert not (tmp_path / "files").exists()


def test_a_format_of_other_features_is_refused_with_a_choice(
    datasets: dict[str, Dataset], tmp_path: Path
) -> None:
    path = datasets["kit-251"].path
    code, said = run("export", path, "--format", "humanml3d", "--out", tmp_path / "files")
    assert code == 2
    assert "choose one of npy-tree, packs-of-32, pcd, kit" in said
    assert not (tmp_path / "files").exists()


def test_another_field_is_refused(datasets: dict[str, Dataset], tmp_path: Path) -> None:
    options = ExportOptions("kit", field="joints")
    with pytest.raises(InputError, match="--field has no effect"):
        export(datasets["kit-251"].path, tmp_path / "files", options)


MOMENTS = {
    "after a file": Fault("SIGKILL", "rename", 3, after=True),
    "before the mean": Fault("SIGKILL", "rename", file="Mean.npy"),
    "before a list": Fault("SIGKILL", "rename", file="val.txt"),
    "before the last list": Fault("SIGKILL", "rename", file="all.txt"),
}


STOPPED = [
    *(("humanml3d-263", "humanml3d", moment) for moment in MOMENTS),
    ("repr-272", "motionstreamer", "after a file"),
    ("repr-272", "motionmillion", "after a file"),
]


@pytest.mark.parametrize(("features", "kind", "moment"), STOPPED)
def test_a_stopped_export_resumes(
    datasets: dict[str, Dataset], tmp_path: Path, features: str, kind: str, moment: str
) -> None:
    dataset, files = datasets[features].path, tmp_path / "files"
    export(dataset, tmp_path / "whole", ExportOptions(kind))
    words = ["export", str(dataset), "--format", kind, "--out", str(files)]
    assert run_with_fault(words, tmp_path / "log", MOMENTS[moment]) == KILLED
    assert files_of(files) != files_of(tmp_path / "whole")
    assert run_with_fault(words, tmp_path / "log") == 0, (tmp_path / "log").read_text()
    assert files_of(files) == files_of(tmp_path / "whole")


def test_splits_can_be_exported_one_by_one(datasets: dict[str, Dataset], tmp_path: Path) -> None:
    dataset = datasets["humanml3d-263"]
    export(dataset.path, tmp_path / "whole", ExportOptions("humanml3d"))
    for split in dataset.description.splits:
        export(dataset.path, tmp_path / "files", ExportOptions("humanml3d", split))
        assert (tmp_path / "files" / f"{split}.txt").exists()
    assert not (tmp_path / "files/all.txt").exists()
    export(dataset.path, tmp_path / "files", ExportOptions("humanml3d"))
    assert files_of(tmp_path / "files") == files_of(tmp_path / "whole")


def test_a_folder_begun_with_other_statistics_is_refused(
    archive: MadeArchive, tmp_path: Path
) -> None:
    dataset = built_features(archive, tmp_path / "made", "humanml3d-263")
    stats(dataset.path, group="humanml3d-263")
    export(dataset.path, tmp_path / "files", ExportOptions("humanml3d", "val"))
    folder = dataset.path / STATISTICS / "train" / "vectors-humanml3d-263"
    document = (folder / "stats.json").read_bytes()
    values = from_self_hashed_json(document, "stats.json")
    values["mean"][0] += 1.0
    (folder / "stats.json").write_bytes(to_self_hashed_json(values))
    with pytest.raises(InputError, match="started with other inputs or settings"):
        export(dataset.path, tmp_path / "files", ExportOptions("humanml3d", "val"))
