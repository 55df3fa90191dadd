"""Alignment: it learns which captions describe which motions, and resumes after a stop."""

import io
import json
import os
import signal
from dataclasses import replace
from pathlib import Path

import pytest
import torch

pytest.importorskip("transformers")

from transformers import PreTrainedTokenizerFast

from motiondata.captions import caption_runs
from motiondata.errors import InputError
from pipelines.engine.reports import to_plain
from pipelines.training.alignment.options import NO_AUGMENTATION, AlignmentOptions, Augmentation
from pipelines.training.alignment.train_alignment import (
    AlignmentReport,
    AlignmentTask,
    train_alignment,
)
from pipelines.training.common.checkpoints import read_checkpoint
from pipelines.training.common.load_text_model import load_text_model
from pipelines.training.common.logs import History, read_log
from pipelines.training.common.loop import train
from pipelines.training.common.options import LoopOptions, OptimizerOptions
from pipelines.training.common.training_checkpoint import CHECKPOINT
from pipelines.training.encoders.centering import middles, seen_frames
from pipelines.training.encoders.load_encoder import EveryPhase, load_encoder
from pipelines.training.encoders.options import EncoderOptions
from pipelines.training.text_encoders.known_texts import FILE
from shards.errors import ShardError
from shards.format.dataset import Dataset
from shards.stream.batching import Batch
from shards.stream.loader import Loader
from shards.stream.streamed_dataset import StreamedDataset
from tests.pipelines.training.encoders.test_load_encoder import OTHERS
from tests.support.dataset import make_dataset
from tests.support.point_clips import captions_of, make_motions

SIZES = EncoderOptions(points=6, point_width=16, width=32, layers=1, heads=2, dropout=0.0)
OPTIONS = AlignmentOptions(stride=2, max_frames=16, shared_width=16, sizes=SIZES)
LOOP = LoopOptions(batch=12, save_every=5, watch_every=20, optimizer=OptimizerOptions(warmup=5))
CPU = torch.device("cpu")


@pytest.fixture(scope="session")
def motions(tmp_path_factory: pytest.TempPathFactory) -> Dataset:
    return make_motions(tmp_path_factory.mktemp("motions"))


def run(motions: Dataset, out: Path, options: AlignmentOptions = OPTIONS) -> AlignmentReport:
    report = train_alignment(motions.path, out, options, LOOP, "cpu", io.StringIO())
    assert report is not None
    return report


def test_it_finds_held_out_motions_by_their_captions(motions: Dataset, tmp_path: Path) -> None:
    report = run(
        motions, tmp_path, replace(OPTIONS, steps=100, rate=3e-3, augmentation=NO_AUGMENTATION)
    )
    found = json.loads((tmp_path / "recall.json").read_text())
    assert list(found) == ["val", "test"]
    for split in found.values():
        assert (split["motions"], split["texts"]) == (10, 18)
        for way in ("motion to text", "text to motion"):
            assert split[way]["recall"]["1"] >= 0.5 > 3 * split[way]["chance"]["1"]
    assert to_plain(report.recall) == found
    assert report.run.steps == 100
    lines = report.lines()
    assert [line.split(",")[0] for line in lines[1:5]] == ["val", "val", "test", "test"]
    assert lines[-1].endswith(CHECKPOINT)


class Stopped(AlignmentTask):
    """An alignment that is asked to stop in its eighth step."""

    steps = 0

    def loss(self, batch: Batch) -> dict[str, torch.Tensor]:
        self.steps += 1
        if self.steps == 8:
            os.kill(os.getpid(), signal.SIGTERM)
        return super().loss(batch)


def test_a_stopped_training_goes_on_to_the_same_weights(motions: Dataset, tmp_path: Path) -> None:
    options = replace(OPTIONS, steps=12)
    run(motions, tmp_path / "whole", options)
    stopped = Stopped(StreamedDataset(motions, caption_runs), options, LOOP.seed, CPU)
    with pytest.raises(KeyboardInterrupt):
        train(stopped, LOOP, tmp_path / "stopped", io.StringIO())
    assert len(losses_of(tmp_path / "stopped")) == 8
    run(motions, tmp_path / "stopped", options)
    assert losses_of(tmp_path / "stopped") == losses_of(tmp_path / "whole")
    ids = {load_encoder(tmp_path / name / CHECKPOINT).id for name in ("whole", "stopped")}
    assert len(ids) == 1


def test_more_steps_extend_an_alignment_to_the_bit(motions: Dataset, tmp_path: Path) -> None:
    loop = replace(LOOP, optimizer=OptimizerOptions(warmup=2, schedule="constant"))
    for name, steps in (("whole", 7), ("extended", 4), ("extended", 7)):
        options = replace(OPTIONS, steps=steps)
        train_alignment(motions.path, tmp_path / name, options, loop, "cpu", io.StringIO())
    assert losses_of(tmp_path / "extended") == losses_of(tmp_path / "whole")
    ids = {load_encoder(tmp_path / name / CHECKPOINT).id for name in ("whole", "extended")}
    assert len(ids) == 1


def test_an_alignment_from_before_an_encoders_newest_options_goes_on(
    motions: Dataset, tmp_path: Path
) -> None:
    options = replace(OPTIONS, steps=9)
    stopped = Stopped(StreamedDataset(motions, caption_runs), options, LOOP.seed, CPU)
    before = {"points", "point_width", "width", "layers", "heads", "dropout"}
    assert stopped.identity()["sizes"].keys() == before
    with pytest.raises(KeyboardInterrupt):
        train(stopped, LOOP, tmp_path, io.StringIO())
    with pytest.raises(InputError, match=r"sizes\.velocities: not set -> True"):
        run(motions, tmp_path, replace(options, sizes=replace(SIZES, velocities=True)))
    run(motions, tmp_path, options)
    assert len(losses_of(tmp_path)) == 9


def test_centered_clips_are_turned_about_their_middles(motions: Dataset) -> None:
    """A turn about the middle of the dataset would move a clip that is elsewhere."""
    options = replace(
        OPTIONS,
        sizes=replace(SIZES, centered=True),
        augmentation=Augmentation(turn_deg=90, scale=0.5, shift_meters=0, noise_meters=0),
    )
    data = StreamedDataset(motions, caption_runs)
    task = AlignmentTask(data, options, LOOP.seed, CPU)
    still = AlignmentTask(data, replace(options, augmentation=NO_AUGMENTATION), LOOP.seed, CPU)
    batch = next(iter(Loader(task.view(8, seed=0))))
    found = []
    for each in (task, still):
        torch.manual_seed(0)
        clips = each.training_clips(batch)
        seen = clips.mask & seen_frames(clips.values)
        found.append((middles(clips.values, seen), clips.values[seen]))
    assert torch.allclose(found[0][0], found[1][0], atol=1e-4)
    assert not torch.allclose(found[0][1], found[1][1], atol=0.1)


@pytest.mark.parametrize("encoder", ["st-gcn", OTHERS])
def test_other_encoders_are_not_centered(encoder: str) -> None:
    with pytest.raises(InputError, match=f"centered: expected the built-in .*, found {encoder}"):
        replace(OPTIONS, encoder=encoder, sizes=replace(SIZES, centered=True))


def losses_of(out: Path) -> list[float]:
    return [record["loss"] for record in read_log(out) if "loss" in record]


def test_the_checkpoint_has_the_features_that_recall_was_measured_with(
    motions: Dataset, tmp_path: Path
) -> None:
    run(motions, tmp_path, replace(OPTIONS, steps=2))
    loaded, data = load_encoder(tmp_path / CHECKPOINT), StreamedDataset(motions, caption_runs)
    task = AlignmentTask(data, replace(OPTIONS, steps=2), LOOP.seed, CPU)
    task.module.load_state_dict(read_checkpoint(tmp_path / CHECKPOINT, "encoder")["weights"])
    batch = next(iter(Loader(data.clips("val", ["points"], batch=1))))
    with torch.no_grad():
        features = EveryPhase(task.module.eval().encoder, 2)(batch["points"], batch["mask"])
    found = loaded.encode(batch["points"][0].numpy())
    assert torch.allclose(features[0], torch.from_numpy(found), atol=1e-5)


def test_watching_reports_recall_and_alarms_of_guessing(motions: Dataset) -> None:
    task = AlignmentTask(StreamedDataset(motions, caption_runs), OPTIONS, LOOP.seed, CPU)
    found, alarms = task.watch(History([{"step": 200, "loss": 2.9, "guessing": 3.0}]))
    assert found["motions"] == 10
    assert len(alarms) == 1
    assert alarms[0].startswith("the loss is 97% of the loss of guessing")
    assert task.watch(History([{"step": 199, "loss": 2.9, "guessing": 3.0}]))[1] == []
    assert task.watch(History([{"step": 200, "loss": 1.5, "guessing": 3.0}]))[1] == []


def test_a_batch_of_one_caption_is_no_guess(motions: Dataset) -> None:
    task = AlignmentTask(StreamedDataset(motions, caption_runs), OPTIONS, LOOP.seed, CPU)
    assert task.watch(History([{"step": 200, "loss": 0.0, "guessing": 0.0}]))[1] == []
    with pytest.raises(InputError, match="expected at least 2 clips"):
        task.view(1, 0)


def test_a_split_without_captions_is_not_judged(tmp_path: Path) -> None:
    motions = make_motions(tmp_path / "motions", silent="val")
    report = run(motions, tmp_path / "out", replace(OPTIONS, steps=1))
    assert list(json.loads((tmp_path / "out" / "recall.json").read_text())) == ["test"]
    assert "val" not in str(report)


def test_no_captions_to_train_on_are_refused(tmp_path: Path) -> None:
    motions = make_motions(tmp_path / "motions", silent="train")
    with pytest.raises(InputError, match="expected captions of clips of train, found none"):
        run(motions, tmp_path / "out")


def test_a_model_that_says_the_same_of_everything_is_a_guesser(motions: Dataset) -> None:
    task = AlignmentTask(StreamedDataset(motions, caption_runs), OPTIONS, LOOP.seed, CPU)
    for parameter in task.module.of_motion.parameters():
        parameter.data.zero_()
    scalars = task.loss(next(iter(Loader(task.view(12, 0)))))
    assert scalars["loss"].item() == scalars["guessing"].item() > 1


def test_a_text_model_that_is_not_trained_is_in_no_checkpoint(
    motions: Dataset, tmp_path: Path
) -> None:
    folder = save_t5(tmp_path / "t5")
    options = replace(OPTIONS, text_encoder=str(folder), steps=2)
    run(motions, tmp_path / "frozen", options)
    run(motions, tmp_path / "trained", replace(options, train_text=True))
    names = {
        name: {*read_checkpoint(tmp_path / name / CHECKPOINT, "encoder")["weights"]}
        for name in ("frozen", "trained")
    }
    assert names["frozen"] < names["trained"]
    assert all(name.startswith("text_encoder.") for name in names["trained"] - names["frozen"])


def test_a_frozen_text_encoder_is_asked_once(motions: Dataset, tmp_path: Path) -> None:
    options = replace(OPTIONS, text_encoder=str(save_t5(tmp_path / "t5")), steps=2)
    run(motions, tmp_path / "out", options)
    first = (tmp_path / "out" / FILE).read_bytes()
    run(motions, tmp_path / "again", options)
    assert (tmp_path / "again" / FILE).read_bytes() == first
    assert losses_of(tmp_path / "out") == losses_of(tmp_path / "again")
    stored = read_checkpoint(tmp_path / "out" / FILE, "text vectors")
    said = {caption["text"] for number in range(30) for caption in captions_of(number, 12)}
    assert {*stored["texts"]} == said
    assert len(stored["texts"]) == len(stored["vectors"]) == len(said)


def test_near_captions_by_vectors_change_the_loss(motions: Dataset, tmp_path: Path) -> None:
    options = replace(OPTIONS, text_encoder=str(save_t5(tmp_path / "t5")), steps=1)
    run(motions, tmp_path / "words", options)
    run(motions, tmp_path / "vectors", replace(options, near_cosine=0.0))
    assert losses_of(tmp_path / "words") > losses_of(tmp_path / "vectors")
    with pytest.raises(InputError, match="found tiny"):
        replace(OPTIONS, near_cosine=0.8)


def save_t5(folder: Path) -> Path:
    """Write a small random T5 as a folder that transformers reads."""
    captions = ["a tall, wide thing moves on the way to the right.", "something goes left"]
    text = load_text_model("tiny", captions, 0)
    text.model.save_pretrained(folder)
    PreTrainedTokenizerFast(tokenizer_object=text.tokenizer).save_pretrained(folder)
    return folder


def test_anothers_encoder_is_trained_and_loaded_by_its_name(
    motions: Dataset, tmp_path: Path
) -> None:
    run(motions, tmp_path, replace(OPTIONS, encoder=OTHERS, steps=2))
    with pytest.raises(InputError, match=f"only with --encoder {OTHERS}"):
        load_encoder(tmp_path / CHECKPOINT)
    assert load_encoder(tmp_path / CHECKPOINT, OTHERS).width == 5


def test_another_alignments_folder_is_refused(motions: Dataset, tmp_path: Path) -> None:
    run(motions, tmp_path, replace(OPTIONS, steps=1))
    with pytest.raises(InputError, match="frame_stride: 2 -> 3"):
        run(motions, tmp_path, replace(OPTIONS, steps=1, stride=3))
    varied = replace(OPTIONS.augmentation, turn_deg=44.0)
    with pytest.raises(InputError, match=r"\(augmentation\.turn_deg: [0-9.]+ -> 44.0\)"):
        run(motions, tmp_path, replace(OPTIONS, steps=1, augmentation=varied))


@pytest.mark.parametrize(
    "wrong", [{"stride": 0}, {"max_frames": 0}, {"shared_width": 0}, {"rate": 0.0}]
)
def test_options_out_of_range_are_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(InputError, match=f"{next(iter(wrong))}: expected"):
        replace(OPTIONS, **wrong)  # type: ignore[arg-type]


def test_a_dataset_without_points_is_refused(captioned: Dataset, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"expected a field points, .* found features"):
        run(captioned, tmp_path)


def test_a_dataset_without_captions_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ShardError, match="expected captions"):
        run(make_dataset(tmp_path / "dataset"), tmp_path / "out")
