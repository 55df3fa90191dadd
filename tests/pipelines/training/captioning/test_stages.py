"""The stages of a captioner: what each trains, and that stopped ones go on to the same bits."""

import io
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from torch import Tensor

pytest.importorskip("transformers")

from transformers import T5Config, T5ForConditionalGeneration

from pipelines.training.captioning.captioner_task import CaptionerTask
from pipelines.training.captioning.options import DECODER, FULL, PROJECTOR, CaptionerTrainingOptions
from pipelines.training.common.checkpoints import read_checkpoint
from pipelines.training.common.load_text_model import load_text_model
from pipelines.training.common.logs import read_log
from pipelines.training.common.loop import train
from pipelines.training.common.options import LoopOptions, OptimizerOptions, Stage
from pipelines.training.common.text_model import decoder_parameters
from pipelines.training.common.training_checkpoint import CHECKPOINT
from shards import open_dataset
from shards.format.dataset import Dataset
from shards.stream.batching import Batch
from tests.support.captioned_features import KINDS, captions_of
from tests.support.text_models import SMALL, save_text_model

OPTIONS = CaptionerTrainingOptions(stages="projector,decoder,full", steps="4,4,4", stride=2)
LOOP = LoopOptions(batch=8, save_every=3, watch_every=4, optimizer=OptimizerOptions(warmup=2))
CPU = torch.device("cpu")


@pytest.fixture(scope="module", name="t5")
def save_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("stages") / "t5"
    captions = [text for kind in range(len(KINDS)) for text in captions_of(kind)]
    save_text_model(load_text_model("tiny", captions, 0, SMALL), folder)
    return folder


class StoppedTask(CaptionerTask):
    """A task whose process is interrupted in a step."""

    stop_at = 0

    def loss(self, batch: Batch) -> dict[str, Tensor]:
        """Return the loss; raise `KeyboardInterrupt` in the step `stop_at`."""
        self.stop_at -= 1
        if self.stop_at == 0:
            raise KeyboardInterrupt
        return super().loss(batch)


def make_task(data: Dataset, options: CaptionerTrainingOptions) -> StoppedTask:
    return StoppedTask(open_dataset(data.path), options, 0, CPU)


def weights_of(out: Path) -> dict[str, Tensor]:
    found: dict[str, Tensor] = read_checkpoint(out / CHECKPOINT, "captioner")["weights"]
    return found


def changed_by_stage(
    data: Dataset, out: Path, options: CaptionerTrainingOptions, stage: str
) -> set[str]:
    """Return the names of the weights that a training in one stage changes."""
    task = make_task(data, replace(options, stages=stage, steps="3"))
    before = {name: value.clone() for name, value in task.module.state_dict().items()}
    train(task, LOOP, out, io.StringIO())
    return {name for name, value in weights_of(out).items() if not torch.equal(value, before[name])}


def test_the_decoder_learns_with_the_projector_and_the_encoder_and_the_words_stay(
    captioned: Dataset, t5: Path, tmp_path: Path
) -> None:
    options = replace(OPTIONS, text_model=str(t5))
    changed = changed_by_stage(captioned, tmp_path, options, DECODER)
    names = {name for name in weights_of(tmp_path) if "embed_tokens" not in name}
    learning = ("frames.projector.", "language_model.decoder.")
    assert changed == {name for name in names if name.startswith(learning)}
    assert any("EncDecAttention" in name for name in changed)


def test_with_low_rank_matrices_those_of_the_decoder_learn(
    captioned: Dataset, t5: Path, tmp_path: Path
) -> None:
    pytest.importorskip("peft")
    options = replace(OPTIONS, text_model=str(t5), lora_rank=2)
    changed = changed_by_stage(captioned, tmp_path, options, DECODER)
    matrices = {name for name in changed if "lora_B" in name}
    assert len(matrices) == 2 * 2 * SMALL.num_layers  # of the decoder and its cross attention
    others = {name for name in changed if "lora_" not in name}
    assert {name.split(".")[1] for name in others} == {"projector"}
    assert all(".decoder." in name for name in changed - others)


@pytest.mark.parametrize("tied", [True, False])
def test_a_separate_output_layer_belongs_to_the_decoder(tied: bool) -> None:
    model = T5ForConditionalGeneration(
        T5Config(vocab_size=9, d_model=8, d_kv=4, d_ff=8, num_layers=1, num_heads=2)
    )
    if not tied:
        model.lm_head.weight = torch.nn.Parameter(model.lm_head.weight.detach().clone())
    found = {id(each) for each in decoder_parameters(model)}
    named = dict(model.named_parameters())
    expected = {name for name in named if name.startswith("decoder.")}
    expected |= set() if tied else {"lm_head.weight"}
    assert {name for name, each in named.items() if id(each) in found} == expected
    assert not found & {id(each) for each in model.encoder.parameters()}


@pytest.mark.parametrize(("stop_at", "stage"), [(4, PROJECTOR), (8, DECODER), (12, FULL)])
def test_a_training_that_was_stopped_in_a_stage_goes_on_to_the_same_bits(
    captioned: Dataset, t5: Path, tmp_path: Path, stop_at: int, stage: str
) -> None:
    options = replace(OPTIONS, text_model=str(t5))
    whole, stopped = tmp_path / "whole", tmp_path / "stopped"
    train(make_task(captioned, options), LOOP, whole, io.StringIO())
    task = make_task(captioned, options)
    task.stop_at = stop_at
    with pytest.raises(KeyboardInterrupt):
        train(task, LOOP, stopped, io.StringIO())
    position = read_checkpoint(stopped / CHECKPOINT, "captioner")["position"]
    assert task.stages[position["stage"]].name == stage
    assert position["step"] > 0, "it was stopped inside the stage"
    train(make_task(captioned, options), LOOP, stopped, io.StringIO())
    assert losses(stopped) == losses(whole)
    assert [each for each, _ in losses(whole)] == [PROJECTOR] * 4 + [DECODER] * 4 + [FULL] * 4
    first, second = weights_of(whole), weights_of(stopped)
    assert all(torch.equal(first[name], second[name]) for name in first)


def losses(out: Path) -> list[tuple[str, float]]:
    return [(record["stage"], record["loss"]) for record in read_log(out) if "loss" in record]


def test_the_tiny_model_has_the_same_stages(captioned: Dataset) -> None:
    task = make_task(captioned, OPTIONS)
    assert task.stages == (Stage(PROJECTOR, 4), Stage(DECODER, 4), Stage(FULL, 4))
    trained = [
        sum(each.numel() for group in task.groups(stage.name) for each in group.parameters)
        for stage in task.stages
    ]
    assert trained == sorted({*trained})
