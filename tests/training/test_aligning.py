"""Aligning: it learns which captions are of which motions, and goes on where it was stopped."""

import io
import json
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from motiondata.errors import InputError
from pipelines.training.aligning import AlignOptions, Aligning, align
from pipelines.training.encoder import EncoderOptions
from pipelines.training.encoders import EveryPhase, load_encoder
from pipelines.training.logs import read_log
from pipelines.training.loop import CHECKPOINT, LoopOptions
from pipelines.training.optimizing import OptimizerOptions
from pipelines.training.text import load_text_model
from shards.dataset import Dataset
from shards.loader import Loader
from shards.streaming import StreamedDataset
from tests.training.made_motions import make_motions

SIZES = EncoderOptions(points=6, point_width=16, width=16, layers=1, heads=2, dropout=0.0)
OPTIONS = AlignOptions(frame_stride=2, max_frames=16, shared_width=16, steps=60, sizes=SIZES)
LOOP = LoopOptions(batch=12, save_every=5, watch_every=20, optimizer=OptimizerOptions(warmup=5))
CPU = torch.device("cpu")


@pytest.fixture(scope="session")
def motions(tmp_path_factory: pytest.TempPathFactory) -> Dataset:
    return make_motions(tmp_path_factory.mktemp("motions"))


def run(motions: Dataset, out: Path, options: AlignOptions = OPTIONS) -> str:
    return align(motions.path, out, options, LOOP, "cpu", io.StringIO())


def test_it_finds_held_out_motions_by_their_captions(motions: Dataset, tmp_path: Path) -> None:
    table = run(motions, tmp_path, replace(OPTIONS, steps=150, rate=3e-3))
    found = json.loads((tmp_path / "recall.json").read_text())
    assert list(found) == ["val", "test"]
    for split in found.values():
        assert (split["motions"], split["texts"]) == (9, 17)
        for way in ("motion to text", "text to motion"):
            assert split[way]["recall"]["1"] > 0.8 > 3 * split[way]["chance"]["1"]
    lines = table.splitlines()
    assert [line.split(",")[0] for line in lines[1:5]] == ["val", "val", "test", "test"]
    assert lines[-1].endswith(CHECKPOINT)


def test_a_stopped_training_goes_on_to_the_same_weights(motions: Dataset, tmp_path: Path) -> None:
    options = replace(OPTIONS, steps=12)
    run(motions, tmp_path / "whole", options)
    stopped = Aligning(StreamedDataset(motions), options, LOOP.seed, CPU)
    left = iter(range(8))

    def stop_or_lose(batch: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
        if next(left, None) is None:
            raise MemoryError
        return Aligning.loss(stopped, batch)

    stopped.loss = stop_or_lose  # type: ignore[method-assign]
"""
"""
