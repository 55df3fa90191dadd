"""Captioning points: an encoder before the captioner, standardized, trained, and stored with it."""

import io
from dataclasses import replace
from pathlib import Path

import pytest
import torch

pytest.importorskip("transformers")

from motiondata.captions import caption_runs
from motiondata.errors import InputError
from pipelines.training.alignment.options import AlignmentOptions
from pipelines.training.alignment.train_alignment import train_alignment
from pipelines.training.captioning.captioner import load_captioner
from pipelines.training.captioning.captioner_task import CaptionerTask
from pipelines.training.captioning.generate import caption_split
from pipelines.training.captioning.options import CaptionerTrainingOptions
from pipelines.training.captioning.train_captioner import train_captioner
from pipelines.training.common.checkpoints import read_checkpoint
from pipelines.training.common.clip_fields import batch_to_clips
from pipelines.training.common.options import LoopOptions, OptimizerOptions
from pipelines.training.common.training_checkpoint import CHECKPOINT
from pipelines.training.encoders.options import EncoderOptions
from shards.format.dataset import Dataset
from shards.stream.streamed_dataset import StreamedDataset
from tests.support.point_clips import make_motions

LOOP = LoopOptions(batch=8, save_every=3, watch_every=4, optimizer=OptimizerOptions(warmup=2))
ALIGN = AlignmentOptions(
    stride=2,
    shared_width=16,
    steps=2,
    sizes=EncoderOptions(points=6, point_width=16, width=16, layers=1, heads=2),
)
CPU = torch.device("cpu")


@pytest.fixture(scope="module")
def motions(tmp_path_factory: pytest.TempPathFactory) -> Dataset:
    return make_motions(tmp_path_factory.mktemp("motions"))


@pytest.fixture(scope="module")
def encoder(motions: Dataset, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("aligned")
    train_alignment(motions.path, out, ALIGN, LOOP, "cpu", io.StringIO())
    return out / CHECKPOINT


def weights_of(out: Path) -> dict[str, torch.Tensor]:
    found: dict[str, torch.Tensor] = read_checkpoint(out / CHECKPOINT, "captioner")["weights"]
    return {name: value for name, value in found.items() if name.startswith("frames.encoder.")}


def test_an_untrained_encoders_features_are_standardized(motions: Dataset) -> None:
    data = StreamedDataset(motions, caption_runs)
    training = CaptionerTask(data, CaptionerTrainingOptions(), 0, CPU)
    frames = training.module.eval().frames
    assert frames is not None
    with torch.no_grad():
        features = torch.cat(
            [
                frames.features(clips)[clips.mask]
                for batch in data.clips("train", ["points"], 7)
                for clips in [batch_to_clips(batch, "points").every(training.stride)]
            ]
        )
    assert features.shape[1] == 1024
    assert torch.allclose(features.mean(0), torch.zeros(1024), atol=1e-3)
    assert torch.allclose(features.std(0, correction=0), torch.ones(1024), atol=1e-3)


def test_an_aligned_encoder_learns_with_the_language_model(
    motions: Dataset, encoder: Path, tmp_path: Path
) -> None:
    options = CaptionerTrainingOptions(
        encoder_checkpoint=encoder, stages="projector,full", steps="2,2"
    )
    train_captioner(motions.path, tmp_path / "both", options, LOOP, "cpu", io.StringIO())
    first = replace(options, stages="projector", steps="2")
    train_captioner(motions.path, tmp_path / "one", first, LOOP, "cpu", io.StringIO())
    begun = CaptionerTask(
        StreamedDataset(motions, caption_runs), options, 0, CPU
    ).module.state_dict()
    after_one, after_both = weights_of(tmp_path / "one"), weights_of(tmp_path / "both")
    assert all(torch.equal(begun[name], value) for name, value in after_one.items())
    assert not all(torch.equal(begun[name], value) for name, value in after_both.items())
    loaded = load_captioner(tmp_path / "both" / CHECKPOINT)
    assert (loaded.field, loaded.stride, loaded.components) == ("points", 2, 3)
    found = caption_split(motions.path, tmp_path / "both" / CHECKPOINT, "test")
    assert len(found) == sum(shard.samples for shard in motions.shards_of("test"))


def test_an_untrained_encoder_learns_with_the_projector(motions: Dataset, tmp_path: Path) -> None:
    options = CaptionerTrainingOptions(stages="projector", steps="1")
    train_captioner(motions.path, tmp_path, options, LOOP, "cpu", io.StringIO())
    begun = CaptionerTask(
        StreamedDataset(motions, caption_runs), options, 0, CPU
    ).module.state_dict()
    changed = [not torch.equal(begun[name], value) for name, value in weights_of(tmp_path).items()]
    assert any(changed)


def test_a_captioners_checkpoint_is_no_encoders(motions: Dataset, tmp_path: Path) -> None:
    options = CaptionerTrainingOptions(stages="projector", steps="1")
    train_captioner(motions.path, tmp_path, options, LOOP, "cpu", io.StringIO())
    wrong = replace(options, encoder_checkpoint=tmp_path / CHECKPOINT)
    with pytest.raises(InputError, match="expected a checkpoint of an encoder"):
        CaptionerTask(StreamedDataset(motions, caption_runs), wrong, 0, CPU)
