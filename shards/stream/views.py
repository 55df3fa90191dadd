"""A view: an endless series of epochs of batches, of which any process can compute any part.

An epoch's order is split into global batches. Rank r of R takes items r, r + R, r + 2R, ... of each
global batch; worker w of W takes batches w, w + W, w + 2W, ... The whole state is therefore the
dataset's hash, the seed, the epoch, and the number of the next batch.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple, NoReturn, Protocol

import numpy as np

from shards.errors import ShardError
from shards.stream.batching import Batch, ViewBatch
from shards.stream.items import FrameRuns, ItemSource
from shards.stream.numbers import whole_number
from shards.stream.ranks import Rank
from shards.stream.read_ahead import read_ahead
from shards.stream.shares import EpochShare, WorkersEpochs, register_iterable, worker_share
from shards.stream.shuffle import Epoch

if TYPE_CHECKING:
    from torch.utils.data import IterableDataset

    Iterable = IterableDataset[Batch]
else:
    # `register_iterable` registers View as an IterableDataset, without importing torch.
    Iterable = object


class StreamPosition(NamedTuple):
    """A position in the series of batches."""

    epoch: int
    batch: int
    """The number of the next batch."""


@dataclass(frozen=True)
class Schedule:
    """How the items of an epoch are distributed over batches and ranks."""

    batch: int
    """Items per batch of one rank."""
    shuffle: bool
    drop_last: bool
    """Omit the remaining items that do not fill a batch on every rank."""
    rank: Rank

    def __post_init__(self) -> None:
        whole_number("batch", self.batch, least=1)

    @property
    def global_batch(self) -> int:
        """Items per batch of all ranks together."""
        return self.batch * self.rank.share.count

    def batches(self, items: int) -> int:
        """Return the number of batches per rank in an epoch of `items` items."""
        return items // self.global_batch if self.drop_last else -(-items // self.global_batch)


class Batcher(Protocol):
    """Makes batches of runs of frames."""

    def batch(self, runs: FrameRuns, length: int | None = None) -> Batch:
        """Return the batch, padded to `length` frames or else to the longest run."""

    @property
    def layout(self) -> dict[str, Any]:
        """The fields of a batch, and the length that it is always padded to, if there is one."""

    @property
    def ahead(self) -> int:
        """The number of batches that are worth reading in advance."""


class View(Iterable):
    """The batches of one rank; each `for` loop over it is the next epoch, with a new order.

    The worker processes of a `DataLoader` read copies of the view, so the original neither counts
    their epochs nor tracks their position. `shards.stream.loader.Loader` does both in the main
    process.
    """

    def __init__(
        self,
        identity: Mapping[str, Any],
        source: ItemSource,
        batcher: Batcher,
        schedule: Schedule,
        seed: int,
        change: Callable[[Batch, int], Batch] | None = None,
    ) -> None:
        register_iterable(View, ViewBatch)
        self.seed = whole_number("seed", seed)
        self.source, self.batcher, self.schedule = source, batcher, schedule
        self._change = change
        self.selection = identity
        """The values that identify the clips."""
        self._next = self._now = StreamPosition(0, 0)
        self._passes = 0
        """Number of passes begun and positions set. Only the latest pass moves the position."""
        self._workers_epochs = WorkersEpochs()

    def changed(self, change: Callable[[Batch, int], Batch]) -> "View":
        """Return a view at its start whose batches are `change(batch, epoch)` of this view's.

        What `change` draws at random should depend on the seed, the epoch and the item alone; then
        a resumed view gives the same batches. It runs where batches are read.
        """
        parts = self.selection, self.source, self.batcher, self.schedule
        return View(*parts, self.seed, change)

    @property
    def items(self) -> int:
        """The number of items per epoch, over all ranks."""
        return len(self.source)

    def __len__(self) -> int:
        """Return the number of batches per epoch, which is equal on all ranks."""
        return self.schedule.batches(len(self.source))

    def __iter__(self) -> Iterator[Batch]:
        (start, number), worker = self.begin(), worker_share()
        if self.schedule.shuffle and start.batch == 0 and worker is not None and not worker.number:
            self._workers_epochs.begin(start.epoch)
        return self._pass(start, number, worker or EpochShare())

    def __getitem__(self, number: int) -> NoReturn:
        raise TypeError(
            "a view cannot be indexed; a DataLoader indexes a view that was created before the "
            "import of torch: import torch first"
        )

    def begin(self) -> tuple[StreamPosition, int]:
        """Begin a pass; return its start position, and its number for `reach`.

        Raises `ShardError` where the rank cannot be determined or has changed since an earlier
        pass.
        """
        self.schedule.rank.begin()
        self._now, self._next = self._next, StreamPosition(self._next.epoch + 1, 0)
        self._passes += 1
        return self._now, self._passes

    def reach(self, position: StreamPosition, number: int) -> None:
        """Set the position, unless a later pass or a loaded state has superseded this pass."""
        if number == self._passes:
            self._now = position

    @property
    def next_position(self) -> StreamPosition:
        """The position at which the next pass begins."""
        return self._next

    @property
    def identity(self) -> dict[str, Any]:
        """The values that identify the clips and the items, on all ranks."""
        return {**self.selection, **self.source.identity, "items": len(self.source)}

    @property
    def _identity(self) -> dict[str, Any]:
        """The values that a state must match; NumPy integers are converted to `int`."""
        return {
            **self.identity,
            "global_batch": int(self.schedule.global_batch),
            "shuffle": self.schedule.shuffle,
            "drop_last": self.schedule.drop_last,
        }

    def batch_at(self, position: StreamPosition) -> Batch:
        """Return this rank's part of a batch; in the last batch it may be smaller, or empty."""
        return self._changed(self._read(position), position.epoch)

    def _changed(self, batch: Batch, epoch: int) -> Batch:
        return batch if self._change is None else ViewBatch(self._change(batch, epoch))

    def _read(self, position: StreamPosition) -> Batch:
        rank = self.schedule.rank.share
        first = position.batch * self.schedule.global_batch
        stop = min(first + self.schedule.global_batch, len(self.source))
        items = np.arange(first + rank.number, stop, rank.count)
        epoch = Epoch(self.seed, position.epoch)
        if self.schedule.shuffle:
            items = epoch.permute(items, len(self.source))
        return self.batcher.batch(self.source.runs(items, epoch))

    def set_epoch(self, epoch: int) -> None:
        """Start the next `for` loop at the beginning of this epoch."""
        self._move(StreamPosition(whole_number("epoch", epoch, least=0), 0))

    def state_dict(self) -> dict[str, Any]:
        """Return the position of this view (epoch and next batch), its seed, and its identity."""
        return {
            **self._identity,
            "seed": self.seed,
            "epoch": self._now.epoch,
            "batch": self._now.batch,
        }

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Resume the next `for` loop at the position of a state, with its seed.

        Existing iterators continue but no longer move the position. Raises `ShardError`, and leaves
        the view unchanged, for a state of another dataset, other items or another global batch
        size, and for a position outside the view.
        """
        if not isinstance(state, Mapping):
            raise ShardError(f"the state is {state!r}; expected what `state_dict` returned")
        for name, value in self._identity.items():
            if state.get(name) != value:
                raise ShardError(
                    f"the state belongs to another view: its {name} is {state.get(name)!r}; "
                    f"expected {value!r}"
                )
        seed = whole_number("seed of the state", state.get("seed"))
        epoch = whole_number("epoch of the state", state.get("epoch"), least=0)
        batch = whole_number("batch of the state", state.get("batch"), least=0, most=len(self))
        self.seed = seed
        self._move(StreamPosition(epoch, batch))

    def _move(self, position: StreamPosition) -> None:
        self._passes += 1
        self._next = self._now = position

    def rest_of_epoch(self, start: StreamPosition, worker: EpochShare) -> Iterator[Batch]:
        """Yield a worker's batches from a position on: every `worker.count`-th batch."""
        numbers = range(start.batch + worker.number, len(self), worker.count)
        positions = (StreamPosition(start.epoch, number) for number in numbers)
        for batch in read_ahead(self._read, positions, self.batcher.ahead):
            yield self._changed(batch, start.epoch)

    def _pass(self, start: StreamPosition, number: int, worker: EpochShare) -> Iterator[Batch]:
        """Yield a worker's batches of the rest of an epoch, and record the position.

        The position of a worker is where the next round of all workers begins, so each worker can
        resume from its own position.
        """
        for turn, batch in enumerate(self.rest_of_epoch(start, worker), 1):
            reached = min(start.batch + turn * worker.count, len(self))
            self.reach(StreamPosition(start.epoch, reached), number)
            yield batch
        self.reach(StreamPosition(start.epoch + 1, 0), number)
