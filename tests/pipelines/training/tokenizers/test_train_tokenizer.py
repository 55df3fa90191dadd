"""Tokenizers: they learn, resume to the bit, and make datasets of tokens and of motion."""

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
from pipelines.clips.bodies import load_bodies_by_gender
from pipelines.datasets.statistics import stats
from pipelines.datasets.verify import verify
from pipelines.engine.execution import Execution
from pipelines.motion_export.motions import DatasetMotions
from pipelines.training.common.logs import read_log
from pipelines.training.common.loop import train
from pipelines.training.common.options import LoopOptions, OptimizerOptions
from pipelines.training.common.training_checkpoint import CHECKPOINT
from pipelines.training.tokenizers.load_tokenizer import KIND, load_tokenizer
from pipelines.training.tokenizers.options import Quantizers, TokenizerOptions, TokenizerSizes
from pipelines.training.tokenizers.tokenize import detokenize, tokenize
from pipelines.training.tokenizers.tokenizer_report import TokenizerReport
from pipelines.training.tokenizers.train_tokenizer import TokenizerTask, train_tokenizer
from shards import open_dataset
from shards.errors import ShardError
from shards.format.dataset import Dataset
from shards.stream.batching import Batch
from shards.stream.streamed_dataset import StreamedDataset
from shards.stream.views import StreamPosition
from tests.support.archive import MadeArchive, make_flagged_archive
from tests.support.compare_builds import files_of
from tests.support.faults import Fault, inject
from tests.support.forgotten_options import forget
from tests.support.motion_features import built_features

SIZES = TokenizerSizes("fsq", width=16, depth=1, frames_per_token=2, codes=256)
OPTIONS = TokenizerOptions(window=8, steps=12, sizes=SIZES)
LOOP = LoopOptions(batch=4, save_every=5, watch_every=6, optimizer=OptimizerOptions(warmup=2))
HERE = Execution(workers=0)
CPU = torch.device("cpu")
LOW = "foot_penetration"


@pytest.fixture(scope="session")
def checkpoint(motion: Dataset, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the checkpoint of a tokenizer."""
    out = tmp_path_factory.mktemp("tokenizer")
    run(motion, out)
    return out / CHECKPOINT


def run(motion: Dataset, out: Path, options: TokenizerOptions = OPTIONS) -> TokenizerReport:
    report = train_tokenizer(motion.path, out, options, LOOP, "cpu", io.StringIO())
    assert report is not None
    return report


def losses_of(out: Path) -> list[float]:
    return [record["loss"] for record in read_log(out) if "loss" in record]


@pytest.mark.parametrize("quantizer", ["fsq", "vq"])
def test_the_reconstruction_becomes_better_than_a_constant_pose(
    motion: Dataset, tmp_path: Path, quantizer: Quantizers
) -> None:
    sizes = replace(SIZES, quantizer=quantizer, width=48)
    report = run(motion, tmp_path, replace(OPTIONS, steps=150, rate=3e-3, sizes=sizes))
    losses = losses_of(tmp_path)
    assert np.mean(losses[-10:]) < np.mean(losses[:10]) / 2
    found = json.loads((tmp_path / "reconstruction.json").read_text())
    assert list(found) == ["val", "test"]
    assert found["test"]["use"]["codes"] == report.codes
    assert "MPJPE mm" in report.lines()[0]


def test_the_heading_is_a_part_of_the_loss(motion: Dataset) -> None:
    data = StreamedDataset(motion, caption_runs)
    free, weighted = (
        TokenizerTask(data, replace(OPTIONS, heading_weight=weight), LOOP.seed, CPU)
        for weight in (0.0, 2.0)
    )
    batch = free.view(LOOP.batch, LOOP.seed).batch_at(StreamPosition(0, 0))
    without, found = free.loss(batch), weighted.loss(batch)
    assert found["loss"].item() == pytest.approx(
        without["loss"].item() + 2 * found["heading"].item(), rel=1e-5
    )
    assert found["heading"].item() > 0


def test_other_headings_than_sums_are_refused(archive: MadeArchive, tmp_path: Path) -> None:
    dataset = built_features(archive, tmp_path / "motion", "repr-272")
    stats(dataset.path, "train", "vectors")
    options = replace(OPTIONS, heading_weight=0.5)
    with pytest.raises(InputError, match="heading_weight: expected 0 for repr-272"):
        TokenizerTask(StreamedDataset(dataset, caption_runs), options, LOOP.seed, CPU)


class Stopped(TokenizerTask):
    """A training that is asked to stop in its eighth step."""

    steps = 0

    def loss(self, batch: Batch) -> dict[str, torch.Tensor]:
        self.steps += 1
        if self.steps == 8:
            os.kill(os.getpid(), signal.SIGTERM)
        return super().loss(batch)


@pytest.mark.parametrize(("quantizer", "stages"), [("fsq", 1), ("vq", 1), ("vq", 3)])
def test_a_stopped_training_resumes_to_the_same_weights(
    motion: Dataset, tmp_path: Path, quantizer: Quantizers, stages: int
) -> None:
    options = replace(OPTIONS, sizes=replace(SIZES, quantizer=quantizer, residual=stages))
    run(motion, tmp_path / "whole", options)
    stopped = Stopped(StreamedDataset(motion, caption_runs), options, LOOP.seed, CPU)
    with pytest.raises(KeyboardInterrupt):
        train(stopped, LOOP, tmp_path / "stopped", io.StringIO())
    run(motion, tmp_path / "stopped", options)
    assert losses_of(tmp_path / "stopped") == losses_of(tmp_path / "whole")
    ids = {load_tokenizer(tmp_path / name / CHECKPOINT).id for name in ("whole", "stopped")}
    assert len(ids) == 1


def test_a_training_from_before_the_heading_s_loss_goes_on_without_it(
    motion: Dataset, tmp_path: Path
) -> None:
    run(motion, tmp_path)
    forget(tmp_path / CHECKPOINT, KIND, "heading_weight")
    run(motion, tmp_path)
    with pytest.raises(InputError, match=r"heading_weight: not set -> 0\.02"):
        run(motion, tmp_path, replace(OPTIONS, heading_weight=0.02))


def test_tokens_are_those_of_each_clip_and_captions_keep_their_seconds(
    motion: Dataset, checkpoint: Path, tmp_path: Path
) -> None:
    tokenize(motion.path, checkpoint, tmp_path / "tokens", HERE)
    tokens, tokenizer = open_dataset(tmp_path / "tokens"), load_tokenizer(checkpoint)
    assert verify(tmp_path / "tokens").sound
    sources = {
        batch["keys"][0]: batch
        for batch in open_dataset(motion.path).clips("train", ["vectors", "json"], 1)
    }
    batches = list(tokens.clips("train", ["tokens", "json"], 1))
    assert [batch["keys"][0] for batch in batches] == list(sources)
    for batch in batches:
        source = sources[batch["keys"][0]]
        found = np.asarray(batch["tokens"][0])
        assert found.tolist() == tokenizer.tokenize(np.asarray(source["vectors"][0])).tolist()
        details, before = batch["json"][0], source["json"][0]
        assert details["fps_out"] == before["fps_out"] / 2
        assert details["motion_frames"] == source["vectors"].shape[1]
        assert details["captions"] == before["captions"]


@pytest.mark.parametrize("rename", [1, 3, 5])
def test_a_stopped_tokenization_resumes_to_the_same_bytes(
    motion: Dataset, checkpoint: Path, tmp_path: Path, rename: int
) -> None:
    tokenize(motion.path, checkpoint, tmp_path / "whole", HERE)
    with pytest.MonkeyPatch.context() as patch:
        inject(Fault("SIGINT", "rename", rename), patch)
        with pytest.raises(KeyboardInterrupt):
            tokenize(motion.path, checkpoint, tmp_path / "stopped", HERE)
    tokenize(motion.path, checkpoint, tmp_path / "stopped", HERE)
    assert files_of(tmp_path / "stopped") == files_of(tmp_path / "whole")


def test_tokens_become_motion_of_a_body_again(
    motion: Dataset, checkpoint: Path, tmp_path: Path
) -> None:
    tokenize(motion.path, checkpoint, tmp_path / "tokens", HERE)
    report = detokenize(tmp_path / "tokens", checkpoint, tmp_path / "decoded", HERE)
    assert verify(tmp_path / "decoded").sound
    decoded = Dataset.open(tmp_path / "decoded")
    made = decoded.manifest["key"].to_pylist()
    assert len(made) + sum(report.drops.values()) == len(motion.manifest)
    frames = {row["key"]: row["frames"] for row in motion.manifest.to_pylist()}
    motions = DatasetMotions(decoded.path, load_bodies_by_gender(None))
    for named in motions.named():
        read = motions.read(named.key)
        assert named.frames == frames[named.key] == read.recording.frames
        assert read.recording.gender == "neutral"


def test_reports_of_tokens_say_what_they_count(
    motion: Dataset, checkpoint: Path, tmp_path: Path
) -> None:
    tokenized = tokenize(motion.path, checkpoint, tmp_path / "tokens", HERE)
    decoded = detokenize(tmp_path / "tokens", checkpoint, tmp_path / "decoded", HERE)
    frames = sum(motion.manifest["frames"].to_pylist())
    tokens = sum(Dataset.open(tmp_path / "tokens").manifest["frames"].to_pylist())
    assert f"\n{tokens:,} tokens, " in str(tokenized)
    assert f"\n{frames:,} frames of the source done in " in str(tokenized)
    assert f"\n{decoded.frames:,} frames, " in str(decoded)
    assert f"\n{tokens:,} tokens of the source done in " in str(decoded)
    assert " tokens/s\n" in str(decoded)


def test_tokens_of_another_tokenizer_are_refused(
    motion: Dataset, checkpoint: Path, tmp_path: Path
) -> None:
    tokenize(motion.path, checkpoint, tmp_path / "tokens", HERE)
    run(motion, tmp_path / "other", replace(OPTIONS, rate=1e-3))
    with pytest.raises(InputError, match="its tokens are of the tokenizer"):
        detokenize(tmp_path / "tokens", tmp_path / "other" / CHECKPOINT, tmp_path / "x", HERE)
    with pytest.raises(InputError, match="expected motion features"):
        tokenize(tmp_path / "tokens", checkpoint, tmp_path / "x", HERE)
    with pytest.raises(InputError, match=r"without tokens\.npy"):
        detokenize(motion.path, checkpoint, tmp_path / "x", HERE)
    assert not (tmp_path / "x").exists()


def test_other_features_are_refused(archive: MadeArchive, checkpoint: Path, tmp_path: Path) -> None:
    corrected = built_features(archive, tmp_path / "c", "humanml3d-263", corrected=True)
    with pytest.raises(InputError, match="made with --corrected"):
        tokenize(corrected.path, checkpoint, tmp_path / "x", HERE)
    joints = built_features(archive, tmp_path / "joints", "joints")
    with pytest.raises(InputError, match="found the product joints"):
        run(joints, tmp_path / "x")
    with pytest.raises(ShardError, match="run motiondata stats"):
        run(corrected, tmp_path / "x")


@pytest.fixture(scope="module")
def flagged(tmp_path_factory: pytest.TempPathFactory) -> Dataset:
    """Return features of an archive of which one training clip has the flag LOW."""
    archive = make_flagged_archive(tmp_path_factory.mktemp("flagged"))
    out = tmp_path_factory.mktemp("tokenizers") / "flagged"
    dataset = built_features(archive, out, "humanml3d-263")
    stats(out, "train", "vectors")
    return dataset


def keys_with(flagged: Dataset, flag: str) -> set[str]:
    """Return the keys of the samples with a flag."""
    keys, flags = flagged.manifest["key"].to_pylist(), flagged.manifest["flags"].to_pylist()
    return {key for key, raised in zip(keys, flags, strict=True) if flag in raised}


def test_flagged_clips_are_neither_trained_on_nor_tokenized(
    flagged: Dataset, checkpoint: Path, tmp_path: Path
) -> None:
    task = TokenizerTask(StreamedDataset(flagged, caption_runs), OPTIONS, LOOP.seed, CPU)
    kept = task.view(4, 0, [LOW])
    trained = {key for batch in kept for key in batch["keys"]}
    assert trained
    assert trained.isdisjoint(keys_with(flagged, LOW))
    assert kept.items < task.view(4, 0).items

    tokenize(flagged.path, checkpoint, tmp_path / "tokens", HERE, [LOW])
    tokens = Dataset.open(tmp_path / "tokens")
    every = {*flagged.manifest["key"].to_pylist()}
    assert {*tokens.manifest["key"].to_pylist()} == every - keys_with(flagged, LOW)


def test_a_training_without_flagged_clips_resumes_only_without_them(
    flagged: Dataset, tmp_path: Path
) -> None:
    without = replace(LOOP, exclude=(LOW,))
    train_tokenizer(flagged.path, tmp_path, OPTIONS, without, "cpu", io.StringIO())
    train_tokenizer(flagged.path, tmp_path, OPTIONS, without, "cpu", io.StringIO())
    with pytest.raises(InputError, match="exclude"):
        run(flagged, tmp_path)


def test_an_unknown_flag_is_refused_before_a_training(flagged: Dataset, tmp_path: Path) -> None:
    loop = replace(LOOP, exclude=("t_poze",))
    with pytest.raises(ShardError, match="did you mean t_pose"):
        train_tokenizer(flagged.path, tmp_path / "out", OPTIONS, loop, "cpu", io.StringIO())
    assert not (tmp_path / "out").exists()


def test_windows_longer_than_all_clips_are_refused(motion: Dataset, tmp_path: Path) -> None:
    with pytest.raises(ShardError, match="no clip matches the split 'train' with at least 400"):
        run(motion, tmp_path, replace(OPTIONS, window=400))
    with pytest.raises(InputError, match="multiple of the 2 frames per token"):
        replace(OPTIONS, window=9)
