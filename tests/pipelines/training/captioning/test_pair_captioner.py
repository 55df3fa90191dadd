"""Captioners of pose pairs: they learn to correct poses, resume, and refuse other datasets."""

import io
import os
import signal
from dataclasses import replace
from pathlib import Path

import pytest
import torch

pytest.importorskip("transformers")

from motiondata.captions import caption_runs
from motiondata.errors import InputError
from pipelines.training.captioning.caption_source import CaptionSource
from pipelines.training.captioning.captioner import Captioner, load_captioner
from pipelines.training.captioning.captioner_task import CaptionerTask
from pipelines.training.captioning.generate import caption_split, matched_and_shuffled_loss
from pipelines.training.captioning.options import CaptionerTrainingOptions
from pipelines.training.captioning.pair_input import PairInput
from pipelines.training.captioning.train_captioner import CaptionerReport, train_captioner
from pipelines.training.common.checkpoints import read_checkpoint
from pipelines.training.common.load_text_model import load_text_model
from pipelines.training.common.logs import WATCH, read_log
from pipelines.training.common.loop import train
from pipelines.training.common.normalize_caption import normalize_caption
from pipelines.training.common.options import LoopOptions, OptimizerOptions
from pipelines.training.pose_pairs.pair_features import pair_statistics
from shards import open_dataset
from shards.format.dataset import Dataset
from shards.stream.batching import Batch
from shards.stream.streamed_dataset import StreamedDataset
from shards.stream.views import StreamPosition
from tests.support.pose_pairs import make_random_pairs

OPTIONS = CaptionerTrainingOptions(stages="full", steps="6")
LOOP = LoopOptions(
    batch=8, save_every=3, watch_every=3, optimizer=OptimizerOptions(warmup=2, schedule="constant")
)


@pytest.fixture(scope="module", name="pairs")
def make_once(tmp_path_factory: pytest.TempPathFactory) -> Dataset:
    return make_random_pairs(tmp_path_factory.mktemp("random") / "pairs")


def run(data: Dataset, out: Path, options: CaptionerTrainingOptions = OPTIONS) -> CaptionerReport:
    report = train_captioner(data.path, out, options, LOOP, "cpu", io.StringIO())
    assert report is not None
    return report


@pytest.fixture(scope="module", name="trained")
def train_once(pairs: Dataset, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("trained") / "captioner"
    return run(pairs, out).run.checkpoint


def test_it_learns_the_texts_of_a_few_pairs(pairs: Dataset) -> None:
    """After some steps on four pairs, each text is that of its pair, and unlikely for another."""
    data = open_dataset(pairs.path)
    source = CaptionSource.of(data, None, None)
    batch = data.clips("train", source.fields, 4, rank=0, world=1).batch_at(StreamPosition(0, 0))
    texts = [min(data[key]["txt"].splitlines(), key=len) for key in batch["keys"]]
    text = load_text_model("tiny", texts, 0)
    torch.manual_seed(0)
    captioner = Captioner(text, PairInput(text.width, *pair_statistics(data))).eval()
    clips, labels = source.inputs(batch, 1), text.labels(texts)
    optimizer = torch.optim.Adam(captioner.parameters(), 2e-3)
    for _ in range(60):
        optimizer.zero_grad()
        captioner.loss(clips, labels).backward()  # type: ignore[no-untyped-call]
        optimizer.step()
    with torch.no_grad():
        said, of_others = captioner.caption(clips), captioner.caption(clips.of_previous())
        own, other = captioner.loss(clips, labels), captioner.shuffled_loss(clips, labels)
    assert float(own) < 0.3
    assert float(other) > 10 * float(own)
    assert of_others == [said[-1], *said[:-1]]
    assert [normalize_caption(each).split()[:3] for each in said] == [
        normalize_caption(each).split()[:3] for each in texts
    ]


def test_a_checkpoint_needs_nothing_else(pairs: Dataset, trained: Path) -> None:
    loaded = load_captioner(trained)
    assert (loaded.field, loaded.stride, loaded.components) == ("pose", 1, 3)
    found = caption_split(pairs.path, trained)
    assert [key for key, _ in found] == [f"test{number:04d}" for number in range(12)]
    again = caption_split(pairs.path, trained)
    assert found == again
    matched, shuffled = matched_and_shuffled_loss(pairs.path, trained)
    assert matched > 0
    assert matched != shuffled


def test_the_log_has_validations(trained: Path) -> None:
    watched = [record[WATCH] for record in read_log(trained.parent) if WATCH in record]
    assert [each["clips"] for each in watched] == [8, 8]
    assert abs(watched[0]["cosine"]) < 0.5


def test_a_training_that_goes_on_is_that_of_one_run(pairs: Dataset, tmp_path: Path) -> None:
    for steps in ("3", "6"):
        run(pairs, tmp_path / "twice", replace(OPTIONS, steps=steps))
    run(pairs, tmp_path / "once")
    twice, once = (
        read_checkpoint(tmp_path / name / "checkpoint.pt", "captioner")["weights"]
        for name in ("twice", "once")
    )
    assert all(torch.equal(weight, twice[name]) for name, weight in once.items())


@pytest.mark.parametrize(
    ("name", "value"), [("stride", 4), ("downsample", 2), ("join", 0.5), ("length_prompt", True)]
)
def test_options_of_frames_are_refused(
    pairs: Dataset, tmp_path: Path, name: str, value: float
) -> None:
    with pytest.raises(InputError, match=f"--{name.replace('_', '-')}: expected none for pose"):
        run(pairs, tmp_path / "out", replace(OPTIONS, **{name: value}))  # type: ignore[arg-type]
    assert not (tmp_path / "out").exists()


def test_pairs_without_texts_are_refused(tmp_path: Path) -> None:
    silent = make_random_pairs(tmp_path / "pairs", {"train": 3}, silent=["train"])
    with pytest.raises(InputError, match="expected captions of clips of train, found none"):
        run(silent, tmp_path / "out")


def test_the_field_of_pairs_of_another_dataset_is_refused(
    captioned: Dataset, tmp_path: Path
) -> None:
    with pytest.raises(InputError, match="expected pose pairs, which motiondata build-pose-pairs"):
        run(captioned, tmp_path / "out", replace(OPTIONS, field="pose"))


def test_a_captioner_of_pairs_refuses_another_dataset(captioned: Dataset, trained: Path) -> None:
    with pytest.raises(InputError, match="expected pose pairs, which motiondata build-pose-pairs"):
        caption_split(captioned.path, trained)


def test_a_captioner_of_features_refuses_pairs(
    pairs: Dataset, captioned: Dataset, tmp_path: Path
) -> None:
    checkpoint = run(captioned, tmp_path / "out").run.checkpoint
    with pytest.raises(InputError, match="expected a field features"):
        caption_split(pairs.path, checkpoint)


class Stopped(CaptionerTask):
    """A training that is asked to stop in its fifth step, inside of its only stage."""

    steps = 0

    def loss(self, batch: Batch) -> dict[str, torch.Tensor]:
        self.steps += 1
        if self.steps == 5:
            os.kill(os.getpid(), signal.SIGTERM)
        return super().loss(batch)


def test_a_training_that_was_stopped_resumes_to_the_same_weights(
    pairs: Dataset, trained: Path, tmp_path: Path
) -> None:
    data = StreamedDataset(pairs, caption_runs)
    stopped = Stopped(data, OPTIONS, LOOP.seed, torch.device("cpu"))
    with pytest.raises(KeyboardInterrupt):
        train(stopped, LOOP, tmp_path, io.StringIO())
    assert [record["step"] for record in read_log(tmp_path)][-1] == 5
    resumed = read_checkpoint(run(pairs, tmp_path).run.checkpoint, "captioner")["weights"]
    whole = read_checkpoint(trained, "captioner")["weights"]
    assert all(torch.equal(weight, resumed[name]) for name, weight in whole.items())
