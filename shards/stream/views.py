"""A view: an endless series of epochs of batches, of which any process can make any part.

The order of an epoch is cut into global batches, of which rank r takes every item from the r-th on,
and worker w every batch from the w-th on. So the whole state is four values: the dataset's hash,
the seed, the epoch, and the number of the next batch.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple, NoReturn, Protocol

import numpy as np

from shards.errors import ShardError
from shards.numbers import whole_number
from shards.stream.batching import Batch, ViewBatch
from shards.stream.items import FrameRuns, ItemSource
from shards.stream.ranks import Rank
from shards.stream.shares import EpochShare, WorkersEpochs, register_iterable, worker_share
from shards.stream.shuffle import Epoch

if TYPE_CHECKING:
    from torch.utils.data import IterableDataset

    Iterable = IterableDataset[Batch]
else:
    # `register_iterable` makes it one, without importing torch.
    Iterable = object


class StreamPosition(NamedTuple):
    """A place in the series."""

    epoch: int
    batch: int
    """The number of the next batch."""


@dataclass(frozen=True)
class Schedule:
    """How the items of an epoch are dealt out."""

    batch: int
    """Items of a batch of one rank."""
    shuffle: bool
    drop_last: bool
    """Leave out the items that are left over from full batches of all ranks."""
    rank: Rank

    def __post_init__(self) -> None:
        whole_number("batch", self.batch, least=1)

    @property
    def global_batch(self) -> int:
        """Items of a batch of all ranks."""
        return self.batch * self.rank.share.count

    def batches(self, items: int) -> int:
        """Return how many batches every rank has of so many items."""
        return items // self.global_batch if self.drop_last else -(-items // self.global_batch)


class Batcher(Protocol):
    """Makes a batch of pieces."""

    def batch(self, pieces: FrameRuns) -> Batch:
        """Return the batch."""


class View(Iterable):
    """Batches of one rank; every `for` over it is an epoch of its own, with its own order.

    A `DataLoader`'s workers read copies of it, so that this one neither counts their epochs nor
    knows their position; `shards.stream.loader.Loader` does both here.
    """

    def __init__(
        self,
        identity: Mapping[str, Any],
        source: ItemSource,
        batcher: Batcher,
        schedule: Schedule,
        seed: int,
    ) -> None:
        register_iterable(View, ViewBatch)
        self.seed = whole_number("seed", seed)
        self._source, self._batcher, self._schedule = source, batcher, schedule
        self._selection = identity
        self._next = self._now = StreamPosition(0, 0)
        self._passes = 0
        """Passes begun and positions set. Only the latest pass moves the position."""
        self._workers_epochs = WorkersEpochs()

    @property
    def items(self) -> int:
        """The number of items of an epoch, on all ranks together."""
        return len(self._source)

    def __len__(self) -> int:
        """Return the number of batches of an epoch: the same on every rank."""
        return self._schedule.batches(len(self._source))

    def __iter__(self) -> Iterator[Batch]:
        (start, number), worker = self.begin(), worker_share()
        if self._schedule.shuffle and start.batch == 0 and worker is not None and not worker.number:
            self._workers_epochs.begin(start.epoch)
        return self._pass(start, number, worker or EpochShare())

    def __getitem__(self, number: int) -> NoReturn:
        raise TypeError(
            "a view is iterated, not indexed; a DataLoader that asks for an index met it before "
            "torch was imported: import torch first"
        )

    def begin(self) -> tuple[StreamPosition, int]:
        """Begin a pass: return where it starts, and its number for `solve_two_bone_ik`.

        Raises `ShardError` where the rank cannot be told, or is not that of batches read before.
        """
        self._schedule.rank.begin()
        self._now, self._next = self._next, StreamPosition(self._next.epoch + 1, 0)
        self._passes += 1
        return self._now, self._passes

    def reach(self, position: StreamPosition, number: int) -> None:
        """Set the position, unless a later pass or a state has replaced the pass of that number."""
        if number == self._passes:
            self._now = position

    @property
    def _identity(self) -> dict[str, Any]:
        """What a state must agree on; numbers are plain, also where they were given as NumPy's."""
        return {
            **self._selection,
            **self._source.identity,
            "items": len(self._source),
            "global_batch": int(self._schedule.global_batch),
            "shuffle": self._schedule.shuffle,
            "drop_last": self._schedule.drop_last,
        }

    def batch_at(self, position: StreamPosition) -> Batch:
        """Return this rank's part of a batch; it may be smaller than others, or empty, at last."""
        rank = self._schedule.rank.share
        first = position.batch * self._schedule.global_batch
        stop = min(first + self._schedule.global_batch, len(self._source))
        items = np.arange(first + rank.number, stop, rank.count)
        epoch = Epoch(self.seed, position.epoch)
        if self._schedule.shuffle:
            items = epoch.permute(items, len(self._source))
        return self._batcher.batch(self._source.pieces(items, epoch))

    def set_epoch(self, epoch: int) -> None:
        """Let the next `for` be that epoch, from its beginning."""
        self._move(StreamPosition(whole_number("epoch", epoch, least=0), 0))

    def state_dict(self) -> dict[str, Any]:
        """Return where this view stands: its next batch, and what it is a batch of."""
        return {
            **self._identity,
            "seed": self.seed,
            "epoch": self._now.epoch,
            "batch": self._now.batch,
        }

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Let the next `for` resume where a state was taken, with its seed.

        Iterators of before continue, but no longer move the position. Raises `ShardError`, and
        leaves the view as it is, for the state of another dataset, of other items or global
        batches, and for a position that the view does not have.
        """
        if not isinstance(state, Mapping):
            raise ShardError(f"the state is {state!r}; expected what `state_dict` returned")
        for name, value in self._identity.items():
            if state.get(name) != value:
                raise ShardError(
                    f"the state is not one of this view: its {name} is {state.get(name)!r}, "
                    f"here it is {value!r}"
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
        """Yield a worker's batches from a position on: every `worker.count`-th."""
        for number in range(start.batch + worker.number, len(self), worker.count):
            yield self.batch_at(StreamPosition(start.epoch, number))

    def _pass(self, start: StreamPosition, number: int, worker: EpochShare) -> Iterator[Batch]:
        """Yield a worker's batches of what is left of an epoch, and note the position.

        A worker's position is where a round of all workers begins, so that each can be resumed from
        its own.
        """
        for turn, batch in enumerate(self.rest_of_epoch(start, worker), 1):
            reached = min(start.batch + turn * worker.count, len(self))
            self.reach(StreamPosition(start.epoch, reached), number)
            yield batch
        self.reach(StreamPosition(start.epoch + 1, 0), number)
