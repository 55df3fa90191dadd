"""Which part of an epoch this process reads: its rank among trainers, its number among workers.

PyTorch is asked only where something else has imported it already, so that NumPy's users never wait
for it; `torchrun` and its kin tell the rank by environment variables.
"""

import os
import sys
from dataclasses import dataclass
from importlib import import_module
from typing import Any

from shards.errors import ShardError


@dataclass(frozen=True)
class Share:
    """One of several equal readers."""

    number: int = 0
    count: int = 1

    def __post_init__(self) -> None:
        if not 0 <= self.number < self.count:
            raise ShardError(
                f"reader {self.number} of {self.count}; expected 0 to the count less 1"
            )


def rank_share(rank: int | None, world: int | None) -> Share:
    """Return the rank as given, or else of `torch.distributed`, or else of RANK and WORLD_SIZE."""
    if (rank is None) != (world is None):
        raise ShardError(f"rank is {rank} and world is {world}; give both or neither")
    if rank is not None and world is not None:
        return Share(rank, world)
    distributed = _torch_module("torch.distributed")
    if distributed is not None and distributed.is_available() and distributed.is_initialized():
        return Share(distributed.get_rank(), distributed.get_world_size())
    try:
        return Share(int(os.environ.get("RANK", 0)), int(os.environ.get("WORLD_SIZE", 1)))
    except ValueError as error:
        raise ShardError(f"RANK and WORLD_SIZE are no whole numbers: {error}") from error


def worker_share() -> Share:
    """Return which of a `DataLoader`'s workers this process is; the only one outside of them."""
    data = _torch_module("torch.utils.data")
    worker = None if data is None else data.get_worker_info()
    return Share() if worker is None else Share(worker.id, worker.num_workers)


def register_iterable(kind: type) -> None:
    """Let `DataLoader` take a class's objects for the iterable datasets that they are."""
    data = _torch_module("torch.utils.data")
    if data is not None:
        data.IterableDataset.register(kind)


def _torch_module(name: str) -> Any | None:
    return import_module(name) if "torch" in sys.modules else None
