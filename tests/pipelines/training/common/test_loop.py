"""The loop, on a toy task: it learns, resumes to the bit, and stops after whole steps."""

import io
import json
import math
import os
import signal
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from tensorboard.backend.event_processing.event_accumulator import (
    SCALARS,
    EventAccumulator,
)
from torch import nn

from motiondata.errors import InputError
from pipelines.engine.errors import AbortedError
from pipelines.training.common.checkpoints import read_checkpoint, write_checkpoint
from pipelines.training.common.curves import scalars_of
from pipelines.training.common.events import EVENTS
from pipelines.training.common.logs import ALARMS, LOG, WATCH, History, Record, logging_to, read_log
from pipelines.training.common.loop import train
from pipelines.training.common.optimizer import ParameterGroup, rate_factor
from pipelines.training.common.options import LoopOptions, OptimizerOptions, Stage
from pipelines.training.common.training_checkpoint import CHECKPOINT
from pipelines.training.common.training_task import TrainingPosition
from shards.format.dataset import Dataset
from shards.stream.batching import Batch
from shards.stream.streamed_dataset import StreamedDataset
from shards.stream.views import View

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

    def view(self, batch: int, seed: int, exclude: Collection[str]) -> View:
        return self.data.clips(
            "train", ["features"], batch, shuffle=True, seed=seed, drop_last=True, exclude=exclude
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


class Broken(Toy):
    """A training whose validations have measures that are no numbers."""

    def watch(self, history: History) -> tuple[Record, list[str]]:
        measures, alarms = super().watch(history)
        return {**measures, "losses": {"walk": math.nan, "run": math.inf}}, alarms


def test_measures_that_are_not_finite_are_an_alarm(data: StreamedDataset, tmp_path: Path) -> None:
    printed = run(Broken(data), tmp_path)
    assert "found NaN or infinity in losses/walk, losses/run; train again" in printed
    watched = [record for record in read_log(tmp_path) if WATCH in record]
    assert all(len(record[ALARMS]) == 2 for record in watched)


def no_constant(name: str) -> None:
    raise AssertionError(f"{name} is not JSON")


def test_a_log_with_broken_measures_is_json_and_is_read_as_nan(
    data: StreamedDataset, tmp_path: Path
) -> None:
    run(Broken(data), tmp_path)
    lines = (tmp_path / LOG).read_text().splitlines()
    found = [json.loads(line, parse_constant=no_constant) for line in lines]
    losses = [record[WATCH]["losses"] for record in found if WATCH in record]
    assert losses == [{"walk": None, "run": None}] * 5
    read = next(record for record in read_log(tmp_path) if WATCH in record)
    assert math.isnan(read[WATCH]["losses"]["run"])


def test_a_loss_that_is_null_is_read_as_nan_by_a_resumed_training(
    data: StreamedDataset, tmp_path: Path
) -> None:
    stop_after(Toy(data), 6, tmp_path, OPTIONS)
    *lines, last = (tmp_path / LOG).read_text().splitlines()
    changed = json.dumps({**json.loads(last), "loss": None})
    (tmp_path / LOG).write_text("".join(f"{line}\n" for line in [*lines, changed]))
    run(Toy(data), tmp_path)
    losses = [record["loss"] for record in read_log(tmp_path) if "loss" in record]
    assert [step for step, loss in enumerate(losses, 1) if math.isnan(loss)] == [6]


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


def test_a_stopped_training_writes_the_same_checkpoint(
    data: StreamedDataset, tmp_path: Path
) -> None:
    kept = replace(OPTIONS, optimizer=OptimizerOptions(warmup=2, schedule="constant"))
    run(Toy(data), tmp_path / "whole", kept)
    stopped = Toy(data)
    stopped.interrupt_at = 9
    with pytest.raises(KeyboardInterrupt):
        run(stopped, tmp_path / "stopped", kept)
    run(Toy(data), tmp_path / "stopped", kept)
    whole, resumed = (tmp_path / name / CHECKPOINT for name in ("whole", "stopped"))
    assert read_checkpoint(whole, "captioner")["optimizer"] is not None
    assert resumed.read_bytes() == whole.read_bytes()


def test_a_resumed_training_removes_what_a_kill_left_in_its_folder(
    data: StreamedDataset, tmp_path: Path
) -> None:
    left = tmp_path / f"{CHECKPOINT}.0123456789abcdef.tmp"
    other = tmp_path / "other" / left.name
    other.parent.mkdir()
    for path in (left, other):
        path.write_bytes(b"half")
    run(Toy(data), tmp_path)
    assert not left.exists()
    assert other.exists(), "another training may write there now"


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
    with pytest.raises(InputError, match=r"not the log of a training .* choose another --out"):
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


CONSTANT = replace(OPTIONS, optimizer=OptimizerOptions(warmup=2, schedule="constant"))


def toy_of(data: StreamedDataset, *steps: int) -> Toy:
    """Return the toy with other numbers of steps of its stages."""
    toy = Toy(data)
    names = ("second", "both")[: len(steps)]
    toy.stages = [*map(Stage, names, steps)]
    return toy


def losses_of(out: Path) -> list[tuple[int, float]]:
    return [(each["step"], each["loss"]) for each in read_log(out) if "loss" in each]


def stop_after(toy: Toy, steps: int, out: Path, options: LoopOptions) -> None:
    toy.interrupt_at = steps - 1
    with pytest.raises(KeyboardInterrupt):
        run(toy, out, options)


@pytest.mark.parametrize(
    ("first", "then"),
    [((5, 12), (5, 20)), ((5,), (5, 12)), ((5,), (9, 12)), ((5, 12), (5, 13))],
    ids=["more of the last stage", "a stage more", "both", "one step"],
)
def test_a_finished_training_at_a_constant_rate_is_extended_to_the_bit(
    data: StreamedDataset, tmp_path: Path, first: tuple[int, ...], then: tuple[int, ...]
) -> None:
    run(toy_of(data, *then), tmp_path / "whole", CONSTANT)
    run(toy_of(data, *first), tmp_path / "extended", CONSTANT)
    begun = losses_of(tmp_path / "extended")
    run(toy_of(data, *then), tmp_path / "extended", CONSTANT)
    assert losses_of(tmp_path / "extended")[: len(begun)] == begun
    assert losses_of(tmp_path / "extended") == losses_of(tmp_path / "whole")
    whole, extended = weights_of(tmp_path / "whole"), weights_of(tmp_path / "extended")
    assert all(torch.equal(whole[name], extended[name]) for name in whole)


@pytest.mark.parametrize(
    ("at", "options", "then"),
    [(8, CONSTANT, (5, 30)), (8, CONSTANT, (5, 4)), (7, OPTIONS, (5, 30)), (3, OPTIONS, (5, 9))],
    ids=["constant", "fewer steps", "in the warm-up", "a stage that has not begun"],
)
def test_a_stopped_training_takes_other_steps_where_those_done_are_the_same(
    data: StreamedDataset, tmp_path: Path, at: int, options: LoopOptions, then: tuple[int, ...]
) -> None:
    run(toy_of(data, *then), tmp_path / "whole", options)
    stop_after(toy_of(data, 5, 12), at, tmp_path / "stopped", options)
    run(toy_of(data, *then), tmp_path / "stopped", options)
    assert losses_of(tmp_path / "stopped") == losses_of(tmp_path / "whole")
    whole, stopped = weights_of(tmp_path / "whole"), weights_of(tmp_path / "stopped")
    assert all(torch.equal(whole[name], stopped[name]) for name in whole)


@pytest.mark.parametrize(
    ("at", "options", "then", "reason"),
    [
        (None, OPTIONS, (5, 20), "with the schedule cosine the learning rates of the 12 steps"),
        (9, OPTIONS, (5, 20), "learning rates of the 4 steps done depend on the number"),
        (9, CONSTANT, (5, 4), "steps of both 12 -> 4, and 4 are done"),
        (None, CONSTANT, (5, 11), "steps of both 12 -> 11, and 12 are done"),
        (9, CONSTANT, (6, 12), "second 5,both 12 -> second 6,both 12, and 4 steps of both are"),
        (6, CONSTANT, (6, 12), "second 5,both 12 -> second 6,both 12, and 1 step of both is done"),
        (None, CONSTANT, (5,), "-> second 5, and all of them are done"),
        (3, CONSTANT, (3,), "steps of second 5 -> 3, and 3 are done"),
    ],
)
def test_steps_that_would_change_what_is_done_are_refused_with_the_reason(
    data: StreamedDataset,
    tmp_path: Path,
    at: int | None,
    options: LoopOptions,
    then: tuple[int, ...],
    reason: str,
) -> None:
    if at is None:
        run(toy_of(data, 5, 12), tmp_path, options)
    else:
        stop_after(toy_of(data, 5, 12), at, tmp_path, options)
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    with pytest.raises(InputError, match=f"{reason}.*choose another --out"):
        run(toy_of(data, *then), tmp_path, options)
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before


TAMPERED: dict[str, dict[str, Any]] = {
    "no weights": {"weights": 3},
    "no view": {"view": {"epoch": "one"}},
    "a view of another form": {"view": [1]},
    "a stage that is not there": {"position": {"stage": 7, "step": 1, "total": 6}},
    "a negative step": {"position": {"stage": 1, "step": -1, "total": 4}},
    "another total": {"position": {"stage": 1, "step": 1, "total": 99}},
    "no steps": {"stages": [{"name": "second", "steps": 0}]},
    "a position of another form": {"position": {"place": 3}},
    "no optimizer": {"optimizer": {"state": {}}},
    "moments of other weights": {
        "optimizer": {
            "state": {0: {"step": torch.ones(()), "exp_avg": torch.ones(3)}},
            "param_groups": [],
        }
    },
}


@pytest.mark.parametrize("forged", TAMPERED.values(), ids=TAMPERED)
def test_a_tampered_checkpoint_is_refused_in_a_sentence(
    data: StreamedDataset, tmp_path: Path, forged: dict[str, Any]
) -> None:
    stop_after(Toy(data), 6, tmp_path, OPTIONS)
    state = read_checkpoint(tmp_path / CHECKPOINT, "captioner")
    write_checkpoint(tmp_path / CHECKPOINT, "captioner", {**state, **forged})
    with pytest.raises(InputError, match=str(tmp_path)):
        run(Toy(data), tmp_path)


def test_moments_that_do_not_fit_are_refused(data: StreamedDataset, tmp_path: Path) -> None:
    stop_after(Toy(data), 6, tmp_path, OPTIONS)
    state = read_checkpoint(tmp_path / CHECKPOINT, "captioner")
    state["optimizer"]["state"][0]["exp_avg"] = torch.ones(3)
    write_checkpoint(tmp_path / CHECKPOINT, "captioner", state)
    with pytest.raises(InputError, match="moments do not fit the weights"):
        run(Toy(data), tmp_path)


def events_of(out: Path) -> dict[tuple[str, int], float]:
    """Return the numbers of an event file, as TensorBoard reads them."""
    accumulator = EventAccumulator(str(out / EVENTS), {SCALARS: 0})
    accumulator.Reload()
    return {
        (tag, event.step): event.value
        for tag in accumulator.Tags()[SCALARS]
        for event in accumulator.Scalars(tag)
    }


def test_an_event_file_has_the_numbers_of_the_log(data: StreamedDataset, tmp_path: Path) -> None:
    options = replace(OPTIONS, tensorboard=True)
    stop_after(Toy(data), 6, tmp_path, options)
    run(Toy(data), tmp_path, options)
    expected = {
        (name, record["step"]): value
        for record in read_log(tmp_path)
        for name, value in scalars_of(record).items()
    }
    assert events_of(tmp_path) == pytest.approx(expected)
    whole = (tmp_path / EVENTS).read_bytes()
    (tmp_path / EVENTS).unlink()
    run(Toy(data), tmp_path, options)  # nothing is left to train
    assert (tmp_path / EVENTS).read_bytes() == whole
    assert b"the toy is watched after" in whole


def test_an_event_file_of_broken_measures_is_made_of_the_log_alone(
    data: StreamedDataset, tmp_path: Path
) -> None:
    options = replace(OPTIONS, tensorboard=True)
    run(Broken(data), tmp_path, options)
    whole = (tmp_path / EVENTS).read_bytes()
    (tmp_path / EVENTS).unlink()
    run(Broken(data), tmp_path, options)  # nothing is left to train
    assert (tmp_path / EVENTS).read_bytes() == whole
    assert math.isnan(events_of(tmp_path)["watch/losses/run", 17])


def test_a_refused_training_keeps_the_event_file(data: StreamedDataset, tmp_path: Path) -> None:
    options = replace(OPTIONS, tensorboard=True)
    run(Toy(data), tmp_path, options)
    whole = (tmp_path / EVENTS).read_bytes()
    with pytest.raises(InputError, match="seed"):
        run(Toy(data), tmp_path, replace(options, seed=1))
    assert (tmp_path / EVENTS).read_bytes() == whole


def test_another_trainings_folder_is_refused(data: StreamedDataset, tmp_path: Path) -> None:
    run(Toy(data), tmp_path)
    with pytest.raises(InputError, match=r"settings \(seed: 0 -> 1; rate: 0.01 -> 0.1\)"):
        run(Toy(data, rate=0.1), tmp_path, replace(OPTIONS, seed=1))


def test_another_batch_is_refused(data: StreamedDataset, tmp_path: Path) -> None:
    run(Toy(data), tmp_path)
    with pytest.raises(InputError, match=r"other inputs.*global_batch is 7.*choose another"):
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
    with pytest.raises(
        InputError, match=r"step \d+: the gradient is (nan|inf).*lower learning rates"
    ):
        run(toy, tmp_path)


def test_fewer_clips_than_a_batch_are_refused(data: StreamedDataset, tmp_path: Path) -> None:
    out = tmp_path / "out"
    with pytest.raises(
        InputError,
        match=r"no more than the \d+ clips to train on, found 51 .*; choose a smaller --batch",
    ):
        run(Toy(data), out, replace(OPTIONS, batch=51))
    assert not out.exists()


@pytest.mark.parametrize("schedule", ["cosine", "constant"])
def test_the_learning_rate_rises_and_then_never_does(schedule: Any) -> None:
    options = OptimizerOptions(warmup=5, schedule=schedule)
    factors = [rate_factor(step, 40, options) for step in range(40)]
    assert factors[:5] == [0.2, 0.4, 0.6, 0.8, 1.0]
    assert factors[4:] == sorted(factors[4:], reverse=True)
    assert factors[-1] == 1.0 if schedule == "constant" else factors[-1] < 0.01


def test_a_stage_follows_the_other_at_its_first_step() -> None:
    position, stage = TrainingPosition(), Stage("a", 2)
    assert position.after_step(stage) == TrainingPosition(0, 1, 1)
    assert position.after_step(stage).after_step(stage) == TrainingPosition(1, 0, 2)


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
