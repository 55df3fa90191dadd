"""Alarms: features with a common mean cause the collapse, and the remedy of the alarm cures it.

The features are made: two directions that the captions follow, on a mean thirty times as large. The
one difference between the trainings is the statistics that the dataset has.
"""

import io
import os
import signal
from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import dataclass, replace
from math import inf
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

pytest.importorskip("transformers")

from motiondata.counting import counted
from pipelines.training.captioning.alarms import Measures, collapse_alarms, mean_cosine
from pipelines.training.captioning.captioner_task import CaptionerTask
from pipelines.training.captioning.generate import caption_split, matched_and_shuffled_loss
from pipelines.training.captioning.inputs import FrameInput
from pipelines.training.captioning.options import CaptionerTrainingOptions
from pipelines.training.captioning.train_captioner import train_captioner
from pipelines.training.common.alarms import rate_alarms
from pipelines.training.common.logs import WATCH, History, Record, read_log
from pipelines.training.common.loop import train
from pipelines.training.common.optimizer import SEED_RANKS
from pipelines.training.common.options import LoopOptions, OptimizerOptions
from pipelines.training.common.training_checkpoint import CHECKPOINT
from shards import open_dataset
from shards.format.dataset import Dataset
from shards.stats.moments import Moments
from shards.stats.statistics_files import StatisticsKey
from shards.stream.batching import Batch
from tests.support.captioned_features import KINDS, MadeFeatures, make_captioned
from tests.support.dataset import write_statistics

SHARED_MEAN = MadeFeatures(
    width=64, mean=30.0, clips=(("train", 200), ("val", 32), ("test", len(KINDS)))
)
STEPS = CaptionerTrainingOptions(steps="100", stride=1, patience=100)
LOOP = LoopOptions(batch=8, watch_every=50, optimizer=OptimizerOptions(warmup=20))


@dataclass(frozen=True)
class Outcome:
    """What came of a training."""

    distinct: int
    """Of the captions of the test clips, one of each kind."""
    matched_loss: float
    shuffled_loss: float
    alarms: list[str]
    """At the end."""
    cosine: float


def teach_with(folder: Path, raw: bool) -> Outcome:
    """Return what comes of raw or of standardized features."""
    data, out = folder / "data", folder / "out"
    dataset = make_captioned(data, SHARED_MEAN, with_stats=not raw)
    if raw:
        write_raw_statistics(dataset)
    train_captioner(data, out, STEPS, LOOP, "cpu", io.StringIO())
    captions = caption_split(data, out / CHECKPOINT, "test")
    distinct = len({each.caption for each in captions})
    losses = matched_and_shuffled_loss(data, out / CHECKPOINT, "test")
    last = read_log(out)[-1]
    return Outcome(distinct, *losses, last["alarms"], last["watch"]["cosine"])


def write_raw_statistics(dataset: Dataset) -> None:
    """Give a dataset statistics that change nothing: mean 0, spread 1."""
    moments = Moments.of(np.array([[1.0], [-1.0]]) * np.ones(SHARED_MEAN.width))
    write_statistics(
        dataset.path, StatisticsKey(dataset.content_hash, "train", "features"), moments
    )


def test_raw_features_with_a_common_mean_collapse_and_are_told(tmp_path: Path) -> None:
    found = teach_with(tmp_path, raw=True)
    assert found.distinct <= 2
    assert found.shuffled_loss < 1.01 * found.matched_loss
    assert found.cosine > 0.99
    assert len(found.alarms) == 1
    assert (
        "share a mean that standardization does not remove; run motiondata stats" in found.alarms[0]
    )


def test_standardized_ones_are_captioned_by_what_they_show(tmp_path: Path) -> None:
    found = teach_with(tmp_path, raw=False)
    assert found.distinct >= len(KINDS) // 2
    assert found.shuffled_loss > 1.5 * found.matched_loss
    assert abs(found.cosine) < 0.1
    assert found.alarms == []


HEALTHY = Measures(32, 0.0, 0.3, 1.0, 2.0, 0.6, "a person walks")
SAME = replace(HEALTHY, distinct=1 / 32)


@pytest.mark.parametrize(
    ("measures", "reason", "remedy"),
    [
        (replace(SAME, cosine=0.97), "alike (mean cosine 0.970)", "motiondata stats"),
        (replace(SAME, projected_cosine=1.0), "the projector makes", "lower --projector-rate"),
        (replace(SAME, shuffled_loss=1.0), "the features are ignored", "motiondata align"),
        (replace(HEALTHY, shuffled_loss=1.0), "the features are ignored", "motiondata align"),
        (SAME, "although the features are used", "train longer"),
    ],
)
def test_an_alarm_has_its_reason_and_its_remedy(
    measures: Measures, reason: str, remedy: str
) -> None:
    (alarm,) = collapse_alarms(measures, patient=False)
    assert reason in alarm
    assert remedy in alarm
    different = counted(round(measures.distinct * 32), "different caption")
    assert f"{different} of 32 clips, most often 'a person walks'" in alarm


def test_a_healthy_captioner_raises_no_alarm() -> None:
    assert collapse_alarms(HEALTHY, patient=False) == []


def test_only_features_alarm_before_there_was_time_to_learn() -> None:
    assert collapse_alarms(replace(SAME, shuffled_loss=1.0), patient=True) == []
    assert collapse_alarms(replace(SAME, cosine=0.97), patient=True)


def test_a_loss_that_has_risen_is_laid_to_the_learning_rate() -> None:
    assert rate_alarms(2.1, lowest=2.0) == []
    (alarm,) = rate_alarms(4.0, lowest=2.0)
    assert alarm.startswith("the loss has risen from 2.000 to 4.000")
    assert "lower --rate" in alarm


@given(st.integers(2, 9), st.integers(1, 5), st.integers(0, 99))
def test_the_mean_cosine_is_that_of_all_pairs(count: int, width: int, seed: int) -> None:
    vectors = torch.randn(count, width, generator=torch.Generator().manual_seed(seed))
    unit = (vectors / vectors.norm(dim=1, keepdim=True)).double()
    pairs = [float(unit[i] @ unit[j]) for i in range(count) for j in range(count) if i != j]
    assert mean_cosine(vectors) == pytest.approx(sum(pairs) / len(pairs), abs=1e-5)


def test_a_look_finds_a_projector_that_makes_all_clips_alike(captioned: Dataset) -> None:
    data = open_dataset(captioned.path)
    training = CaptionerTask(data, CaptionerTrainingOptions(stride=1), 0, torch.device("cpu"))
    training.module.eval()
    frames = training.module.frames
    assert isinstance(frames, FrameInput)
    with torch.no_grad():
        [*frames.projector.parameters()][-2].zero_()  # only the bias of the last is left
        measures, alarms = training.watch(History([{"step": 300, "loss": 1.0}]))
    assert measures["clips"] == 25
    assert abs(measures["cosine"]) < 0.1
    assert measures["projected_cosine"] == pytest.approx(1.0)
    assert measures["matched_loss"] == pytest.approx(measures["shuffled_loss"], rel=0.01)
    assert ["the projector makes different clips alike" in alarm for alarm in alarms] == [True]


def test_the_lowest_loss_is_of_the_steps_between_two_looks() -> None:
    history = History([{"step": 1, "loss": 2.0}, {"step": 2, "loss": 1.0}])
    assert history.lowest == inf
    for record in ({"step": 2, WATCH: {}}, {"step": 3, "loss": 0.1}):
        history.add(record)
    assert (history.lowest, history.recent) == (1.5, [{"step": 3, "loss": 0.1}])


class Rising(CaptionerTask):
    """A training whose loss is ten times as large after four steps, and which can be stopped."""

    steps_left: int | None = None

    def loss(self, batch: Batch) -> dict[str, torch.Tensor]:
        if self.steps_left is not None:
            self.steps_left -= 1
        if self.steps_left == 0:
            os.kill(os.getpid(), signal.SIGTERM)
        step = torch.initial_seed() // SEED_RANKS  # counted from 0, however often it was stopped
        return {"loss": super().loss(batch)["loss"] * (10 if step >= 4 else 1)}


def teach_rising(dataset: Dataset, out: Path, stops: Sequence[int] = ()) -> list[Record]:
    """Return the validations of a training that is stopped after some steps, and resumed."""
    options = CaptionerTrainingOptions(steps="12", stride=1, patience=9)
    loop = LoopOptions(batch=8, watch_every=4)
    for steps in (*stops, None):
        training = Rising(open_dataset(dataset.path), options, loop.seed, torch.device("cpu"))
        training.steps_left = steps
        with nullcontext() if steps is None else pytest.raises(KeyboardInterrupt):
            train(training, loop, out, io.StringIO())
    return [record for record in read_log(out) if WATCH in record]


def test_a_training_that_goes_on_raises_the_alarms_of_one_that_was_not_stopped(
    captioned: Dataset, tmp_path: Path
) -> None:
    whole = teach_rising(captioned, tmp_path / "whole")
    assert ["the loss has risen" in str(look["alarms"]) for look in whole] == [False, True, True]
    assert teach_rising(captioned, tmp_path / "stopped", stops=(5, 1, 3)) == whole
