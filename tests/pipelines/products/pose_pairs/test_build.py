"""Builds of pose pairs: what a sample holds, and that it is true."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from motiondata.bodies.bundled import bundled_body
from motiondata.bodies.posing import pose_joints, shape_body
from motiondata.errors import InputError
from motiondata.pose_pairs.measures import evaluate
from motiondata.pose_pairs.pair_codes import PAIR_CODE, SUPER_PAIR_CODES, pair_codes
from motiondata.pose_pairs.pose_codes import POSE_CODE, POSE_CODES, pose_codes, super_codes
from motiondata.pose_pairs.postures import Headings, Postures
from motiondata.pose_pairs.read_text import contradictions
from motiondata.pose_pairs.rules import PairRules
from motiondata.pose_pairs.statements import PairFacts
from motiondata.synthesis.corpus.corpus import synthesize
from pipelines.clips.options import ClipSelection
from pipelines.datasets.info import info
from pipelines.datasets.verify import verify
from pipelines.engine.execution import Execution
from pipelines.products.pose_pairs.build import build_pose_pairs, dry_run, write_poses
from pipelines.products.pose_pairs.options import PosePairBuildOptions, PosePairOptions
from pipelines.viewing.clip_body import surface_of_pair
from pipelines.viewing.live.shown import DatasetClips
from pipelines.viewing.report.packed_clip import origin_of
from pipelines.viewing.viewed_clip import read_viewed_clip
from shards import open_dataset
from shards.format.dataset import Dataset
from tests.support.compare_builds import files_of

HERE = Execution(workers=0)
Sample = dict[str, Any]
"""The members of a sample by field, and its key."""
NEAR = 1e-4
"""Recomputed measures are this near to those of the build, in degrees and meters."""


def options_of(corpus: Path, **pairs: object) -> PosePairBuildOptions:
    clips = ClipSelection(corpus / "index.csv", corpus / "amass")
    own = PosePairOptions(**{"poses": 250, **pairs})  # type: ignore[arg-type]
    return PosePairBuildOptions(clips, own, PairRules(least_similarity=0.3))


@pytest.fixture(scope="session", name="corpus")
def make_corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make a corpus of twelve clips."""
    corpus = tmp_path_factory.mktemp("pairs") / "corpus"
    synthesize(corpus, 12, seed=0)
    return corpus


@pytest.fixture(scope="session", name="built")
def build_once(corpus: Path, tmp_path_factory: pytest.TempPathFactory) -> Dataset:
    """Build a dataset of pairs."""
    out = tmp_path_factory.mktemp("built") / "pairs"
    build_pose_pairs(options_of(corpus), out, HERE)
    return Dataset.open(out)


def wide(array: Any) -> np.ndarray:
    return np.asarray(array, np.float64)


@pytest.fixture(scope="session", name="samples")
def read_once(built: Dataset) -> list[Sample]:
    """Read all samples."""
    opened = open_dataset(built.path)
    return [
        {
            "key": key,
            **{field: np.asarray(opened[key][field]) for field in built.schema.arrays},
            "json": opened[key]["json"],
            "txt": opened[key]["txt"],
        }
        for key in opened
    ]


def test_the_dataset_is_sound_and_says_what_it_is(built: Dataset) -> None:
    assert verify(built.path).faults == ()
    text = "\n".join(info(built.path).lines())
    assert "poses: 250 of " in text
    assert "in sequence" in text
    assert "motiondata build-pose-pairs INDEX --amass DIR --out DIR --splits DIR" in text


def test_joints_are_those_of_the_stored_poses(samples: list[Sample]) -> None:
    body = shape_body(bundled_body(), np.zeros(0))
    for sample in samples:
        posed = pose_joints(body, wide(sample["pose"]), wide(sample["trans"]))
        assert sample["joints"] == pytest.approx(posed, abs=1e-5)


def test_codes_are_those_of_the_stored_poses(samples: list[Sample]) -> None:
    for sample in samples[::5]:
        first, second = (stored_posture(sample, number) for number in (0, 1))
        for number, posture in enumerate((first, second)):
            codes = sample["pose_codes"][number]
            different = np.flatnonzero(pose_codes(posture)[0] != codes)
            assert all(is_at_threshold(posture, code) for code in different.tolist())
            assert (super_codes(codes[None])[0] == sample["super_codes"][number]).all()
        turn = np.array([sample["json"]["turn_degrees"] or 0.0])
        found = pair_codes(first, second, sample["pose_codes"][1:], turn)
        assert found.changes[0] == pytest.approx(sample["changes"], abs=0.01)


def stored_posture(sample: Sample, number: int) -> Postures:
    """Return one of the stored poses, without the heading that pose B may have."""
    pose = wide(sample["pose"])[[number]]
    headings = Headings.of(pose[:, 0])
    joints = headings.remove_from_points(wide(sample["joints"])[[number]])
    pose[:, 0] = headings.remove_from_roots(pose[:, 0])
    trans = wide(sample["trans"])[[number]]
    return Postures(*(each.astype(np.float32) for each in (pose, trans, joints)))


def is_at_threshold(posture: Postures, number: int) -> bool:
    code = POSE_CODES[number]
    (value,) = evaluate([code.measure], posture)[0]
    return bool(min(abs(value - each) for each in code.scale.thresholds) < NEAR)


def test_texts_are_true_of_the_stored_codes(samples: list[Sample]) -> None:
    for sample in samples:
        details = sample["json"]
        levels, codes = sample["levels"], sample["pose_codes"]
        reached = np.array([
            np.sign(levels[PAIR_CODE[change]]) == sign and codes[1][POSE_CODE[state]] == each
            for change, sign, state, each in SUPER_PAIR_CODES.values()
        ])  # fmt: skip
        facts = PairFacts(levels, reached.astype(np.int8), codes, sample["super_codes"])
        for text in details["texts"]:
            assert contradictions(text["text"], facts, text["style"]) == []
            assert text["says"]
        assert sample["txt"].splitlines() == [each["text"] for each in details["texts"]]


def test_pairs_obey_the_rules_and_name_their_reverse(samples: list[Sample]) -> None:
    by_key = {sample["key"]: sample["json"] for sample in samples}
    kinds = set()
    for key, details in by_key.items():
        a, b = details["a"], details["b"]
        kinds.add((details["in_sequence"], details["reverse"] is None))
        assert (a["source"] == b["source"]) == details["in_sequence"]
        assert 0.3 < details["similarity"] < 0.9
        if details["in_sequence"]:
            assert 0 < details["seconds"] < 0.5
            assert details["differing_codes"] > 15
        else:
            assert details["differing_codes"] > 20
        if details["reverse"]:
            back = by_key[details["reverse"]]
            assert (back["reverse"], back["a"], back["b"]) == (key, b, a)
    assert kinds >= {(True, True), (False, True), (False, False)}


def test_no_recording_is_in_two_splits(built: Dataset) -> None:
    table = built.manifest.to_pandas()
    splits: dict[str, set[str]] = {}
    for column in ("source", "source_a"):
        for source, split in zip(table[column], table["split"], strict=True):
            splits.setdefault(source, set()).add(split)
    assert {len(each) for each in splits.values()} == {1}


@pytest.mark.slow
def test_workers_and_a_second_run_give_the_same_bytes(
    built: Dataset, corpus: Path, tmp_path: Path
) -> None:
    for workers in (2, 0):
        build_pose_pairs(options_of(corpus), tmp_path / "again", Execution(workers=workers))
        assert files_of(tmp_path / "again") == files_of(built.path)


def test_a_changed_option_is_refused(built: Dataset, corpus: Path) -> None:
    with pytest.raises(InputError, match="seed"):
        build_pose_pairs(options_of(corpus, seed=1), built.path, HERE)


def test_a_dry_run_plans_the_same_pairs(built: Dataset, corpus: Path, tmp_path: Path) -> None:
    report = dry_run(options_of(corpus), tmp_path / "x", HERE)
    assert report.samples == len(built.manifest)
    assert not (tmp_path / "x").exists()


def test_recordings_without_lists_are_split_by_shares(corpus: Path, tmp_path: Path) -> None:
    options = options_of(corpus, part=("train=1", "test=1"))
    with pytest.raises(InputError, match="--part: expected no split lists"):
        build_pose_pairs(options, tmp_path / "x", HERE)
    whole = replace(options, clips=ClipSelection.of_recordings(corpus / "amass"))
    build_pose_pairs(whole, tmp_path / "pairs", HERE)
    assert {*Dataset.open(tmp_path / "pairs").manifest["split"].to_pylist()} == {"train", "test"}


def test_an_embedding_decides_what_is_similar(built: Dataset, corpus: Path, tmp_path: Path) -> None:
    file = tmp_path / "poses.npz"
    report = write_poses(options_of(corpus), file)
    poses = np.load(file)
    assert poses["pose"].shape == (report.poses, 22, 3) == (250, 22, 3)
    np.save(tmp_path / "vectors.npy", poses["joints"].reshape(250, -1)[:, 3:])
    options = options_of(corpus, embedding=tmp_path / "vectors.npy")
    options = replace(options, rules=replace(options.rules, most_similarity=0.999))
    build_pose_pairs(options, tmp_path / "pairs", HERE)
    found = json.loads((tmp_path / "pairs/dataset.json").read_text())["provenance"]
    assert found["poses"]["similarity"] == "an embedding"
    assert found["inputs"]["embedding"]
    assert Dataset.open(tmp_path / "pairs").content_hash != built.content_hash


@pytest.mark.parametrize(
    ("vectors", "message"),
    [
        (np.zeros((3, 5)), r"expected a .npy file of vectors shaped \(250, columns\).* \(3, 5\)"),
        (np.full((250, 2), np.nan), "found NaN or infinite values"),
        (np.array(["x"] * 250), "found <U1"),
    ],
)
def test_a_wrong_embedding_is_refused(
    corpus: Path, tmp_path: Path, vectors: np.ndarray, message: str
) -> None:
    np.save(tmp_path / "vectors.npy", vectors)
    options = options_of(corpus, embedding=tmp_path / "vectors.npy")
    with pytest.raises(InputError, match=message):
        build_pose_pairs(options, tmp_path / "pairs", HERE)
    assert not (tmp_path / "pairs").exists()


@pytest.mark.parametrize(
    ("pairs", "message"),
    [
        ({"poses": 1}, "poses: expected at least 2, found 1"),
        ({"texts_per_pair": 0}, "texts_per_pair: expected at least 1"),
        ({"part": ("train",)}, "--part: expected a split and a share"),
        ({"part": ("train=1", "train=2")}, "a split is given twice"),
        ({"fps": "fast"}, "fps: expected reference"),
    ],
)
def test_wrong_options_are_refused(corpus: Path, pairs: dict[str, object], message: str) -> None:
    with pytest.raises(InputError, match=message):
        options_of(corpus, **pairs)


def test_rules_without_pairs_are_reported(corpus: Path, tmp_path: Path) -> None:
    options = options_of(corpus, poses=5)
    with pytest.raises(InputError, match="no two of 5 picked poses make a pair; widen"):
        build_pose_pairs(options, tmp_path / "pairs", HERE)


def test_a_viewer_shows_both_poses_side_by_side(built: Dataset) -> None:
    clip = read_viewed_clip(built, built.manifest["key"][0].as_py())
    assert clip.is_pair
    assert clip.frames == 1
    assert clip.skeleton is not None
    assert clip.skeleton.roots == [0, 22]
    a, b = clip.skeleton.joints[0, :22], clip.skeleton.joints[0, 22:]
    assert a[:, 0].max() < b[:, 0].min()
    assert len(clip.captions) == 3


def test_the_viewer_packs_the_bodies_of_both_poses(built: Dataset) -> None:
    shown = DatasetClips(built.path)
    clip = shown.read(built.manifest["key"][1].as_py())
    packed = shown.pack_body(clip, origin_of(clip))
    assert packed is not None
    assert packed["head"]["vertices"] == [2 * len(bundled_body().vertices)]
    vertices, _ = surface_of_pair(clip, shape_body(bundled_body(), np.zeros(0)))
    assert clip.skeleton is not None
    low, high = vertices.min(axis=0) - 0.25, vertices.max(axis=0) + 0.25
    assert ((clip.skeleton.joints[0] > low) & (clip.skeleton.joints[0] < high)).all()
