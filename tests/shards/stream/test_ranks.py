"""Ranks: found from one consistent source when the first batch is read, or refused."""

import pickle
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import distributed
from torch.utils.data import DataLoader

from shards.errors import ShardError
from shards.stream.loader import Loader
from shards.stream.ranks import LAUNCHERS, found_share
from shards.stream.shares import EpochShare
from shards.stream.streamed_dataset import StreamedDataset
from tests.shards.stream.test_views import items_of, make_view, sequence

ROOT = Path(__file__).resolve().parents[3]
VARIABLES = (
    "LOCAL_RANK",
    "SLURM_NTASKS",
    *(name for names in LAUNCHERS.values() for name in names),
)


@pytest.fixture(autouse=True)
def no_launcher(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)


def setenv(monkeypatch: pytest.MonkeyPatch, words: str) -> None:
    """Set variables given as `NAME=VALUE NAME=VALUE`."""
    for word in words.split():
        monkeypatch.setenv(*word.split("="))


SETS: dict[str, tuple[str, EpochShare]] = {
    "nothing": ("", EpochShare(0, 1)),
    "torchrun": ("RANK=1 WORLD_SIZE=3 LOCAL_RANK=1", EpochShare(1, 3)),
    "accelerate launch": ("RANK=1 WORLD_SIZE=2 LOCAL_RANK=1 MASTER_PORT=29500", EpochShare(1, 2)),
    "accelerate launch of one process": ("LOCAL_RANK=0", EpochShare(0, 1)),
    "one process, said by its number alone": ("WORLD_SIZE=1", EpochShare(0, 1)),
    "Open MPI": ("OMPI_COMM_WORLD_RANK=3 OMPI_COMM_WORLD_SIZE=4", EpochShare(3, 4)),
    "MVAPICH": ("MV2_COMM_WORLD_RANK=1 MV2_COMM_WORLD_SIZE=2", EpochShare(1, 2)),
    "MPICH": ("PMI_RANK=2 PMI_SIZE=4", EpochShare(2, 4)),
    "srun": ("SLURM_PROCID=5 SLURM_STEP_NUM_TASKS=8 SLURM_NTASKS=8", EpochShare(5, 8)),
    "sbatch without srun": ("SLURM_PROCID=0 SLURM_NTASKS=8", EpochShare(0, 1)),
    "an interactive step": (
        "SLURM_PROCID=0 SLURM_STEP_NUM_TASKS=1 SLURM_NTASKS=8",
        EpochShare(0, 1),
    ),
    "torchrun of every task of srun": (
        "SLURM_PROCID=1 SLURM_STEP_NUM_TASKS=2 RANK=7 WORLD_SIZE=8 LOCAL_RANK=3",
        EpochShare(7, 8),
    ),
    "mpirun within a job of Slurm": (
        "SLURM_PROCID=0 SLURM_STEP_NUM_TASKS=2 OMPI_COMM_WORLD_RANK=3 OMPI_COMM_WORLD_SIZE=4",
        EpochShare(3, 4),
    ),
    "srun, with the number of ranks exported too": (
        "WORLD_SIZE=8 SLURM_PROCID=5 SLURM_STEP_NUM_TASKS=8",
        EpochShare(5, 8),
    ),
}


@pytest.mark.parametrize(("words", "share"), SETS.values(), ids=SETS)
def test_a_launchers_variables_say_the_rank(
    monkeypatch: pytest.MonkeyPatch, words: str, share: EpochShare
) -> None:
    setenv(monkeypatch, words)
    assert found_share() == share


REFUSED: dict[str, tuple[str, str]] = {
    "Lightning's second process": (
        "NODE_RANK=0 LOCAL_RANK=1 WORLD_SIZE=2",
        "the environment has WORLD_SIZE=2, LOCAL_RANK=1, but no variable sets the rank; read",
    ),
    "Lightning's first process": ("LOCAL_RANK=0 WORLD_SIZE=2", "WORLD_SIZE=2, LOCAL_RANK=0, but"),
    "a number without a rank": ("WORLD_SIZE=2", "WORLD_SIZE=2, but no variable sets the rank"),
    "a rank without a number": ("RANK=1", "RANK=1, but no variable sets the rank"),
    "a local rank alone": ("LOCAL_RANK=1", "LOCAL_RANK=1, but no variable sets the rank"),
    "another number than srun's": (
        "WORLD_SIZE=4 SLURM_PROCID=1 SLURM_STEP_NUM_TASKS=2",
        "WORLD_SIZE=4, but Slurm's srun sets rank 1 of 2",
    ),
    "another rank than MPI's": (
        "RANK=0 OMPI_COMM_WORLD_RANK=1 OMPI_COMM_WORLD_SIZE=2",
        "RANK=0, but Open MPI's mpirun sets rank 1 of 2",
    ),
    "a later task of Slurm's without their number": (
        "SLURM_PROCID=1 SLURM_NTASKS=4",
        "SLURM_PROCID=1, but no SLURM_STEP_NUM_TASKS; read the first batch",
    ),
    "no number": ("RANK=1 WORLD_SIZE=two", "WORLD_SIZE is 'two'; expected a whole number"),
    "a rank below zero": ("RANK=-1 WORLD_SIZE=2", "RANK is -1; expected a whole number"),
    "a rank too large": ("RANK=2 WORLD_SIZE=2", "is 2; expected a whole number from 0 to 1"),
}


@pytest.mark.parametrize(("words", "message"), REFUSED.values(), ids=REFUSED)
def test_a_view_refuses_to_read_where_the_rank_cannot_be_told(
    streamed: StreamedDataset, monkeypatch: pytest.MonkeyPatch, words: str, message: str
) -> None:
    setenv(monkeypatch, words)
    view = make_view(streamed, "clips", 2)
    for read in (iter, len, lambda view: next(iter(Loader(view))), lambda view: view.state_dict()):
        with pytest.raises(ShardError, match=message):
            read(view)
    assert len(make_view(streamed, "clips", 2, rank=0, world=1)) == 12


def test_a_view_of_before_the_launch_reads_the_rank_of_its_first_batch(
    streamed: StreamedDataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    view = make_view(streamed, "clips", 2)
    assert len(view) == 12
    setenv(monkeypatch, "RANK=1 WORLD_SIZE=3")
    assert len(view) == 4
    assert sequence(view) == sequence(make_view(streamed, "clips", 2, rank=1, world=3))
    assert view.state_dict()["global_batch"] == 6


def test_a_view_that_was_read_by_another_rank_refuses_to_go_on(
    streamed: StreamedDataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    view = make_view(streamed, "clips", 2)
    sequence(view)
    setenv(monkeypatch, "RANK=1 WORLD_SIZE=3")
    with pytest.raises(
        ShardError, match="as rank 0 of 1, but the process is now rank 1 of 3; read"
    ):
        iter(view)


def test_the_processes_that_are_joined_go_before_the_launchers_variables(
    streamed: StreamedDataset, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    setenv(monkeypatch, "LOCAL_RANK=0 WORLD_SIZE=2")
    store = torch.distributed.FileStore(  # type: ignore[attr-defined]
        str(tmp_path / "store"), 1
    )
    distributed.init_process_group("gloo", store=store, rank=0, world_size=1)
    try:
        assert len(sequence(make_view(streamed, "clips", 2))) == 12
    finally:
        distributed.destroy_process_group()


@pytest.mark.parametrize("context", ["fork", "spawn"])
def test_workers_read_the_rank_of_their_process(
    streamed: StreamedDataset, monkeypatch: pytest.MonkeyPatch, context: str
) -> None:
    expected = sequence(make_view(streamed, "clips", 2, rank=1, world=3))
    view = make_view(streamed, "clips", 2)
    view = pickle.loads(pickle.dumps(view))  # noqa: S301 - of a process that was of no rank yet
    setenv(monkeypatch, "RANK=1 WORLD_SIZE=3")
    loader: Any = DataLoader(view, batch_size=None, num_workers=1, multiprocessing_context=context)
    assert [items_of(batch) for batch in loader] == expected


@pytest.mark.parametrize("batch_size", [{}, {"batch_size": 4}], ids=["default", "4"])
def test_a_data_loader_that_would_make_batches_of_batches_is_refused(
    streamed: StreamedDataset, batch_size: dict[str, Any]
) -> None:
    loader: Any = DataLoader(make_view(streamed, "frames", 4), **batch_size)
    with pytest.raises(ShardError, match="pass batch_size=None to the DataLoader"):
        next(iter(loader))


def test_a_batch_is_a_dictionary_still(streamed: StreamedDataset) -> None:
    batch = next(iter(Loader(make_view(streamed, "frames", 4))))
    assert isinstance(batch, dict)
    assert torch.is_tensor(batch["hits"])


LIGHTNING = """
import sys
import lightning
import torch
from pathlib import Path
from torch.utils.data import DataLoader
from shards import open_dataset
from shards.stream.loader import Loader

class Model(lightning.LightningModule):
    def __init__(self):
        super().__init__()
        self.layer = torch.nn.Linear(6, 1)
        self.keys = []
    def training_step(self, batch, number):
        self.keys += zip(batch["keys"], batch["frames"].tolist())
        return self.layer(batch["points"].reshape(-1, 6)).square().mean()
    def configure_optimizers(self):
        return torch.optim.SGD(self.parameters(), 1e-6)

view = open_dataset(sys.argv[1]).frames("train", "points", 4, shuffle=True, drop_last=True)
loader = Loader(view) if sys.argv[3] == "ours" else DataLoader(view, batch_size=None)
model = Model()
trainer = lightning.Trainer(
    accelerator="cpu", devices=2, strategy="ddp", max_epochs=1, logger=False,
    enable_checkpointing=False, enable_progress_bar=False, enable_model_summary=False,
)
trainer.fit(model, loader)
lines = [f"{key} {frame}" for key, frame in model.keys]
(Path(sys.argv[2]) / f"{trainer.global_rank}.txt").write_text("\\n".join(lines))
"""

ACCELERATE = """
import sys
from pathlib import Path
from accelerate import Accelerator
from shards import open_dataset
from shards.stream.loader import Loader

view = open_dataset(sys.argv[1]).frames("train", "points", 4, shuffle=True, drop_last=True)
accelerator = Accelerator(cpu=True)
loader = accelerator.prepare(Loader(view))
items = [item for batch in loader for item in zip(batch["keys"], batch["frames"].tolist())]
lines = [f"{key} {frame}" for key, frame in items]
(Path(sys.argv[2]) / f"{accelerator.process_index}.txt").write_text("\\n".join(lines))
accelerator.end_training()
"""


def launch(tmp_path: Path, program: str, before: list[str], after: list[str]) -> list[list[str]]:
    """Run a program on two ranks; return the items that each has written."""
    (tmp_path / "train.py").write_text(program)
    (tmp_path / "read").mkdir()
    run = subprocess.run(
        [sys.executable, *before, str(tmp_path / "train.py"), *after],
        env={"PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1", "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stderr
    return [(tmp_path / f"read/{rank}.txt").read_text().splitlines() for rank in range(2)]


def assert_shared(parts: list[list[str]], streamed: StreamedDataset) -> None:
    """Judge that two ranks have read every item once, but for less than a global batch."""
    view = streamed.frames("train", "points", 8, shuffle=True, drop_last=True)
    whole = [
        f"{key} {frame}"
        for batch in view
        for key, frame in zip(batch["keys"], batch["frames"].tolist(), strict=True)
    ]
    assert len(parts[0]) == len(parts[1])
    assert sorted(parts[0] + parts[1]) == sorted(whole)


@pytest.mark.slow
@pytest.mark.parametrize("loader", ["ours", "torch's"])
def test_lightnings_processes_share_an_epoch(
    streamed: StreamedDataset, tmp_path: Path, loader: str
) -> None:
    pytest.importorskip("lightning")
    after = [str(streamed.dataset.path), str(tmp_path / "read"), loader]
    assert_shared(launch(tmp_path, LIGHTNING, [], after), streamed)


@pytest.mark.slow
def test_accelerates_processes_share_an_epoch(streamed: StreamedDataset, tmp_path: Path) -> None:
    pytest.importorskip("accelerate")
    before = ["-m", "torch.distributed.run", "--standalone", "--nproc-per-node=2"]
    after = [str(streamed.dataset.path), str(tmp_path / "read")]
    assert_shared(launch(tmp_path, ACCELERATE, before, after), streamed)
