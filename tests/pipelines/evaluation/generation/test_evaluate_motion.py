"""Evaluations of motion: real motion scores best, and other clips are refused."""

import io
import json
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from scipy.spatial.distance import cdist

from motiondata.errors import InputError
from pipelines.datasets.statistics import stats
from pipelines.evaluation.generation.embedded_motions import embed, features_of
from pipelines.evaluation.generation.evaluate_motion import _measure_once, evaluate_motion
from pipelines.evaluation.generation.options import MotionEvaluationOptions
from pipelines.evaluation.generation.report import CONSTANT, NEAREST, REAL
from pipelines.evaluation.references import read_references
from pipelines.products.motion_features.build import build_features
from pipelines.training.common.options import LoopOptions, OptimizerOptions
from pipelines.training.common.training_checkpoint import CHECKPOINT
from pipelines.training.matching.load_matcher import read_matcher
from pipelines.training.matching.options import MatcherOptions, MatcherSizes
from pipelines.training.matching.train_matcher import train_matcher
from shards.format.dataset import Dataset
from shards.format.self_hashed_json import from_self_hashed_json, to_self_hashed_json
from tests.support.archive import MadeArchive
from tests.support.motion_features import HERE, built_features, feature_options

LOOP = LoopOptions(batch=4, optimizer=OptimizerOptions(warmup=2))


@pytest.fixture(scope="session")
def options(motion: Path, tmp_path_factory: pytest.TempPathFactory) -> MotionEvaluationOptions:
    """Return options with a matcher that knows the training clips."""
    out = tmp_path_factory.mktemp("matcher_of_evaluation")
    training = MatcherOptions(steps=80, rate=3e-3, sizes=MatcherSizes(32, 16), max_frames=16)
    train_matcher(motion, out, training, LOOP, "cpu", io.StringIO())
    return MotionEvaluationOptions(out / CHECKPOINT, split="train", repeats=3, group=4)


def test_motion_that_is_real_scores_as_real_motion(
    motion: Path, options: MotionEvaluationOptions, tmp_path: Path
) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(motion, copy)
    report = evaluate_motion(motion, [copy], tmp_path / "out", options)
    measures = report.evaluation.measures
    assert list(measures) == [REAL, CONSTANT, NEAREST, "copy"]
    for name in ("r_precision_1", "matching_distance"):
        assert measures["copy"][name] == measures[REAL][name] == measures[NEAREST][name]
    assert measures["copy"]["fid"].mean == pytest.approx(0, abs=1e-6)
    assert measures[CONSTANT]["fid"].mean > 0.01
    assert measures[REAL]["r_precision_1"].mean > measures[CONSTANT]["r_precision_1"].mean
    found = json.loads((tmp_path / "out/report.json").read_text())
    assert found["measures"]["copy"]["diversity"]["mean"] == measures["copy"]["diversity"].mean
    assert "| copy |" in (tmp_path / "out/report.md").read_text()


def test_a_matcher_does_not_measure_motion_that_it_chose(
    motion: Path, options: MotionEvaluationOptions, tmp_path: Path
) -> None:
    chosen = chosen_by(read_matcher(options.matcher).id, motion, tmp_path / "chosen")
    with pytest.raises(InputError, match="chosen: expected motion that this matcher did not choo"):
        evaluate_motion(motion, [chosen], tmp_path / "out", options)
    assert not (tmp_path / "out").exists()


def test_the_report_names_the_matcher_that_chose_motion(
    motion: Path, options: MotionEvaluationOptions, tmp_path: Path
) -> None:
    chosen = chosen_by("another", motion, tmp_path / "chosen")
    report = evaluate_motion(motion, [chosen, motion], tmp_path / "out", options)
    assert report.evaluation.judges == {"chosen": ["one", "another"]}
    written = (tmp_path / "out/report.md").read_text()
    assert "Other matchers chose the motion of the row 'chosen': one, another." in written


def chosen_by(judge: str, motion: Path, out: Path) -> Path:
    """Copy a dataset as motion that a matcher chose."""
    shutil.copytree(motion, out)
    file = out / "dataset.json"
    description = from_self_hashed_json(file.read_bytes(), "dataset.json")
    description["provenance"]["judges"] = ["one", judge]
    file.write_bytes(to_self_hashed_json(description))
    return out


def test_the_nearest_motion_has_the_caption_that_it_was_found_for(
    motion: Path, options: MotionEvaluationOptions, archive: MadeArchive, tmp_path: Path
) -> None:
    root = shutil.copytree(archive.root, tmp_path / "archive")
    for file in (root / "texts").iterdir():
        file.write_text(f"{file.read_text()}again.#again/ADV#0.0#0.0\n")
    built_features(MadeArchive(root), tmp_path / "two", "humanml3d-263")
    stats(tmp_path / "two", "train", "vectors")
    one, two = (
        evaluate_motion(path, [], tmp_path / f"out-{path.name}", options).evaluation.measures
        for path in (motion, tmp_path / "two")
    )
    assert two[NEAREST]["matching_distance"].mean == pytest.approx(
        one[NEAREST]["matching_distance"].mean, rel=0.01
    )
    assert two[REAL]["matching_distance"].mean > 1.1 * two[NEAREST]["matching_distance"].mean


def test_numbered_motions_belong_to_one_caption_and_give_multimodality(
    motion: Path, options: MotionEvaluationOptions
) -> None:
    dataset, matcher = Dataset.open(motion), read_matcher(options.matcher)
    texts = read_references(dataset, "train").texts
    first, second, third = [*features_of(dataset, "train", [*texts]).values()][:3]
    motions = {
        "a": first,
        "a_v1": second,
        "a_v2": third,
        "b": first,
        "c": second,
        "c_v1": second,
        "d": third,
    }
    captions = dict.fromkeys(motions, ("a person walks",))
    rows = embed(motions, captions, matcher, io.StringIO())
    assert rows.clips == ("a", "b", "c", "d")
    assert [len(each) for each in rows.several] == [3, 2], "b and d have one motion"
    found = [_measure_once(rows, rows, replace(options, group=2), k) for k in range(400)]
    mean = np.mean([each["multimodality"] for each in found])
    apart = cdist(rows.motions[0], rows.motions[0]).mean()
    assert mean == pytest.approx(apart / 2, rel=0.15), "the motions of c are equal"
    assert apart > 0


def test_the_same_evaluation_writes_the_same_bytes(
    motion: Path, options: MotionEvaluationOptions, tmp_path: Path
) -> None:
    reports = []
    for name in ("one", "other"):
        evaluate_motion(motion, [], tmp_path / name, options)
        reports.append((tmp_path / name / "report.json").read_bytes())
    assert reports[0] == reports[1]


def test_a_split_without_a_group_is_refused(
    motion: Path, options: MotionEvaluationOptions, tmp_path: Path
) -> None:
    with pytest.raises(InputError, match="expected at least 32 clips with captions"):
        evaluate_motion(motion, [], tmp_path / "out", replace(options, group=32))
    assert not (tmp_path / "out").exists()


def test_motion_of_other_features_and_of_fewer_clips_is_refused(
    motion: Path,
    options: MotionEvaluationOptions,
    archive: MadeArchive,
    tmp_path: Path,
) -> None:
    built_features(archive, tmp_path / "kit", "kit-251")
    with pytest.raises(InputError, match="expected humanml3d-263 features"):
        evaluate_motion(motion, [tmp_path / "kit"], tmp_path / "out", options)
    fewer = feature_options(archive, "humanml3d-263")
    fewer = replace(fewer, clips=replace(fewer.clips, mirror=False))
    build_features(fewer, tmp_path / "fewer", HERE)
    with pytest.raises(InputError, match="of the 6 clips of the real dataset, found no motion of"):
        evaluate_motion(motion, [tmp_path / "fewer"], tmp_path / "out", options)
    with pytest.raises(InputError, match="folders of generated motion with different names"):
        evaluate_motion(motion, [motion, motion], tmp_path / "out", options)


def test_corrected_features_are_not_measured_by_a_matcher_of_others(
    motion: Path, options: MotionEvaluationOptions, archive: MadeArchive, tmp_path: Path
) -> None:
    corrected = built_features(archive, tmp_path / "corrected", "humanml3d-263", corrected=True)
    stats(corrected.path, "train", "vectors")
    refused = "expected uncorrected features, for which the matcher was trained, found corrected"
    for path, generated in ((corrected.path, motion), (motion, corrected.path)):
        with pytest.raises(InputError, match=refused):
            evaluate_motion(path, [generated], tmp_path / "out", options)
    assert not (tmp_path / "out").exists()
