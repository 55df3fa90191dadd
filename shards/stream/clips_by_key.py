"""The clips of a dataset by key: all of them, or those that meet conditions."""

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import pyarrow as pa

from shards.errors import ShardError
from shards.format.dataset import Dataset
from shards.format.unknown_names import near_key
from shards.stream.chosen_clips import ChosenClips
from shards.stream.conditions import meets
from shards.stream.open_files import ShardFiles
from shards.stream.selection import Selection
from shards.stream.stored_clip import StoredClip


@dataclass(frozen=True, eq=False)
class ClipsByKey:
    """The clips of a dataset that meet all conditions, in the order of the manifest."""

    dataset: Dataset
    files: ShardFiles
    conditions: tuple[str, ...] = ()
    """What the clips meet, as `shards.stream.conditions` writes it."""

    def where(self, condition: str) -> "ClipsByKey":
        """Return the clips that meet one more condition; raise `ShardError` if it is none."""
        meets(self.dataset, condition)
        return replace(self, conditions=(*self.conditions, condition))

    @cached_property
    def numbers(self) -> dict[str, int]:
        """The number of each clip in the whole manifest, by key."""
        met = np.ones(len(self.dataset.manifest), np.bool_)
        for condition in self.conditions:
            met &= meets(self.dataset, condition)
        keys = self.dataset.manifest["key"].filter(met).to_pylist()
        return dict(zip(keys, np.flatnonzero(met).tolist(), strict=True))

    @property
    def manifest(self) -> pa.Table:
        """The rows of the clips in the manifest."""
        return self.dataset.manifest.take([*self.numbers.values()])

    def clip(self, key: str) -> StoredClip:
        """Return a clip; raise `ShardError` for a key that no clip has."""
        if key not in self.numbers:
            nearest = near_key(key, self.numbers)
            raise ShardError(f"{self.dataset.place}: there is no sample {key!r}{nearest}")
        return StoredClip(self.files, self.numbers[key])

    def choose(self, selection: Selection) -> ChosenClips:
        """Return the clips that also meet a selection; raise `ShardError` for none."""
        conditions = (*self.conditions, *selection.conditions)
        return ChosenClips.of(self.files, replace(selection, where=conditions))
