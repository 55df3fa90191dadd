"""Skeleton sequences, read back by plain readers of each layout, with the pitfalls of each."""

import csv
import io
import json
import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from motiondata.errors import InputError
from motiondata.representations.skeleton_graphs import GRAPHS, convert_joints
from motiondata.skeletons import JOINT
from pipelines.datasets.export import export
from pipelines.datasets.export_options import SKELETON_FORMATS, ExportOptions
from pipelines.datasets.ntu_files import MOST, ntu_name
from shards.format.dataset import Dataset
from shards.format.npy import npy_to_array
from shards.format.reading import read_member
from tests.commands.test_cli import run
from tests.support.archive import MadeArchive
from tests.support.compare_builds import files_of
from tests.support.feature_dataset import make_features
from tests.support.motion_features import built_features

Arrays = NDArray[Any]
LENGTH = 16
"""Between the lengths of the clips of the small archive: some are padded, some are cut."""
NTU_TRAINING_PERSONS = {1, 2, 4, 5, 8, 9, 13, 14, 15, 16, 17, 18, 19, 25, 27, 28, 31, 34, 35, 38}
"""`training_subjects` of `tools/ntu_gendata.py` of ST-GCN."""


@pytest.fixture(scope="module")
def joints(archive: MadeArchive, tmp_path_factory: pytest.TempPathFactory) -> Dataset:
    out = tmp_path_factory.mktemp("joints") / "joints"
    return built_features(archive, out, "joints", joint_set="smpl-24")


@pytest.fixture
def files(tmp_path: Path) -> Path:
    return tmp_path / "files"


def keys_of(dataset: Dataset, split: str) -> list[str]:
    return [row.key for shard in dataset.shards_of(split) for row in dataset.rows_of(shard)]


def stored(dataset: Dataset, key: str) -> NDArray[np.float64]:
    return npy_to_array(read_member(dataset, key, "joints.npy")).astype(np.float64)


def details_of(dataset: Dataset, key: str) -> Any:
    return json.loads(read_member(dataset, key, "json"))


class PlainUnpickler(pickle.Unpickler):
    """Reads containers and arrays, and refuses every other name."""

    def find_class(self, module: str, name: str) -> Any:
        known = {("numpy", "ndarray"), ("builtins", "bytearray"), ("builtins", "list")}
        if (module, name) not in known:
            raise pickle.UnpicklingError(f"{module}.{name}")
        return super().find_class(module, name)


def read_pickle(path: Path) -> Any:
    return PlainUnpickler(io.BytesIO(path.read_bytes())).load()


def read_skeleton_file(path: Path) -> Arrays:
    """Return the joints (frames, bodies, 25, 3) of a `.skeleton` file, as public readers do."""
    lines = iter(path.read_text().splitlines())
    frames = []
    for _ in range(int(next(lines))):
        bodies = []
        for _ in range(int(next(lines))):
            assert len(next(lines).split()) == 10
            values = [next(lines).split() for _ in range(int(next(lines)))]
            assert {len(joint) for joint in values} == {12}
            bodies.append([list(map(float, joint[:3])) for joint in values])
        frames.append(bodies)
    assert next(lines, None) is None
    return np.array(frames)


def listed(path: Path) -> list[dict[str, str]]:
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def test_st_gcn_reads_joints_and_labels(joints: Dataset, files: Path) -> None:
    report = export(joints.path, files, ExportOptions("st-gcn", length=LENGTH))
    names, labels = read_pickle(files / "train_label.pkl")
    data = np.load(files / "train_data.npy", mmap_mode="r")
    classes = json.loads((files / "classes.json").read_text())
    keys = keys_of(joints, "train")
    assert names == keys
    assert data.shape == (len(keys), 3, LENGTH, 24, 2)
    assert data.dtype == np.float32
    for sample, key in enumerate(keys):
        expected = stored(joints, key)[:LENGTH]
        there = np.moveaxis(data[sample, :, : len(expected), :, 0], 0, -1)
        np.testing.assert_array_equal(there, expected)
        assert not data[sample, :, len(expected) :].any()  # zero padding, after the clip
        assert not data[sample, ..., 1].any()  # the second person
        assert classes[labels[sample]] == details_of(joints, key)["subset"]
    assert "cut to the first 16 frames" in "".join(report.lines())


def test_pyskl_reads_persons_before_frames(joints: Dataset, files: Path) -> None:
    export(joints.path, files, ExportOptions("pyskl"))
    found = read_pickle(files / "annotations.pkl")
    assert set(found["split"]) == {"train", "val", "test"}
    for split, names in found["split"].items():
        assert names == keys_of(joints, split)
    for annotation in found["annotations"]:
        expected = stored(joints, annotation["frame_dir"])
        assert annotation["keypoint"].shape == (1, annotation["total_frames"], 24, 3)
        np.testing.assert_array_equal(annotation["keypoint"][0], expected)
        annotation["keypoint"][0, 0] = 0  # trainers write into them
        assert type(annotation["label"]) is int


def test_ctr_gcn_reads_persons_joints_and_coordinates_of_a_frame(
    joints: Dataset, files: Path
) -> None:
    export(joints.path, files, ExportOptions("ctr-gcn", skeleton="ntu-25", length=LENGTH))
    with np.load(files / "sequences.npz") as arrays:
        x, y = arrays["x_train"], arrays["y_train"]
    keys = keys_of(joints, "train")
    n, t, _ = x.shape
    data = x.reshape((n, t, 2, 25, 3)).transpose(0, 4, 1, 3, 2)  # as its feeder does
    classes = json.loads((files / "classes.json").read_text())
    spine = GRAPHS["ntu-25"].joints.index("spine_mid")
    for sample, key in enumerate(keys):
        expected = convert_joints(stored(joints, key), "ntu-25")[:LENGTH].astype(np.float32)
        expected -= expected[0, spine]
        there = np.moveaxis(data[sample, :, : len(expected), :, 0], 0, -1)
        np.testing.assert_array_equal(there, expected)
        used = int((data[sample].sum(axis=(0, 2, 3)) != 0).sum())  # frames, as its feeder counts
        assert used == len(expected)
        assert [classes[label] for label in np.flatnonzero(y[sample])] == [
            details_of(joints, key)["subset"]
        ]


def test_ntu_files_are_read_back_bit_for_bit(joints: Dataset, files: Path) -> None:
    export(joints.path, files, ExportOptions("ntu"))
    classes = json.loads((files / "classes.json").read_text())
    for split in ("train", "val", "test"):
        for line in listed(files / f"{split}.csv"):
            found = read_skeleton_file(files / split / f"{line['sample']}.skeleton")
            expected = convert_joints(stored(joints, line["key"]), "ntu-25").astype(np.float32)
            np.testing.assert_array_equal(found[:, 0].astype(np.float32), expected)
            action = int(line["sample"][line["sample"].find("A") + 1 :][:3])
            assert classes[action - 1] == details_of(joints, line["key"])["subset"]


@pytest.mark.parametrize("clip", [0, 1, MOST - 1, MOST, 5 * MOST + 3])
@pytest.mark.parametrize("is_training", [True, False])
def test_the_protocols_of_ntu_give_back_the_split(clip: int, is_training: bool) -> None:
    name = ntu_name(clip, 4, is_training)
    numbers = {letter: int(name[name.find(letter) + 1 :][:3]) for letter in "SCPRA"}
    assert (numbers["P"] in NTU_TRAINING_PERSONS) == is_training
    assert (numbers["C"] in {2, 3}) == is_training
    assert (numbers["S"] % 2 == 0) == is_training
    assert numbers["A"] == 5


def test_names_of_ntu_differ_and_end() -> None:
    names = {
        ntu_name(clip, 0, is_training) for clip in range(3 * MOST) for is_training in (False, True)
    }
    assert len(names) == 6 * MOST
    with pytest.raises(InputError, match="three digits"):
        ntu_name(0, MOST, True)
    with pytest.raises(InputError, match="three digits"):
        ntu_name(MOST * MOST, 0, True)


def test_scans_give_the_joints_as_a_depth_camera_sees_them(built: Dataset, files: Path) -> None:
    """The sensor has z up and x forward; NTU's camera has y up and z forward."""
    export(built.path, files, ExportOptions("pyskl"))
    for annotation in read_pickle(files / "annotations.pkl")["annotations"]:
        x, y, z = np.moveaxis(stored(built, annotation["frame_dir"]), -1, 0)
        keypoint = annotation["keypoint"][0].astype(np.float64)
        np.testing.assert_array_equal(keypoint, np.stack([y, z, x], -1))
        assert_upright(keypoint)
        assert (keypoint[..., 2] > 0).all()  # in front of the camera


@pytest.mark.parametrize(
    ("representation", "features"),
    [
        ("kit-251", {}),
        ("repr-272", {}),
        ("joints", {"joint_frame": "world"}),
        ("joints", {"joint_set": "kit-21"}),
    ],
)
def test_all_joints_have_y_up_meters_and_left_on_the_left(
    archive: MadeArchive, tmp_path: Path, representation: str, features: dict[str, Any]
) -> None:
    """KIT-ML's features are millimeters, and a mirror image; the world has z up."""
    dataset = built_features(archive, tmp_path / "made", representation, **features)
    export(dataset.path, tmp_path / "files", ExportOptions("pyskl"))
    smpl = built_features(archive, tmp_path / "smpl", "joints", fps=parameters_fps(dataset))
    for annotation in read_pickle(tmp_path / "files/annotations.pkl")["annotations"]:
        keypoint = annotation["keypoint"][0].astype(np.float64)
        assert_upright(keypoint)
        skeleton = "kit-21" if keypoint.shape[1] == 21 else "smpl-22"
        reference = convert_joints(stored(smpl, annotation["frame_dir"]), skeleton)
        reference = reference[: len(keypoint)]
        assert rigid_error(keypoint[0], reference[0]) < 1e-4


def parameters_fps(dataset: Dataset) -> str:
    return str(dataset.description.parameters["fps"])


def assert_upright(joints: NDArray[np.float64]) -> None:
    """Assert that y is up, and that the person has a person's height."""
    head = {22: JOINT["head"], 24: JOINT["head"], 21: 4}[joints.shape[1]]
    foot = {22: JOINT["left_foot"], 24: JOINT["left_foot"], 21: 15}[joints.shape[1]]
    height = joints[:, head] - joints[:, foot]
    assert (height[:, 1] > 0.8 * np.linalg.norm(height, axis=1)).all()
    assert (np.abs(height[:, 1] - 1.6) < 0.7).all()


def rigid_error(points: NDArray[np.float64], others: NDArray[np.float64]) -> float:
    """Return the largest distance after the best rotation and shift, without a mirror image."""
    a, b = points - points.mean(axis=0), others - others.mean(axis=0)
    u, _, v = np.linalg.svd(a.T @ b)
    turn = u @ np.diag([1, 1, np.linalg.det(u @ v)]) @ v
    return float(np.abs(a @ turn - b).max())


def test_labels_of_captions_and_files(joints: Dataset, tmp_path: Path) -> None:
    keys = [key for split in ("train", "val", "test") for key in keys_of(joints, split)]
    table = tmp_path / "labels.csv"
    lines = [f"{key},{number % 11}" for number, key in enumerate(keys)]
    table.write_text("\n".join(["key,label", *lines]) + "\n")
    export(joints.path, tmp_path / "table", ExportOptions("pyskl", labels=str(table)))
    found = read_pickle(tmp_path / "table/annotations.pkl")["annotations"]
    classes = json.loads((tmp_path / "table/classes.json").read_text())
    assert classes == [str(number) for number in range(min(11, len(keys)))]  # 10 after 9
    assert {each["frame_dir"]: each["label"] for each in found} == {
        key: number % 11 for number, key in enumerate(keys)
    }
    (tmp_path / "one.csv").write_text("key,label\n000000,walk\n")
    with pytest.raises(InputError, match=f"none for {len(keys) - 1} samples"):
        export(joints.path, tmp_path / "x", ExportOptions("ntu", labels=str(tmp_path / "one.csv")))
    assert not (tmp_path / "x").exists()


def test_the_label_of_synthetic_motion_is_its_longest_act(joints: Dataset, tmp_path: Path) -> None:
    acts = [
        {"kind": "wave", "start_seconds": 0, "end_seconds": 1},
        {"kind": "walk", "start_seconds": 1, "end_seconds": 3},
    ]
    keys = [key for split in ("train", "val", "test") for key in keys_of(joints, split)]
    path = tmp_path / "labels.jsonl"
    path.write_text("".join(json.dumps({"name": key, "acts": acts}) + "\n" for key in keys))
    export(joints.path, tmp_path / "made", ExportOptions("pyskl", labels=str(path)))
    assert json.loads((tmp_path / "made/classes.json").read_text()) == ["walk"]


def test_graph_says_what_the_joints_are(joints: Dataset, files: Path) -> None:
    export(joints.path, files, ExportOptions("pyskl", skeleton="smpl-22"))
    found = json.loads((files / "graph.json").read_text())
    graph = GRAPHS["smpl-22"]
    assert found["joints"] == [*graph.joints]
    assert [tuple(bone) for bone in found["bones"]] == [*graph.bones]
    assert [tuple(link) for link in found["links"]] == [*graph.links]
    assert (found["center"], found["origin"]) == (graph.center, graph.origin)


@pytest.mark.parametrize("kind", SKELETON_FORMATS)
def test_the_same_export_gives_the_same_bytes_and_resumes(
    joints: Dataset, tmp_path: Path, kind: str
) -> None:
    options = ExportOptions(kind)
    export(joints.path, tmp_path / "a", options)
    export(joints.path, tmp_path / "b", options)
    made = files_of(tmp_path / "a")
    assert made == files_of(tmp_path / "b")
    for path in (tmp_path / "b").rglob("*"):
        if path.suffix in (".npy", ".pkl", ".npz", ".skeleton"):
            path.unlink()
    export(joints.path, tmp_path / "b", options)
    assert made == files_of(tmp_path / "b")
    with pytest.raises(InputError, match="labels"):
        export(joints.path, tmp_path / "b", ExportOptions(kind, labels="caption"))


MISUSED: list[tuple[Callable[[], ExportOptions], str]] = [
    (lambda: ExportOptions("pcd", labels="caption"), "--labels has no effect"),
    (lambda: ExportOptions("pyskl", length=3), "--length has no effect"),
    (lambda: ExportOptions("pyskl", split="train"), "--split has no effect"),
    (lambda: ExportOptions("ntu", skeleton="smpl-22"), "expected --skeleton ntu-25"),
    (lambda: ExportOptions("st-gcn", persons=0), "expected 1 or more"),
]


@pytest.mark.parametrize(("make", "message"), MISUSED)
def test_options_that_do_nothing_are_refused(
    make: Callable[[], ExportOptions], message: str
) -> None:
    with pytest.raises(InputError, match=message):
        make()


def test_a_dataset_without_joints_is_refused(tmp_path: Path) -> None:
    dataset = make_features(tmp_path, [np.zeros((3, 4))])
    with pytest.raises(InputError, match="expected a dataset with joints"):
        export(dataset.path, tmp_path / "out", ExportOptions("pyskl"))


def test_the_command_writes_sequences(joints: Dataset, tmp_path: Path) -> None:
    out = tmp_path / "out"
    code, printed = run("export", joints.path, "--format", "st-gcn", "--persons", 1, "--out", out)
    assert code == 0, printed
    assert np.load(out / "val_data.npy").shape[-1] == 1
