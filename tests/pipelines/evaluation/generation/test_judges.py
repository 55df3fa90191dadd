"""The training motions that other matchers choose are a baseline of motion that they chose."""

import io
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from motiondata.errors import InputError
from pipelines.evaluation.generation.baselines import judged_motions
from pipelines.evaluation.generation.embedded_motions import features_of
from pipelines.evaluation.generation.evaluate_motion import evaluate_motion
from pipelines.evaluation.generation.options import MotionEvaluationOptions
from pipelines.evaluation.generation.report import JUDGED
from pipelines.evaluation.references import References, read_references
from pipelines.training.common.checkpoints import read_checkpoint, write_checkpoint
from pipelines.training.common.options import LoopOptions, OptimizerOptions
from pipelines.training.common.training_checkpoint import CHECKPOINT
from pipelines.training.matching.load_matcher import KIND, load_matcher
from pipelines.training.matching.options import MatcherOptions, MatcherSizes
from pipelines.training.matching.train_matcher import train_matcher
from shards.format.dataset import Dataset

LOOP = LoopOptions(batch=4, optimizer=OptimizerOptions(warmup=2))


@pytest.fixture(scope="module")
def dataset(motion: Path) -> Dataset:
    """Return the dataset of features, open."""
    return Dataset.open(motion)


@pytest.fixture(scope="module")
def matchers(dataset: Dataset, tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Return checkpoints of three matchers that have hardly learned."""
    folder = tmp_path_factory.mktemp("matchers")
    options = MatcherOptions(steps=2, sizes=MatcherSizes(32, 16), max_frames=16)
    for seed in range(3):
        out, loop = folder / str(seed), replace(LOOP, seed=seed)
        train_matcher(dataset.path, out, options, loop, "cpu", io.StringIO())
    return [folder / str(seed) / CHECKPOINT for seed in range(3)]


@pytest.mark.parametrize("number", [1, 2])
def test_a_clip_has_the_training_motion_that_is_nearest_on_average(
    dataset: Dataset, matchers: list[Path], number: int
) -> None:
    judges = [load_matcher(path) for path in matchers[:number]]
    references = read_references(dataset, "train")
    found = judged_motions(dataset, references, judges)
    motions = features_of(dataset, "train", references.keys)
    seen: list[str] = []
    for key, (text,) in references.firsts.items():
        distances = {
            name: sum(
                float(np.linalg.norm(judge.embed_texts([text]) - judge.embed_motions([clip])))
                for judge in judges
            )
            for name, clip in motions.items()
        }
        order = sorted(distances, key=distances.__getitem__)
        assert np.array_equal(found[key], motions[order[seen.count(text)]])
        seen.append(text)


def test_equal_captions_have_different_motions_until_all_are_taken(
    dataset: Dataset, matchers: list[Path]
) -> None:
    keys, text = read_references(dataset, "train").keys, ("a person walks",)
    same = References("train", {f"{number}": text for number in range(len(keys))}, ())
    found = judged_motions(dataset, same, [load_matcher(matchers[0])])
    assert len({clip.tobytes() for clip in found.values()}) == len(keys)
    more = References("train", {**same.texts, "again": text}, ())
    again = judged_motions(dataset, more, [load_matcher(matchers[0])])
    assert np.array_equal(again["again"], again["0"])


def test_the_report_has_the_baseline_and_the_ids_of_its_matchers(
    dataset: Dataset, matchers: list[Path], tmp_path: Path
) -> None:
    options = MotionEvaluationOptions(
        matchers[0], tuple(matchers[1:]), split="train", repeats=3, group=4
    )
    report = evaluate_motion(dataset.path, [], tmp_path / "out", options)
    assert JUDGED in report.evaluation.measures
    ids = [load_matcher(path).id for path in matchers[1:]]
    assert report.evaluation.judges == {JUDGED: ids}
    assert f"| {JUDGED} |" in (tmp_path / "out/report.md").read_text()


def test_the_matcher_that_measures_is_no_judge(
    dataset: Dataset, matchers: list[Path], tmp_path: Path
) -> None:
    options = MotionEvaluationOptions(matchers[0], (matchers[0],), split="train", group=4)
    with pytest.raises(InputError, match="expected a --judge that is not the --matcher"):
        evaluate_motion(dataset.path, [], tmp_path / "out", options)
    assert not (tmp_path / "out").exists()


def test_a_judge_is_there_once(dataset: Dataset, matchers: list[Path], tmp_path: Path) -> None:
    options = MotionEvaluationOptions(matchers[0], (matchers[1],) * 2, split="train", group=4)
    with pytest.raises(InputError, match="expected different matchers"):
        evaluate_motion(dataset.path, [], tmp_path / "out", options)


def test_a_judge_of_another_frame_rate_is_refused(
    dataset: Dataset, matchers: list[Path], tmp_path: Path
) -> None:
    state = read_checkpoint(matchers[1], KIND)
    slower = {**state, "contents": {**state["contents"], "fps": 12.5}}
    write_checkpoint(tmp_path / "slower.pt", KIND, slower)
    options = MotionEvaluationOptions(matchers[0], (tmp_path / "slower.pt",), "train", group=4)
    with pytest.raises(InputError, match=r"features at 20 Hz, found one of .* at 12.5 Hz"):
        evaluate_motion(dataset.path, [], tmp_path / "out", options)
