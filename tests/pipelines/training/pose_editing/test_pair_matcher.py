"""The matcher of pairs: it learns, resumes to the bit, and embeds each pair by itself."""

import io
import json
import os
import signal
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from motiondata.captions import caption_runs
from motiondata.errors import InputError
from pipelines.training.common.loop import train
from pipelines.training.common.options import LoopOptions, OptimizerOptions
from pipelines.training.common.training_checkpoint import CHECKPOINT
from pipelines.training.pose_editing.edit_items import read_items
from pipelines.training.pose_editing.load_pair_matcher import load_pair_matcher
from pipelines.training.pose_editing.options import PairMatcherOptions, PairMatcherSizes
from pipelines.training.pose_editing.train_pair_matcher import (
    PairMatcherTask,
    train_pair_matcher,
)
from shards import open_dataset
from shards.format.dataset import Dataset
from shards.stream.batching import Batch
from shards.stream.streamed_dataset import StreamedDataset
from tests.support.ruled_pairs import BENDS, text_of

OPTIONS = PairMatcherOptions(steps=12, sizes=PairMatcherSizes(width=32, shared_width=8))
LOOP = LoopOptions(batch=8, save_every=5, watch_every=6, optimizer=OptimizerOptions(warmup=2))


def run(data: Dataset, out: Path, options: PairMatcherOptions = OPTIONS) -> str:
    train_pair_matcher(data.path, out, options, LOOP, "cpu", io.StringIO())
    return load_pair_matcher(out / CHECKPOINT).id


def test_each_pair_is_nearest_to_its_text(ruled: Dataset, tmp_path: Path) -> None:
    run(ruled, tmp_path, replace(OPTIONS, steps=60, rate=3e-3))
    matcher = load_pair_matcher(tmp_path / CHECKPOINT)
    items = read_items(open_dataset(ruled.path), "test")
    texts = matcher.embed_texts([text_of(joint) for joint in BENDS])
    pairs = matcher.embed_pairs(items.first, items.second)
    nearest = np.linalg.norm(pairs[:, None] - texts, axis=-1).argmin(1)
    assert (nearest == np.arange(len(items)) % len(BENDS)).mean() > 0.9
    assert pairs[5:6] == pytest.approx(matcher.embed_pairs(items.first[5:6], items.second[5:6]))
    recall = json.loads((tmp_path / "recall.json").read_text())
    assert recall["test"]["motion to text"]["recall"]["1"] > 0.9
    with pytest.raises(InputError, match=r"expected poses shaped \(pairs, 22, 3\)"):
        matcher.embed_pairs(items.first, items.second[1:])


class Stopped(PairMatcherTask):
    """A training that is asked to stop in its eighth step."""

    steps = 0

    def loss(self, batch: Batch) -> dict[str, torch.Tensor]:
        self.steps += 1
        if self.steps == 8:
            os.kill(os.getpid(), signal.SIGTERM)
        return super().loss(batch)


def test_a_stopped_training_resumes_to_the_same_weights(ruled: Dataset, tmp_path: Path) -> None:
    data = StreamedDataset(ruled, caption_runs)
    stopped = Stopped(data, OPTIONS, LOOP.seed, torch.device("cpu"))
    with pytest.raises(KeyboardInterrupt):
        train(stopped, LOOP, tmp_path / "stopped", io.StringIO())
    assert run(ruled, tmp_path / "stopped") == run(ruled, tmp_path / "whole")


def test_other_data_and_other_files_are_refused(
    ruled: Dataset, captioned: Dataset, learned: Path, tmp_path: Path
) -> None:
    with pytest.raises(InputError, match="expected pose pairs, which motiondata build-pose-pairs"):
        run(captioned, tmp_path)
    with pytest.raises(InputError, match=r"a pair matcher \(motiondata train-pair-matcher\)"):
        load_pair_matcher(learned / CHECKPOINT)
    with pytest.raises(InputError, match="dropout: expected 0 to below 1"):
        PairMatcherSizes(dropout=-0.1)
