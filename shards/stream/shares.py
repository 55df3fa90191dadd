"""The part of an epoch that a process reads, as a rank or worker, and state shared by workers.

PyTorch is used only if other code has already imported it, so that users of NumPy alone do not wait
for its import.
"""

import mmap
import sys
import warnings
from dataclasses import dataclass
from importlib import import_module
from typing import Any

from shards.errors import ShardError
from shards.stream.numbers import whole_number


@dataclass(frozen=True)
class EpochShare:
    """One of several equal readers of an epoch: a rank or a worker."""

    number: int = 0
    count: int = 1

    def __post_init__(self) -> None:
        whole_number("number of ranks or workers (world)", self.count, least=1)
        whole_number("number of this rank or worker", self.number, least=0, most=self.count - 1)


def worker_share() -> EpochShare | None:
    """Return the share of this process as a `DataLoader` worker; None if it is not a worker."""
    data = _torch_module("torch.utils.data")
    worker = None if data is None else data.get_worker_info()
    return None if worker is None else EpochShare(worker.id, worker.num_workers)


class WorkersEpochs:
    """Records the epoch that workers began last, in memory shared by forked processes.

    A `DataLoader` forks new workers for each pass, and the view in the parent process is not
    notified. Without `set_epoch`, every pass would silently be the same epoch.
    """

    def __init__(self) -> None:
        self._memory = mmap.mmap(-1, 16)

    def __reduce__(self) -> tuple[type["WorkersEpochs"], tuple[()]]:
        return WorkersEpochs, ()

    def begin(self, epoch: int) -> None:
        """Record the epoch that a worker begins; warn if the previous pass was the same epoch."""
        begun = (epoch + 1).to_bytes(16, "little")
        if self._memory[:] == begun:
            warnings.warn(
                f"workers read epoch {epoch} again, in the same order: call set_epoch before each "
                "epoch, or use shards.stream.loader.Loader",
                stacklevel=2,
            )
        self._memory[:] = begun


def register_iterable(kind: type, batch: type) -> None:
    """Register a class as an iterable dataset for `DataLoader`, and refuse to batch its batches.

    `default_collate_fn_map` is PyTorch's documented hook for types with special handling in
    `default_collate`.
    """
    data = _torch_module("torch.utils.data")
    if data is not None:
        data.IterableDataset.register(kind)
        collate = import_module("torch.utils.data._utils.collate")
        collate.default_collate_fn_map[batch] = _refuse_to_collate


def _refuse_to_collate(batches: Any, **_: Any) -> Any:
    raise ShardError(
        f"a DataLoader tried to combine {len(batches)} batches of a view into one; pass "
        "batch_size=None to the DataLoader, and the batch size to the view"
    )


def _torch_module(name: str) -> Any | None:
    return import_module(name) if "torch" in sys.modules else None
