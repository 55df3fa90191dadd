"""Training of a captioner: stages, kills, two processes, and refusals."""

import io
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from click.testing import CliRunner

pytest.importorskip("transformers")

from cli import main
from motiondata.errors import InputError
from pipelines.training.captioning.captioner import load_captioner
from pipelines.training.captioning.captioner_task import CaptionerTask
from pipelines.training.captioning.generate import caption_split
from pipelines.training.captioning.inputs import FrameInput
from pipelines.training.captioning.options import (
    FULL,
    PRETRAINED_RECIPE,
    PROJECTOR,
    CaptionerTrainingOptions,
)
from pipelines.training.captioning.train_captioner import CaptionerReport, train_captioner
from pipelines.training.common.checkpoints import read_checkpoint
from pipelines.training.common.clip_fields import PaddedClips
from pipelines.training.common.command_line import OPTIONS_FILE
from pipelines.training.common.load_text_model import load_text_model
from pipelines.training.common.logs import LOG, read_log
from pipelines.training.common.options import LoopOptions, OptimizerOptions, Stage
from pipelines.training.common.training_checkpoint import CHECKPOINT
from shards import open_dataset
from shards.errors import ShardError
from shards.format.dataset import Dataset
from shards.stream.views import StreamPosition
from tests.support.captioned_features import KINDS, MadeFeatures, captions_of, make_captioned
from tests.support.text_models import SMALL, save_text_model

ROOT = Path(__file__).resolve().parents[4]
OPTIONS = CaptionerTrainingOptions(stages="projector,full", steps="3,5", stride=2)
LOOP = LoopOptions(batch=8, save_every=3, watch_every=4, optimizer=OptimizerOptions(warmup=2))
ARGUMENTS = (
    "--stages=projector,full", "--steps=4,12", "--stride=1", "--save-every=3", "--watch-every=8",
    "--warmup=4", "--device=cpu",
)  # fmt: skip


def run(data: Path, out: Path, options: CaptionerTrainingOptions = OPTIONS) -> CaptionerReport:
    report = train_captioner(data, out, options, LOOP, "cpu", io.StringIO())
    assert report is not None
    return report


def invoke(data: Path, out: Path, *arguments: str) -> str:
    """Run the command in this process."""
    result = CliRunner().invoke(main, ["train-captioner", str(data), "--out", str(out), *arguments])
    assert result.exit_code == 0, result.output
    return result.output


def environment() -> Mapping[str, str]:
    return {**os.environ, "OMP_NUM_THREADS": "1", "PYTHONPATH": str(ROOT)}


def losses(out: Path) -> list[float]:
    return [record["loss"] for record in read_log(out) if "loss" in record]


def test_the_projector_learns_first_and_then_everything(captioned: Dataset, tmp_path: Path) -> None:
    run(captioned.path, tmp_path / "one", replace(OPTIONS, stages="projector", steps="3"))
    run(captioned.path, tmp_path / "two", replace(OPTIONS, stages="projector", steps="5"))
    run(captioned.path, tmp_path / "both")
    short, long, both = (
        read_checkpoint(tmp_path / name / CHECKPOINT, "captioner")["weights"]
        for name in ("one", "two", "both")
    )
    changed = {name for name in short if not torch.equal(short[name], long[name])}
    assert changed == {name for name in short if name.startswith("frames.projector.")}
    assert not torch.equal(
        both["language_model.shared.weight"], short["language_model.shared.weight"]
    )
    stages = [record["stage"] for record in read_log(tmp_path / "both") if "loss" in record]
    assert stages == [PROJECTOR] * 3 + [FULL] * 5


@pytest.mark.parametrize(
    ("options", "moves"), [({}, False), ({"captions": 2}, True), ({"join": 0.5}, True)]
)
def test_only_draws_of_captions_or_clips_move_the_random_numbers_of_dropout(
    captioned: Dataset, options: dict[str, float], moves: bool
) -> None:
    chosen = replace(OPTIONS, **options)  # type: ignore[arg-type]
    task = CaptionerTask(open_dataset(captioned.path), chosen, 0, torch.device("cpu"))
    task.module.eval()
    batch = task.view(8, 0).batch_at(StreamPosition(0, 0))
    after = []
    for read in (task.loss, lambda batch: task.source.inputs(batch, 2, phases_of)):
        torch.manual_seed(0)
        read(batch)
        after.append(torch.get_rng_state())
    assert torch.equal(*after) != moves


def phases_of(clips: PaddedClips) -> torch.Tensor:
    return clips.random_phases(2)


@pytest.mark.parametrize("options", [{"labels": Path("labels.jsonl")}, {"longest": 64}])
def test_options_of_joined_clips_are_refused_without_any(options: dict[str, int]) -> None:
    with pytest.raises(InputError, match=f"--{next(iter(options))}: expected with --join"):
        CaptionerTrainingOptions(**options)  # type: ignore[arg-type]
    CaptionerTrainingOptions(**options, join=0.5)  # type: ignore[arg-type]


def test_a_checkpoint_needs_nothing_else(captioned: Dataset, tmp_path: Path) -> None:
    report = run(captioned.path, tmp_path)
    assert report.run.checkpoint == tmp_path / CHECKPOINT
    loaded = load_captioner(tmp_path / CHECKPOINT)
    assert (loaded.field, loaded.stride, loaded.components) == ("features", 2, 32)
    assert loaded.module.text.name == "tiny"
    assert {path.name for path in tmp_path.iterdir()} == {CHECKPOINT, LOG}


def test_the_recipe_of_a_training_trains_the_same(captioned: Dataset, tmp_path: Path) -> None:
    first, second = tmp_path / "first", tmp_path / "second"
    invoke(captioned.path, first, "--stages=full", "--steps=3", "--warmup=2", "--batch=8",
           "--seed=3", "--device=cpu")  # fmt: skip
    recipe = tmp_path / "again.toml"
    recipe.write_text(CliRunner().invoke(main, ["recipe", str(first)]).stdout)
    invoke(captioned.path, second, "--recipe", str(recipe))
    assert losses(first) == losses(second)
    assert (first / OPTIONS_FILE).read_bytes() == (second / OPTIONS_FILE).read_bytes()
    weights = [read_checkpoint(out / CHECKPOINT, "captioner")["weights"] for out in (first, second)]
    assert all(torch.equal(value, weights[1][name]) for name, value in weights[0].items())
    before = (first / OPTIONS_FILE).read_bytes()
    words = ["train-captioner", captioned.path, "--out", first, "--recipe", recipe, "--seed=4"]
    assert "seed: 3 -> 4" in CliRunner().invoke(main, [*map(str, words)]).stderr
    assert (first / OPTIONS_FILE).read_bytes() == before


def test_a_text_model_of_a_folder_travels_in_the_checkpoint(
    captioned: Dataset, tmp_path: Path
) -> None:
    folder, out = tmp_path / "t5", tmp_path / "out"
    captions = [text for kind in range(len(KINDS)) for text in captions_of(kind)]
    save_text_model(load_text_model("tiny", captions, 0, SMALL), folder)
    run(captioned.path, out, replace(OPTIONS, text_model=str(folder)))
    shutil.rmtree(folder)
    loaded = load_captioner(out / CHECKPOINT)
    assert loaded.module.text.name == str(folder)
    assert loaded.module.text.width == 16
    assert len(caption_split(captioned.path, out / CHECKPOINT, "test")) == 25


def test_joined_and_downsampled_clips_are_trained_and_resumed_to_the_last_bit(
    captioned: Dataset, tmp_path: Path
) -> None:
    options = replace(OPTIONS, stages="full", steps="6", join=0.8, downsample=2, stride=1,
                      captions=2)  # fmt: skip
    run(captioned.path, tmp_path / "whole", options)
    run(captioned.path, tmp_path / "plain", replace(options, join=0.0))
    loop = replace(LOOP, optimizer=replace(LOOP.optimizer, schedule="constant"))
    for steps in ("4", "6"):
        train_captioner(captioned.path, tmp_path / "parts", replace(options, steps=steps),
                        loop, "cpu", io.StringIO())  # fmt: skip
    train_captioner(captioned.path, tmp_path / "once", options, loop, "cpu", io.StringIO())
    assert losses(tmp_path / "parts") == losses(tmp_path / "once")
    assert losses(tmp_path / "whole")[0] != losses(tmp_path / "plain")[0]
    loaded = load_captioner(tmp_path / "whole" / CHECKPOINT)
    assert isinstance(loaded.module.frames, FrameInput)
    assert loaded.module.frames.downsampling is not None
    assert len(caption_split(captioned.path, tmp_path / "whole" / CHECKPOINT, "test")) == 25
    with pytest.raises(InputError, match="join"):
        run(captioned.path, tmp_path / "whole", replace(options, join=0.5))


def test_low_rank_matrices_are_trained_in_place_of_the_t5(
    captioned: Dataset, tmp_path: Path
) -> None:
    pytest.importorskip("peft")
    captions = [text for kind in range(len(KINDS)) for text in captions_of(kind)]
    original = load_text_model("tiny", captions, 0, SMALL)
    save_text_model(original, tmp_path / "t5")
    options = replace(OPTIONS, text_model=str(tmp_path / "t5"), lora_rank=2)
    run(captioned.path, tmp_path / "out", options)
    weights = read_checkpoint(tmp_path / "out" / CHECKPOINT, "captioner")["weights"]
    kept = {
        name.removeprefix("language_model.").replace(".base_layer", ""): value
        for name, value in weights.items()
        if name.startswith("language_model.") and "lora_" not in name
    }
    assert kept.keys() == original.model.state_dict().keys()
    assert all(torch.equal(kept[name], each) for name, each in original.model.state_dict().items())
    trained = {name: value for name, value in weights.items() if "lora_B" in name}
    assert len(trained) == 2 * 3 * SMALL.num_layers  # encoder, decoder and its cross attention
    assert all(value.abs().sum() > 0 for value in trained.values())
    assert len(caption_split(captioned.path, tmp_path / "out" / CHECKPOINT, "test")) == 25
    with pytest.raises(InputError, match="lora_rank: expected a loaded T5"):
        replace(OPTIONS, lora_rank=2)


def test_the_log_has_what_was_seen_of_validation_clips(captioned: Dataset, tmp_path: Path) -> None:
    run(captioned.path, tmp_path)
    looks = [record for record in read_log(tmp_path) if "watch" in record]
    assert [look["step"] for look in looks] == [4, 8]
    assert looks[0]["watch"]["clips"] == 25
    assert 0 < looks[0]["watch"]["distinct"] <= 1


def test_more_steps_extend_a_captioner_to_the_bit(captioned: Dataset, tmp_path: Path) -> None:
    constant = ("--stages=full", "--stride=1", "--schedule=constant", "--warmup=2", "--device=cpu")
    invoke(captioned.path, tmp_path / "whole", *constant, "--steps=9")
    invoke(captioned.path, tmp_path / "extended", *constant, "--steps=5")
    first = losses(tmp_path / "extended")
    invoke(captioned.path, tmp_path / "extended", *constant, "--steps=9")
    assert losses(tmp_path / "extended")[:5] == first
    assert losses(tmp_path / "extended") == losses(tmp_path / "whole")
    whole, extended = (
        read_checkpoint(tmp_path / name / CHECKPOINT, "captioner")["weights"]
        for name in ("whole", "extended")
    )
    assert all(torch.equal(whole[name], extended[name]) for name in whole)


def test_more_steps_of_a_falling_rate_are_refused_with_the_reason(
    captioned: Dataset, tmp_path: Path
) -> None:
    run(captioned.path, tmp_path, replace(OPTIONS, stages="full", steps="5"))
    with pytest.raises(InputError, match=r"steps of full 5 -> 9: with the schedule cosine the lea"):
        run(captioned.path, tmp_path, replace(OPTIONS, stages="full", steps="9"))


def test_a_killed_training_goes_on_to_the_same_losses(captioned: Dataset, tmp_path: Path) -> None:
    killed, whole = tmp_path / "killed", tmp_path / "whole"
    process = subprocess.Popen(
        [
            sys.executable, "-m", "cli", "train-captioner", captioned.path, "--out", killed,
            "--batch=8", *ARGUMENTS,
        ],
        cwd=ROOT, env=environment(), stderr=subprocess.DEVNULL,
    )  # fmt: skip
    wait_for_steps(process, killed, 7)
    process.send_signal(signal.SIGKILL)
    process.wait()
    before = losses(killed)
    assert 7 <= len(before) < 16, "it was killed before its end"
    for out in (killed, whole):
        invoke(captioned.path, out, "--batch=8", *ARGUMENTS)
    assert len(losses(whole)) == 16
    assert losses(killed) == losses(whole)
    assert losses(killed)[: len(before)] == before


def wait_for_steps(process: "subprocess.Popen[bytes]", out: Path, steps: int) -> None:
    until = time.monotonic() + 120
    while not (out / LOG).exists() or (out / LOG).read_bytes().count(b"\n") < steps:
        assert process.poll() is None, "it ended by itself"
        assert time.monotonic() < until
        time.sleep(0.005)


def test_two_processes_share_a_step(captioned: Dataset, tmp_path: Path) -> None:
    subprocess.run(
        [
            sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node=2",
            "-m", "cli", "train-captioner", captioned.path, "--out", tmp_path / "two",
            "--batch=4", *ARGUMENTS,
        ],
        cwd=ROOT, env=environment(), check=True, capture_output=True, timeout=200,
    )  # fmt: skip
    invoke(captioned.path, tmp_path / "one", "--batch=8", *ARGUMENTS)
    assert len(losses(tmp_path / "two")) == 16, "only one of them writes the log"
    assert losses(tmp_path / "two") == pytest.approx(losses(tmp_path / "one"), abs=0.6)
    assert load_captioner(tmp_path / "two" / CHECKPOINT).field == "features"


def test_no_captions_are_refused(tmp_path: Path) -> None:
    from tests.support.feature_dataset import make_features

    make_features(tmp_path / "data", [torch.rand(4, 3).numpy()])
    with pytest.raises(InputError, match="expected captions of clips of train, found none"):
        run(tmp_path / "data", tmp_path / "out")


@pytest.mark.parametrize(
    "made",
    [
        MadeFeatures(clips=(("train", 9), ("val", 4)), silent=("val",)),
        MadeFeatures(clips=(("train", 9), ("val", 1))),
    ],
    ids=["no captions", "one clip"],
)
def test_where_val_has_too_little_train_is_looked_at(tmp_path: Path, made: MadeFeatures) -> None:
    make_captioned(tmp_path / "data", made)
    run(tmp_path / "data", tmp_path / "out")
    looks = [record["watch"] for record in read_log(tmp_path / "out") if "watch" in record]
    assert looks[0]["clips"] == 9


def test_no_train_split_is_refused(tmp_path: Path) -> None:
    make_captioned(tmp_path / "data", MadeFeatures(clips=(("test", 4),)), with_stats=False)
    with pytest.raises(InputError, match="expected a split train, found test"):
        run(tmp_path / "data", tmp_path / "out")


def test_no_statistics_are_refused_with_the_command_to_run(tmp_path: Path) -> None:
    make_captioned(tmp_path / "data", with_stats=False)
    with pytest.raises(ShardError, match=r"run motiondata stats .* --field features"):
        run(tmp_path / "data", tmp_path / "out")


def test_an_encoder_of_features_is_refused(captioned: Dataset, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="expected the field points, found features"):
        run(captioned.path, tmp_path, replace(OPTIONS, encoder_checkpoint=tmp_path / "encoder.pt"))


def test_a_gpu_that_is_not_there_is_refused(captioned: Dataset, tmp_path: Path) -> None:
    if torch.cuda.is_available():
        pytest.skip("there is a GPU")
    with pytest.raises(InputError, match="found none; choose --device cpu"):
        train_captioner(captioned.path, tmp_path, OPTIONS, LOOP, "cuda")


def test_a_text_model_that_is_none_is_refused(captioned: Dataset, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="expected the folder of a T5"):
        run(captioned.path, tmp_path, replace(OPTIONS, text_model=str(tmp_path)))


def test_other_options_are_refused_in_a_folder_that_was_begun(
    captioned: Dataset, tmp_path: Path
) -> None:
    run(captioned.path, tmp_path)
    with pytest.raises(InputError, match=r"other inputs or settings \(stride: 2 -> 1\)"):
        run(captioned.path, tmp_path, replace(OPTIONS, stride=1))


@pytest.mark.parametrize(
    ("stages", "steps"),
    [
        ("full,full", "1,1"), ("other", "1"), ("full", "1,2"), ("full", "x"), ("full", "0"),
        ("projector,decoder,full", "1,2"), ("decoder", None),
    ],
)  # fmt: skip
def test_stages_that_are_none_are_refused(stages: str, steps: str | None) -> None:
    with pytest.raises(InputError, match="steps"):
        CaptionerTrainingOptions(stages=stages, steps=steps)


def test_a_pretrained_text_model_has_a_recipe_of_its_own() -> None:
    assert CaptionerTrainingOptions(text_model="flan").to_recipe() == PRETRAINED_RECIPE
    found = CaptionerTrainingOptions(text_model="flan", stages="full", rate=0.1).to_recipe()
    assert found.stages == (Stage(FULL, 2000),)
    assert found.rate == 0.1


def test_the_command_says_what_came_of_it(captioned: Dataset, tmp_path: Path) -> None:
    said = invoke(captioned.path, tmp_path, "--steps=4", "--batch=4", "--watch-every=2")
    assert "4 steps; the log is in" in said
    assert " of 25 clips; loss" in said
