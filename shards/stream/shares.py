"""Which part of an epoch a process reads: one of several ranks or workers, and what workers share.

PyTorch is asked only where something else has imported it already, so that NumPy's users never wait
for it.
"""

import mmap
import sys
import warnings
from dataclasses import dataclass
from importlib import import_module
from typing import Any

from shards.errors import ShardError
from shards.numbers import whole_number


@dataclass(frozen=True)
class EpochShare:
    """One of several equal readers."""

    number: int = 0
    count: int = 1

    def __post_init__(self) -> None:
        whole_number("number of ranks or workers (world)", self.count, least=1)
        whole_number("number of this rank or worker", self.number, least=0, most=self.count - 1)


def worker_share() -> EpochShare | None:
    """Return which of a `DataLoader`'s workers this process is, if it is one."""
    data = _torch_module("torch.utils.data")
    worker = None if data is None else data.get_worker_info()
    return None if worker is None else EpochShare(worker.id, worker.num_workers)


class WorkersEpochs:
    """Remembers, in memory that forked processes share, which epoch workers have begun last.

    A `DataLoader` forks its workers anew for each pass, and nothing tells the view in the process
    that they were forked from: without `set_epoch` every pass would be the same epoch unnoticed.
    """

    def __init__(self) -> None:
        self._memory = mmap.mmap(-1, 16)

    def __reduce__(self) -> tuple[type["WorkersEpochs"], tuple[()]]:
        return WorkersEpochs, ()

    def begin(self, epoch: int) -> None:
        """Note an epoch that a worker begins, and warn if it is the one that was begun last."""
        begun = (epoch + 1).to_bytes(16, "little")
        if self._memory[:] == begun:
            warnings.warn(
                f"workers read epoch {epoch} again, in the same order: call set_epoch before each "
                "epoch, or use shards.stream.loader.Loader",
                stacklevel=2,
            )
        self._memory[:] = begun


def register_iterable(kind: type, batch: type) -> None:
    """Let `DataLoader` take a class's objects for iterable datasets, and refuse to batch batches.

    `default_collate_fn_map` is what PyTorch documents for types that `default_collate` treats in a
    way of their own.
    """
    data = _torch_module("torch.utils.data")
    if data is not None:
        data.IterableDataset.register(kind)
        collate = import_module("torch.utils.data._utils.collate")
        collate.default_collate_fn_map[batch] = _refuse_to_collate


def _refuse_to_collate(batches: Any, **_: Any) -> Any:
    raise ShardError(
        f"a DataLoader is to make a batch of {len(batches)} of a view's batches; its items are "
        "batches already: pass batch_size=None to the DataLoader, and the batch to the view"
    )


def _torch_module(name: str) -> Any | None:
    return import_module(name) if "torch" in sys.modules else None
