"""Load batches as tensors in worker processes; resume at any batch with any number of workers.

A `DataLoader` runs ahead of the trainer, and each of its workers counts its own batches. Here the
position is counted where batches reach the trainer, so the state is the view's state alone.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from torch.utils.data import DataLoader, IterableDataset

from shards.stream.batching import Batch
from shards.stream.shares import EpochShare, worker_share
from shards.stream.views import StreamPosition, View


class Loader:
    """Batches of a view, with arrays as tensors; each `for` loop over it is one epoch."""

    def __init__(self, view: View, workers: int = 0, pin_memory: bool = False) -> None:
        self.view = view
        self.workers = workers
        self.pin_memory = pin_memory

    def __len__(self) -> int:
        return len(self.view)

    def __iter__(self) -> Iterator[Batch]:
        start, pass_number = self.view.begin()
        batches: DataLoader[Batch] = DataLoader(
            _RestOfEpoch(self.view, start),
            batch_size=None,
            num_workers=self.workers,
            pin_memory=self.pin_memory,
        )
        for number, batch in enumerate(batches, start.batch + 1):
            self.view.reach(StreamPosition(start.epoch, number), pass_number)
            yield batch
        self.view.reach(StreamPosition(start.epoch + 1, 0), pass_number)

    def state_dict(self) -> dict[str, Any]:
        """Return the position of the trainer, as `View.state_dict` does."""
        return self.view.state_dict()

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Resume at the position of a state, as `View.load_state_dict` does."""
        self.view.load_state_dict(state)


class _RestOfEpoch(IterableDataset[Batch]):
    """A worker's batches of the rest of an epoch."""

    def __init__(self, view: View, start: StreamPosition) -> None:
        self.view = view
        self.start = start

    def __iter__(self) -> Iterator[Batch]:
        return self.view.rest_of_epoch(self.start, worker_share() or EpochShare())
