"""The loop, on a toy: it learns, is resumed to the bit, and is stopped after whole steps."""

import io
import os
import signal
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn

from motiondata.errors import InputError
from pipelines.errors import AbortedError
from pipelines.training.checkpoints import read_checkpoint, write_checkpoint
from pipelines.training.logs import LOG, History, Record, logging_to, read_log
from pipelines.training.loop import CHECKPOINT, train
from pipelines.training.optimizing import ParameterGroup, rate_factor
from pipelines.training.options import LoopOptions, OptimizerOptions, Stage
from pipelines.training.protocol import Position
from shards.batching import Batch
from shards.dataset import Dataset
from shards.streaming import StreamedDataset
from shards.views import View

OPTIONS = LoopOptions(batch=7, save_every=3, watch_every=4, optimizer=OptimizerOptions(warmup=2))


class Toy:
    """Two layers with dropout that learn a frame's sum; the first stage trains the second alone."""

    kind = "captioner"
    stages: Sequence[Stage] = (Stage("second", 5), Stage("both", 12))

    def __init__(self, data: StreamedDataset, rate: float = 0.01) -> None:
        torch.manual_seed(0)
        self.second = nn.Linear(8, 1)
        self.module = nn.Sequential(nn.Linear(32, 8), nn.Dropout(0.1), self.second)
        self.data, self.rate, self.watched = data, rate, list[int]()
        self.interrupt_at: int | None = None

    def view(self, batch: int, seed: int) -> View:
        return self.data.clips(
            "train", ["features"], batch, shuffle=True, seed=seed, drop_last=True
        )

    def groups(self, stage: str) -> list[ParameterGroup]:
        module = self.module if stage == "both" else self.second
        return [ParameterGroup([*module.parameters()], self.rate)]

    def loss(self, batch: Batch) -> dict[str, torch.Tensor]:
        if self.interrupt_at == 0:
            os.kill(os.getpid(), signal.SIGTERM)
        if self.interrupt_at is not None:
            self.interrupt_at -= 1
        found = self.module(batch["features"])[..., 0]
        error = (found - batch["features"].sum(-1))[batch["mask"]]
        return {"loss": error.square().mean(), "error": error.abs().mean()}

    def identity(self) -> Mapping[str, Any]:
        return {"rate": self.rate}

    def contents(self) -> Mapping[str, Any]:
        return {"width": 8}

    def watch(self, history: History) -> tuple[Record, list[str]]:
        assert not self.module.training
        self.watched.append(len(history.recent))
        torch.rand(3)  # what watching draws must not matter
        alarm = f"the toy is watched after {len(history.recent)} steps; {history.lowest} before"
        return {"norm": float(self.second.weight.norm())}, [alarm]


@pytest.fixture
def data(captioned: Dataset) -> StreamedDataset:
    return StreamedDataset(captioned)


def run(toy: Toy, out: Path, options: LoopOptions = OPTIONS) -> str:
    stream = io.StringIO()
    train(toy, options, out, stream)
    return stream.getvalue()


def steps_of(out: Path) -> list[Record]:
    return [
        {name: value for name, value in record.items() if name != "seconds"}
        for record in read_log(out)
    ]


def weights_of(out: Path) -> Mapping[str, torch.Tensor]:
    found: Mapping[str, torch.Tensor] = read_checkpoint(out / CHECKPOINT, "captioner")["weights"]
    return found


def test_the_loss_falls_and_the_log_says_so(data: StreamedDataset, tmp_path: Path) -> None:
    run(Toy(data), tmp_path)
    losses = [record["loss"] for record in read_log(tmp_path) if "loss" in record]
    assert len(losses) == 17
    assert sum(losses[-3:]) < sum(losses[:3])


def test_a_stage_trains_its_parameters_alone(data: StreamedDataset, tmp_path: Path) -> None:
    toy = Toy(data)
    before = {name: value.clone() for name, value in toy.module.state_dict().items()}
    toy.stages = toy.stages[:1]
    run(toy, tmp_path)
    changed = {n for n, value in weights_of(tmp_path).items() if not torch.equal(value, before[n])}
    assert changed == {"2.weight", "2.bias"}


def test_alarms_and_measures_are_logged_and_shown(data: StreamedDataset, tmp_path: Path) -> None:
    toy = Toy(data)
    assert run(toy, tmp_path).count("the toy is watched") == 5
    assert toy.watched == [4, 4, 4, 4, 1]
    assert [r["step"] for r in read_log(tmp_path) if "watch" in r] == [4, 8, 12, 16, 17]


@pytest.mark.parametrize("at", [0, 1, 4, 6, 7, 15, 16])
def test_a_stopped_training_ends_as_if_it_had_not_been(
    data: StreamedDataset, tmp_path: Path, at: int
) -> None:
    run(Toy(data), tmp_path / "whole")
    stopped = Toy(data)
    stopped.interrupt_at = at
    with pytest.raises(KeyboardInterrupt):
        run(stopped, tmp_path / "stopped")
    steps = [record for record in read_log(tmp_path / "stopped") if "loss" in record]
    assert len(steps) == at + 1, "it ends after the step in which it was asked to"
    run(Toy(data), tmp_path / "stopped")
    assert steps_of(tmp_path / "stopped") == steps_of(tmp_path / "whole")
    whole, resumed = weights_of(tmp_path / "whole"), weights_of(tmp_path / "stopped")
    assert all(torch.equal(whole[name], resumed[name]) for name in whole)


def test_what_the_log_says_beyond_the_checkpoint_is_cut_off(
    data: StreamedDataset, tmp_path: Path
) -> None:
    run(Toy(data), tmp_path)
    before = (tmp_path / LOG).read_bytes()
    with (tmp_path / LOG).open("a") as log:
        log.write('{"step": 999, "stage": "both", "loss": 1.0}\n{"step": 9')
    run(Toy(data), tmp_path)
    assert (tmp_path / LOG).read_bytes() == before


@pytest.mark.parametrize(
    "line", [b"hello\n", b'{"said": 1}\n', b'{"step": 1, "loss": 1.0}\n', b"[]\n", b"\xff\n"]
)
def test_a_log_of_another_program_is_left_alone(
    data: StreamedDataset, tmp_path: Path, line: bytes
) -> None:
    (tmp_path / LOG).write_bytes(line)
    with pytest.raises(InputError, match=r"is no log of a training .* choose another --out"):
        run(Toy(data), tmp_path)
    assert (tmp_path / LOG).read_bytes() == line


def test_weights_that_no_longer_fit_are_refused(data: StreamedDataset, tmp_path: Path) -> None:
    run(Toy(data), tmp_path)
    state = read_checkpoint(tmp_path / CHECKPOINT, "captioner")
    state["weights"].popitem()
    write_checkpoint(tmp_path / CHECKPOINT, "captioner", state)
    with pytest.raises(InputError, match="its weights do not fit what is trained"):
        run(Toy(data), tmp_path)


def test_any_seed_can_be_taken(data: StreamedDataset, tmp_path: Path) -> None:
    run(Toy(data), tmp_path, replace(OPTIONS, seed=2**70))
    assert steps_of(tmp_path)


def test_a_finished_training_is_left_as_it_is(data: StreamedDataset, tmp_path: Path) -> None:
    run(Toy(data), tmp_path)
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    run(Toy(data), tmp_path)
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before
    assert read_checkpoint(tmp_path / CHECKPOINT, "captioner")["optimizer"] is None


def test_another_trainings_folder_is_refused(data: StreamedDataset, tmp_path: Path) -> None:
    run(Toy(data), tmp_path)
    with pytest.raises(InputError, match=r"begun otherwise \(seed 0 -> 1; rate 0.01 -> 0.1\)"):
        run(Toy(data, rate=0.1), tmp_path, replace(OPTIONS, seed=1))


def test_another_batch_is_refused(data: StreamedDataset, tmp_path: Path) -> None:
    run(Toy(data), tmp_path)
    with pytest.raises(InputError, match=r"begun otherwise \(.*global_batch is 7.*choose another"):
        run(Toy(data), tmp_path, replace(OPTIONS, batch=6))


def test_two_trainings_do_not_share_a_folder(data: StreamedDataset, tmp_path: Path) -> None:
    with (
        logging_to(tmp_path, writes=True),
        pytest.raises(AbortedError, match="another training is writing there"),
    ):
        run(Toy(data), tmp_path)


def test_a_gradient_that_is_not_finite_ends_it_with_a_remedy(
    data: StreamedDataset, tmp_path: Path
) -> None:
    toy = Toy(data, rate=1e30)
    with pytest.raises(InputError, match=r"step \d+: the gradient is (nan|inf).*lower ones"):
        run(toy, tmp_path)


def test_fewer_clips_than_a_batch_are_refused(data: StreamedDataset, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="choose a smaller --batch"):
        run(Toy(data), tmp_path, replace(OPTIONS, batch=51))


@pytest.mark.parametrize("schedule", ["cosine", "constant"])
def test_the_learning_rate_rises_and_then_never_does(schedule: Any) -> None:
    options = OptimizerOptions(warmup=5, schedule=schedule)
    factors = [rate_factor(step, 40, options) for step in range(40)]
    assert factors[:5] == [0.2, 0.4, 0.6, 0.8, 1.0]
    assert factors[4:] == sorted(factors[4:], reverse=True)
    assert factors[-1] == 1.0 if schedule == "constant" else factors[-1] < 0.01


def test_a_stage_follows_the_other_at_its_first_step() -> None:
    position, stage = Position(), Stage("a", 2)
    assert position.after_step(stage) == Position(0, 1, 1)
    assert position.after_step(stage).after_step(stage) == Position(1, 0, 2)


@pytest.mark.parametrize(
    "make",
    [
        lambda: LoopOptions(batch=0),
        lambda: LoopOptions(save_every=0),
        lambda: OptimizerOptions(warmup=-1),
        lambda: OptimizerOptions(clip=0.0),
        lambda: Stage("full", 0),
    ],
)
def test_options_out_of_range_are_refused(make: Any) -> None:
    with pytest.raises(InputError, match="expected"):
        make()
