"""Views under PyTorch: the same sequence with any number of workers, also after a resume."""

import os
import subprocess
import sys
from collections.abc import Iterable
from itertools import islice
from pathlib import Path
from typing import Any

import pytest
import torch
from torch.utils.data import DataLoader

from shards.stream.loader import Loader
from shards.stream.streamed_dataset import StreamedDataset
from tests.shards.stream.test_views import KINDS, interleave, items_of, make_view, sequence

# Four workers are a test of order, not of speed: a machine may have fewer cores.
pytestmark = pytest.mark.filterwarnings("ignore:This DataLoader will create 4 worker:UserWarning")

WORKERS = (0, 1, 4)
ROOT = Path(__file__).resolve().parents[3]


def items(batches: Iterable[Any]) -> list[Any]:
    return [items_of(batch) for batch in batches]


def plain_loader(view: Any, workers: int) -> Any:
    return DataLoader(view, batch_size=None, num_workers=workers)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("workers", WORKERS)
def test_a_data_loader_yields_the_views_own_sequence(
    streamed: StreamedDataset, kind: str, workers: int
) -> None:
    view, same = (make_view(streamed, kind, 5, shuffle=True, seed=3) for _ in range(2))
    loader = plain_loader(view, workers)
    assert len(loader) == len(view)
    assert items(loader) == sequence(same)
    view.set_epoch(1)
    assert items(loader) == sequence(same)


@pytest.mark.parametrize("workers", WORKERS)
def test_a_data_loaders_ranks_share_an_epoch(streamed: StreamedDataset, workers: int) -> None:
    parts = []
    for rank in range(3):
        view = make_view(streamed, "frames", 4, shuffle=True, rank=rank, world=3)
        parts.append(items(plain_loader(view, workers)))
    assert len({len(part) for part in parts}) == 1
    alone = [item for batch in sequence(make_view(streamed, "frames", 12)) for item in batch]
    assert sorted(item for part in parts for batch in part for item in batch) == sorted(alone)


def test_workers_that_read_a_shuffled_epoch_again_warn(streamed: StreamedDataset) -> None:
    evaluation = plain_loader(make_view(streamed, "clips", 5), 2)
    assert items(evaluation) == items(evaluation)
    training = plain_loader(make_view(streamed, "clips", 5, shuffle=True), 2)
    items(training)
    with pytest.raises(UserWarning, match="read epoch 0 again"):
        items(training)


def test_workers_that_stay_count_the_epochs_themselves(streamed: StreamedDataset) -> None:
    view, same = (make_view(streamed, "frames", 5, shuffle=True) for _ in range(2))
    loader: Any = DataLoader(view, batch_size=None, num_workers=2, persistent_workers=True)
    assert items(loader) + items(loader) == sequence(same, epochs=2)


@pytest.mark.parametrize("before", WORKERS)
@pytest.mark.parametrize("after", WORKERS)
def test_a_loader_goes_on_with_any_number_of_workers(
    streamed: StreamedDataset, before: int, after: int
) -> None:
    whole = sequence(make_view(streamed, "captions", 5, shuffle=True), epochs=3)
    loader = Loader(make_view(streamed, "captions", 5, shuffle=True), before)
    epoch = len(loader)
    seen = items(loader) + items(islice(loader, 4))
    assert seen == whole[: epoch + 4]
    resumed = Loader(make_view(streamed, "captions", 5, shuffle=True), after)
    resumed.load_state_dict(loader.state_dict())
    assert items(resumed) + items(resumed) == whole[epoch + 4 :]


@pytest.mark.parametrize("workers", [0, 1])
def test_a_loaders_iterator_of_before_does_not_move_the_position_that_was_loaded(
    streamed: StreamedDataset, workers: int
) -> None:
    loader = Loader(make_view(streamed, "frames", 5, shuffle=True), workers)
    left_over = iter(loader)
    next(left_over)
    state = loader.state_dict()
    loader.load_state_dict(state)
    next(left_over)
    assert loader.state_dict() == state


def test_a_loaders_state_goes_to_other_ranks_and_to_a_plain_data_loader(
    streamed: StreamedDataset,
) -> None:
    whole = sequence(make_view(streamed, "windows", 6, shuffle=True))
    loader = Loader(make_view(streamed, "windows", 3, shuffle=True, rank=1, world=2), 1)
    assert len(items(islice(loader, 3))) == 3
    view = make_view(streamed, "windows", 6, shuffle=True)
    view.load_state_dict(loader.state_dict())
    assert items(plain_loader(view, 4)) == whole[3:]


def test_a_loader_makes_tensors(streamed: StreamedDataset) -> None:
    for workers in (0, 1):
        batch = next(iter(Loader(streamed.clips("val", ["points", "txt"], 3), workers)))
        assert {name for name, value in batch.items() if torch.is_tensor(value)} == {
            "points",
            "starts",
            "lengths",
            "mask",
        }
        assert batch["points"].dtype == torch.float32


# torchdata 0.11 calls what torch 2.13 deprecates.
@pytest.mark.filterwarnings("ignore:'set_vital' is deprecated:UserWarning")
@pytest.mark.parametrize("workers", WORKERS)
@pytest.mark.parametrize("cut", [0, 1, 6, -2, -1])
def test_a_stateful_data_loader_resumes(streamed: StreamedDataset, workers: int, cut: int) -> None:
    stateful = pytest.importorskip("torchdata.stateful_dataloader").StatefulDataLoader
    whole = sequence(make_view(streamed, "windows", 5, shuffle=True))
    cut %= len(whole)
    loader = stateful(
        make_view(streamed, "windows", 5, shuffle=True), batch_size=None, num_workers=workers
    )
    assert items(islice(loader, cut)) == whole[:cut]
    resumed = stateful(
        make_view(streamed, "windows", 5, shuffle=True), batch_size=None, num_workers=workers
    )
    resumed.load_state_dict(loader.state_dict())
    assert items(resumed) == whole[cut:]


def test_a_view_that_torch_does_not_know_says_so(streamed: StreamedDataset) -> None:
    with pytest.raises(TypeError, match="import torch first"):
        make_view(streamed, "clips", 2)[0]


READ_PER_RANK = """
import sys
import torch
from pathlib import Path
from torch.utils.data import DataLoader
from shards import open_dataset

torch.distributed.init_process_group("gloo")
rank = torch.distributed.get_rank()
view = open_dataset(sys.argv[1]).frames("train", "hits", 4, shuffle=True, seed=7)
lines = [" ".join(batch["keys"]) for batch in DataLoader(view, batch_size=None, num_workers=1)]
(Path(sys.argv[2]) / f"{rank}.txt").write_text("\\n".join(lines))
torch.distributed.destroy_process_group()
"""


def test_torchrun_s_ranks_share_an_epoch(streamed: StreamedDataset, tmp_path: Path) -> None:
    script = tmp_path / "read.py"
    script.write_text(READ_PER_RANK)
    program = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node=2"]
    subprocess.run(
        [*program, script, streamed.dataset.path, tmp_path],
        env={**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"},
        capture_output=True,
        check=True,
    )
    parts = [(tmp_path / f"{rank}.txt").read_text().splitlines() for rank in range(2)]
    found = [interleave((one.split(), other.split())) for one, other in zip(*parts, strict=True)]
    alone = streamed.frames("train", "hits", 8, shuffle=True, seed=7)
    assert found == [batch["keys"] for batch in alone]
