"""Several datasets opened as one: views over all of them, in shares that weights give."""

from collections.abc import Mapping
from typing import Any

from shards.errors import ShardError
from shards.stream.mixing import MixedView, concat, mix
from shards.stream.streamed_dataset import StreamedDataset
from shards.stream.views import View
from shards.stream.weights import Weights, checked_weights


class MixedDataset:
    """Datasets with the same fields. Each method takes the arguments of `StreamedDataset`.

    With weights, an epoch has `items` items, shared by weight; without, it has every item of every
    dataset once. `items` is the number of all items unless it is given.
    """

    def __init__(
        self, parts: Mapping[str, StreamedDataset], weights: Weights | None = None
    ) -> None:
        if not parts:
            raise ShardError("expected at least one dataset to open, found none")
        self.parts = dict(parts)
        self.weights = None if weights is None else checked_weights([*parts], weights)

    def where(self, condition: str) -> "MixedDataset":
        """Return the same datasets with only the clips that meet a condition."""
        parts = {name: part.where(condition) for name, part in self.parts.items()}
        return MixedDataset(parts, self.weights)

    def __len__(self) -> int:
        """Return the number of clips of all datasets."""
        return sum(map(len, self.parts.values()))

    def clips(self, *arguments: Any, items: int | None = None, **options: Any) -> MixedView:
        """Return a view of whole clips, see `StreamedDataset.clips`."""
        return self._mixed(
            {name: part.clips(*arguments, **options) for name, part in self.parts.items()}, items
        )

    def frames(self, *arguments: Any, items: int | None = None, **options: Any) -> MixedView:
        """Return a view of single frames, see `StreamedDataset.frames`."""
        return self._mixed(
            {name: part.frames(*arguments, **options) for name, part in self.parts.items()}, items
        )

    def windows(self, *arguments: Any, items: int | None = None, **options: Any) -> MixedView:
        """Return a view of windows, see `StreamedDataset.windows`."""
        return self._mixed(
            {name: part.windows(*arguments, **options) for name, part in self.parts.items()}, items
        )

    def _mixed(self, views: Mapping[str, View], items: int | None) -> MixedView:
        if self.weights is not None:
            return mix(views, self.weights, items=items)
        if items is not None:
            raise ShardError("items needs weights; without weights, every item is read once")
        return concat(views)
