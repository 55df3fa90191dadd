"""The language model learns, resumes to the bit, and is served by caption and evaluate."""

import io
import os
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
import torch

pytest.importorskip("transformers")

from motiondata.captions import caption_runs
from motiondata.errors import InputError
from pipelines.evaluation.evaluate import evaluate
from pipelines.evaluation.options import EvaluationOptions
from pipelines.training.captioning.generate import caption_split, matched_and_shuffled_loss
from pipelines.training.captioning.options import GenerationOptions
from pipelines.training.common.decoding import Decoding
from pipelines.training.common.load_text_model import load_text_model
from pipelines.training.common.logs import WATCH, read_log
from pipelines.training.common.loop import train
from pipelines.training.common.options import LoopOptions, OptimizerOptions
from pipelines.training.common.tiny_text_model import TinySizes
from pipelines.training.common.training_checkpoint import CHECKPOINT
from pipelines.training.language.instructions import read_tasks
from pipelines.training.language.load_language import KIND, load_language
from pipelines.training.language.options import LanguageOptions
from pipelines.training.language.train_language import (
    LanguageReport,
    LanguageTask,
    one_or_all,
    train_language,
)
from shards.format.dataset import Dataset
from shards.stream.batching import Batch
from shards.stream.streamed_dataset import StreamedDataset
from shards.stream.views import StreamPosition
from tests.pipelines.training.language.conftest import save_t5
from tests.support.captioned_features import captions_of
from tests.support.forgotten_options import forget
from tests.support.text_models import SMALL, save_text_model

ROOT = Path(__file__).parents[4]
LOOP = LoopOptions(batch=4, save_every=3, watch_every=5, optimizer=OptimizerOptions(warmup=2))
CPU = GenerationOptions(device="cpu")
OPTIONS = LanguageOptions(pretraining_steps=4, steps=6)


def run(tokens: Dataset, out: Path, options: LanguageOptions = OPTIONS) -> LanguageReport:
    report = train_language(tokens.path, out, options, LOOP, "cpu", io.StringIO())
    assert report is not None
    return report


def losses_of(out: Path) -> list[float]:
    return [record["loss"] for record in read_log(out) if "loss" in record]


def weights_of(out: Path) -> dict[str, torch.Tensor]:
    return load_language(out / CHECKPOINT).module.state_dict()


class Stopped(LanguageTask):
    """A training that is asked to stop in its sixth step."""

    steps = 0

    def loss(self, batch: Batch) -> dict[str, torch.Tensor]:
        self.steps += 1
        if self.steps == 6:
            os.kill(os.getpid(), signal.SIGTERM)
        return super().loss(batch)


def test_dropout_is_that_of_the_options(tokens: Dataset, small_t5: Path) -> None:
    data = StreamedDataset(tokens, caption_runs)
    options = replace(OPTIONS, text_model=str(small_t5), dropout=0.0)
    task = LanguageTask(data, options, LOOP.seed, torch.device("cpu"))
    batch = task.view(LOOP.batch, LOOP.seed).batch_at(StreamPosition(0, 0))
    task.module.train()
    losses = {float(task.loss(batch)["loss"].detach()) for _ in range(3)}
    assert len(losses) == 1


def test_joined_clips_follow_each_other_and_depend_on_the_batch_alone(
    tokens: Dataset, small_t5: Path
) -> None:
    data = StreamedDataset(tokens, caption_runs)
    options = replace(OPTIONS, text_model=str(small_t5), pretraining_steps=0, join=0.9,
                      focus=("motion_to_caption",), focus_share=1.0)  # fmt: skip
    task = LanguageTask(data, options, LOOP.seed, torch.device("cpu"))
    batch = task.view(LOOP.batch, LOOP.seed).batch_at(StreamPosition(0, 0))
    samples = task.samples(batch)
    assert samples == task.samples(batch)
    assert any(" then " in answer or ", " in answer for _, answer in samples)


def test_lengths_are_asked_of_clips_that_are_not_joined(tokens: Dataset, small_t5: Path) -> None:
    data = StreamedDataset(tokens, caption_runs)
    options = replace(OPTIONS, text_model=str(small_t5), pretraining_steps=0, join=1.0,
                      focus=("caption_to_frames",), focus_share=1.0)  # fmt: skip
    task = LanguageTask(data, options, LOOP.seed, torch.device("cpu"))
    batch = task.view(LOOP.batch, LOOP.seed).batch_at(StreamPosition(0, 0))
    assert {answer for _, answer in task.samples(batch)} == {"23 frames"}


@pytest.mark.parametrize(("names", "found"), [((), None), (("a",), "a"), (("a", "b"), ["a", "b"])])
def test_identities_of_one_focus_are_those_of_earlier_trainings(
    names: tuple[str, ...], found: object
) -> None:
    assert one_or_all(names) == found


def test_a_stopped_training_resumes_to_the_same_weights(
    tokens: Dataset, small_t5: Path, tmp_path: Path
) -> None:
    options = replace(OPTIONS, text_model=str(small_t5))
    run(tokens, tmp_path / "whole", options)
    data = StreamedDataset(tokens, caption_runs)
    stopped = Stopped(data, options, LOOP.seed, torch.device("cpu"))
    with pytest.raises(KeyboardInterrupt):
        train(stopped, LOOP, tmp_path / "stopped", io.StringIO())
    run(tokens, tmp_path / "stopped", options)
    assert losses_of(tmp_path / "stopped") == losses_of(tmp_path / "whole")
    before, after = weights_of(tmp_path / "whole"), weights_of(tmp_path / "stopped")
    assert all(torch.equal(before[name], after[name]) for name in before)


def test_a_training_from_before_random_codes_goes_on_without_them(
    tokens: Dataset, small_t5: Path, tmp_path: Path
) -> None:
    options = replace(OPTIONS, text_model=str(small_t5))
    run(tokens, tmp_path, options)
    forget(tmp_path / CHECKPOINT, KIND, "random_codes", "drop_captions")
    run(tokens, tmp_path, options)
    for name in ("random_codes", "drop_captions"):
        with pytest.raises(InputError, match=rf"{name}: not set -> 0\.5"):
            run(tokens, tmp_path, replace(options, **{name: 0.5}))  # type: ignore[arg-type]


def test_validations_have_a_loss_of_every_task_and_the_report_shows_them(
    tokens: Dataset, small_t5: Path, tmp_path: Path
) -> None:
    report = run(tokens, tmp_path, replace(OPTIONS, text_model=str(small_t5)))
    watched = [record[WATCH] for record in read_log(tmp_path) if WATCH in record]
    assert [*watched[-1]["losses"]] == [*read_tasks()]
    assert report.validation is not None
    assert any("prediction with caption" in line for line in report.lines())


@pytest.mark.slow
def test_held_out_clips_are_captioned_as_they_should(tokens: Dataset, tmp_path: Path) -> None:
    sizes = TinySizes(48, 16, 64, num_layers=1, num_decoder_layers=1, num_heads=3, dropout_rate=0)
    save_t5(tmp_path / "t5", sizes)
    options = LanguageOptions(
        str(tmp_path / "t5"),
        focus=("motion_to_caption",),
        steps=200,
        pretraining_steps=2,
        rate=5e-3,
    )
    loop = replace(LOOP, batch=16, watch_every=1000)
    train_language(tokens.path, tmp_path / "run", options, loop, "cpu", io.StringIO())
    found = caption_split(tokens.path, tmp_path / "run" / CHECKPOINT, "test", CPU)
    right = [
        each.caption in {text.removesuffix(".") for text in captions_of(clip)}
        for clip, each in enumerate(found)
    ]
    assert sum(right) >= 15
    matched, shuffled = matched_and_shuffled_loss(
        tokens.path, tmp_path / "run" / CHECKPOINT, "test", "cpu"
    )
    assert shuffled > 1.5 * matched


def test_caption_and_evaluate_serve_it(tokens: Dataset, begun: Path, tmp_path: Path) -> None:
    found = caption_split(tokens.path, begun, "test", CPU)
    assert [each.key for each in found] == [f"test{clip:04d}" for clip in range(25)]
    drawn = caption_split(tokens.path, begun, "test", replace(CPU, decoding=Decoding(consensus=4)))
    assert [each.key for each in drawn] == [each.key for each in found]
    assert not any("<" in each.caption for each in [*found, *drawn])
    report = evaluate(tokens.path, tmp_path, EvaluationOptions(checkpoint=begun, device="cpu"))
    assert report.evaluation.nearest_by == "tokens"
    assert "share of each code" in report.markdown


def test_any_t5_of_a_folder_is_extended_by_motion(
    tokens: Dataset, small_t5: Path, tmp_path: Path
) -> None:
    save_text_model(load_text_model("tiny", captions_of(0), 0, SMALL), tmp_path / "t5")
    options = replace(OPTIONS, text_model=str(tmp_path / "t5"))
    with pytest.raises(InputError, match="expected a tokenizer that can write the captions"):
        run(tokens, tmp_path / "out", options)  # its vocabulary has the words of one caption
    run(tokens, tmp_path / "out", replace(options, text_model=str(small_t5)))
    loaded = load_language(tmp_path / "out" / CHECKPOINT)
    assert loaded.module.text.model.config.d_model == SMALL.d_model
    assert loaded.source.codes == 12


def test_features_are_not_tokens(captioned: Dataset, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"expected a dataset of tokens .* found features"):
        run(captioned, tmp_path)


def test_a_dataset_of_features_is_not_captioned_by_a_language_model(
    captioned: Dataset, begun: Path
) -> None:
    with pytest.raises(InputError, match="expected a dataset of tokens"):
        caption_split(captioned.path, begun, "test", CPU)


@pytest.mark.slow
def test_two_processes_share_a_step(tokens: Dataset, small_t5: Path, tmp_path: Path) -> None:
    arguments: list[str | Path] = [
        "-m", "torch.distributed.run", "--standalone", "--nproc-per-node=2", "-m", "cli",
        "train-language", tokens.path, "--out", tmp_path / "two", "--text-model", small_t5,
        "--batch=4", "--pretraining-steps=2", "--steps=3", "--watch-every=5", "--join=0.5",
        "--warmup=2", "--device=cpu", "--precision=bf16",
    ]  # fmt: skip
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
    subprocess.run(
        [sys.executable, *arguments],
        cwd=ROOT, env=environment, check=True, capture_output=True, timeout=300,
    )  # fmt: skip
    assert len(losses_of(tmp_path / "two")) == 5, "only one of them writes the log"
    options = replace(OPTIONS, text_model=str(small_t5), pretraining_steps=2, steps=3, join=0.5)
    loop = replace(LOOP, batch=8)
    train_language(tokens.path, tmp_path / "one", options, loop, "cpu", io.StringIO())
    assert losses_of(tmp_path / "two") == pytest.approx(losses_of(tmp_path / "one"), abs=0.6)
    with torch.no_grad():
        assert load_language(tmp_path / "two" / CHECKPOINT).module.write(["Describe"])
