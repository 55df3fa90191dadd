"""Mix views: an epoch has an exact number of items of each, in one order.

A mixed view is a view, so it resumes, shuffles and is read by ranks and workers as every other. Its
epoch has a fixed number of items, of which each part gets the share that its weight gives. The
items of a part are drawn in passes over the part: a new pass begins when the last one has had every
item. So each item is drawn equally often, but for the pass that has begun, whatever the weights.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from shards.errors import ShardError
from shards.stream.batching import Batch, ViewBatch
from shards.stream.items import FrameRuns, ItemSource
from shards.stream.numbers import whole_number
from shards.stream.shuffle import Epoch, derived_seed
from shards.stream.views import Batcher, View
from shards.stream.weights import WeightPlan, Weights, checked_weights

PARTS = "parts"
"""The number of the part of each item, in a batch."""
WEIGHTS = "weights"
"""What a state calls the weights by epoch."""

T = TypeVar("T")


def mix(
    views: Mapping[str, View] | Sequence[View], weights: Weights, *, items: int | None = None
) -> "MixedView":
    """Return a view whose epoch has `items` items, shared among views by their weights.

    Without `items`, an epoch has as many items as the views together. The views must have the same
    fields, batch size, and order. Raises `ShardError` if they do not.
    """
    parts = dict(enumerate_parts(views))
    _expect_alike(parts)
    sources = tuple(view.source for view in parts.values())
    total = sum(map(len, sources)) if items is None else whole_number("items", items, least=1)
    plan = WeightPlan(((0, checked_weights([*parts], weights)),))
    first = next(iter(parts.values()))
    source = MixedItems(sources, total, plan, first.schedule.shuffle)
    return MixedView([*parts], views=[*parts.values()], source=source)


def concat(views: Mapping[str, View] | Sequence[View]) -> "MixedView":
    """Return a view whose epoch has every item of every view once."""
    parts = dict(enumerate_parts(views))
    return mix(parts, [len(view.source) for view in parts.values()])


def enumerate_parts(parts: Mapping[str, T] | Sequence[T]) -> Iterator[tuple[str, T]]:
    """Yield the parts with their names, or with their numbers if they have none."""
    if isinstance(parts, Mapping):
        yield from parts.items()
    else:
        yield from ((str(number), part) for number, part in enumerate(parts))


class MixedItems:
    """The items of several sources, as many of each as the weights of the epoch give."""

    def __init__(
        self, sources: tuple[ItemSource, ...], items: int, plan: WeightPlan, shuffle: bool
    ) -> None:
        self.sources, self.plan = sources, plan
        self._items, self._shuffle = items, shuffle
        some = sources[0].runs(np.zeros(1, np.int64), Epoch(0, 0))
        self._captioned = some.captions is not None

    def __len__(self) -> int:
        return self._items

    def runs(self, items: NDArray[np.int64], epoch: Epoch) -> FrameRuns:
        """Return the runs of frames of items, with the number of the part of each."""
        counts = self.plan.counts(epoch.number, self._items)
        ends = np.cumsum(counts)
        parts = np.searchsorted(ends, items, side="right")
        drawn = self.plan.drawn_before(epoch.number, self._items)
        draws = items + (drawn - ends + counts)[parts]
        clips, starts, frames = (np.zeros(len(items), np.int64) for _ in range(3))
        captions = [""] * len(items)
        for places, runs in self._part_runs(parts, draws, epoch.seed):
            clips[places], starts[places], frames[places] = runs.clips, runs.starts, runs.counts
            for place, text in zip(places.tolist(), runs.captions or (), strict=False):
                captions[place] = text
        texts = tuple(captions) if self._captioned else None
        return FrameRuns(clips, starts, frames, texts, parts)

    def _part_runs(
        self, parts: NDArray[np.int64], draws: NDArray[np.int64], seed: int
    ) -> Iterator[tuple[NDArray[np.int64], FrameRuns]]:
        """Yield the places of items of one part and one pass over it, and their runs of frames."""
        for part in np.unique(parts).tolist():
            source, mine = self.sources[part], np.flatnonzero(parts == part)
            passes, items = np.divmod(draws[mine], len(source))
            for number in np.unique(passes).tolist():
                chosen = passes == number
                epoch = Epoch(derived_seed(seed, f"part {part}"), number)
                drawn = items[chosen]
                drawn = epoch.permute(drawn, len(source)) if self._shuffle else drawn
                yield mine[chosen], source.runs(drawn, epoch)

    @property
    def identity(self) -> dict[str, Any]:
        """The values that a state must match; the weights are in the state itself."""
        return {"kind": "mix"}


@dataclass(frozen=True)
class MixedBatches:
    """Batches of items of several parts, in the order of the items."""

    batchers: tuple[Batcher, ...]

    @property
    def ahead(self) -> int:
        """The number of batches that are worth reading in advance."""
        return max(batcher.ahead for batcher in self.batchers)

    def batch(self, runs: FrameRuns, length: int | None = None) -> Batch:
        """Return the batch of all parts, with `parts`, the number of the part of each item."""
        if runs.parts is None:
            raise AssertionError("the runs of a mixed view have parts")
        longest = length or int(runs.counts.max(initial=0))
        places = [np.flatnonzero(runs.parts == part) for part in range(len(self.batchers))]
        found = [
            (mine, batcher.batch(replace(runs.take(mine), parts=None), longest))
            for mine, batcher in zip(places, self.batchers, strict=True)
            if len(mine) or not len(runs.parts)
        ]
        names = found[0][1].keys()
        joined = {name: _joined([(mine, batch[name]) for mine, batch in found]) for name in names}
        return ViewBatch({**joined, PARTS: runs.parts})

    @property
    def layout(self) -> dict[str, Any]:
        """The fields of a batch, and the length that it is padded to."""
        return self.batchers[0].layout


def _joined(parts: Sequence[tuple[NDArray[np.int64], Any]]) -> Any:
    """Return the values of all parts, each at its place in the batch."""
    total = sum(len(places) for places, _ in parts)
    first = parts[0][1]
    if not isinstance(first, np.ndarray):
        texts: list[Any] = [None] * total
        for places, values in parts:
            for place, value in zip(places.tolist(), values, strict=True):
                texts[place] = value
        return texts
    if len(parts) == 1:
        return first
    joined = np.empty((total, *first.shape[1:]), first.dtype)
    for places, values in parts:
        joined[places] = values
    return joined


class MixedView(View):
    """A view of several views. Weights may change between epochs, and are part of the state."""

    def __init__(self, names: list[str], views: Sequence[View], source: MixedItems) -> None:
        batcher = MixedBatches(tuple(view.batcher for view in views))
        identity = {PARTS: [view.identity for view in views]}
        super().__init__(identity, source, batcher, views[0].schedule, views[0].seed)
        self.names = names
        """The names of the parts, by number."""
        self._mixed = source

    @property
    def counts(self) -> dict[str, int]:
        """The number of items of each part in the epoch that begins next, over all ranks."""
        counts = self._mixed.plan.counts(self._first_free_epoch(), len(self._mixed))
        return dict(zip(self.names, counts.tolist(), strict=True))

    def set_weights(self, weights: Weights, epoch: int | None = None) -> None:
        """Mix with other weights from an epoch on; without `epoch`, from the next that begins.

        Raises `ShardError` for an epoch that has begun.
        """
        free = self._first_free_epoch()
        first = free if epoch is None else whole_number("epoch", epoch, least=free)
        self._mixed.plan = self._mixed.plan.changed(first, checked_weights(self.names, weights))

    def state_dict(self) -> dict[str, Any]:
        """Return the position, the seed, the identity, and the weights by epoch."""
        return {**super().state_dict(), WEIGHTS: self._mixed.plan.to_json()}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Resume at the position of a state, with its seed and weights; raise as `View` does."""
        document = state.get(WEIGHTS) if isinstance(state, Mapping) else None
        plan = WeightPlan.from_json(self.names, document)
        super().load_state_dict(state)
        self._mixed.plan = plan

    def _first_free_epoch(self) -> int:
        """Return the first epoch of which no batch can have been read."""
        return self.next_position.epoch + (self.next_position.batch > 0)


def _expect_alike(parts: Mapping[str, View]) -> None:
    """Raise `ShardError` unless views make batches of the same form and in the same way."""
    if not parts:
        raise ShardError("expected at least one view, found none")
    (name, first), *others = parts.items()
    for other_name, other in others:
        ours, theirs = _form(first), _form(other)
        for what, value in ours.items():
            if theirs[what] != value:
                raise ShardError(
                    f"{name} and {other_name} cannot be mixed: their {what} are {value} and "
                    f"{theirs[what]}; expected the same"
                )


def _form(view: View) -> dict[str, Any]:
    schedule = view.schedule
    if isinstance(view, MixedView):
        raise ShardError("a mixed view cannot be mixed again; mix all views at once")
    return {
        **view.batcher.layout,
        "kinds of items": view.source.identity["kind"],
        "batch sizes": schedule.batch,
        "shuffles": schedule.shuffle,
        "values of drop_last": schedule.drop_last,
        "ranks": schedule.rank.given,
        "seeds": view.seed,
    }
