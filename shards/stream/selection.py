"""Select the clips of a split that a view reads, in manifest order.

The selection uses the manifest. Only flags may need shards: see `shards.stream.flags`.
"""

from collections.abc import Collection
from dataclasses import dataclass
from typing import TypedDict

import numpy as np
import pyarrow.compute as pc
from numpy.typing import NDArray

from shards.errors import ShardError
from shards.format.dataset import Dataset
from shards.format.unknown_names import near_key
from shards.stream.conditions import meets
from shards.stream.flags import has_flags
from shards.stream.numbers import whole_number


class ClipFilters(TypedDict, total=False):
    """Keyword arguments that select clips of a split; the fields of `Selection` explain them."""

    min_frames: int
    max_frames: int | None
    keys: Collection[str] | None
    exclude: Collection[str]
    where: str | Collection[str]
    limit: int | None


@dataclass(frozen=True)
class Selection:
    """Criteria for the clips that a view reads."""

    split: str
    min_frames: int = 1
    """The minimum number of frames."""
    max_frames: int | None = None
    """The maximum number of frames; None: no limit."""
    keys: Collection[str] | None = None
    """The keys of the clips to read; None: all."""
    exclude: Collection[str] = ()
    """Leave out the clips with any of these flags, such as `t_pose`."""
    where: str | Collection[str] = ()
    """Read only the clips that meet this condition, or all of these: see
    `shards.stream.conditions`."""
    limit: int | None = None
    """Read only the first `limit` of the clips that meet the other criteria; None: all."""

    def __post_init__(self) -> None:
        whole_number("min_frames", self.min_frames, least=1)
        if self.max_frames is not None:
            whole_number("max_frames", self.max_frames, least=self.min_frames)
        if self.limit is not None:
            whole_number("limit", self.limit, least=1)

    def describe(self) -> str:
        """Describe the selection in words."""
        words = [f"the split {self.split!r} with at least {self.min_frames} frames"]
        words += [] if self.max_frames is None else [f"at most {self.max_frames} frames"]
        words += [] if self.keys is None else ["one of the given keys"]
        words += [f"without the flag {name}" for name in _as_list(self.exclude)]
        words += [f"where {condition}" for condition in self.conditions]
        return ", ".join(words)

    @property
    def conditions(self) -> list[str]:
        """The conditions that clips must meet."""
        return _as_list(self.where)


def _as_list(texts: str | Collection[str]) -> list[str]:
    return [texts] if isinstance(texts, str) else [*texts]


def select_rows(dataset: Dataset, selection: Selection) -> NDArray[np.int64]:
    """Return the indices of the selected manifest rows, ascending; raise `ShardError` for none."""
    dataset.shards_of(selection.split)
    frames = dataset.manifest["frames"].to_numpy()
    chosen = pc.equal(dataset.manifest["split"], selection.split).to_numpy()
    chosen = chosen & (frames >= selection.min_frames)
    if selection.max_frames is not None:
        chosen &= frames <= selection.max_frames
    if selection.keys is not None:
        chosen &= _with_keys(dataset, selection.split, selection.keys)
    for condition in selection.conditions:
        chosen &= meets(dataset, condition)
    rows = np.flatnonzero(chosen)
    if selection.exclude and len(rows):
        rows = rows[~has_flags(dataset, rows, selection.exclude)]
    rows = rows[: selection.limit]
    if not len(rows):
        raise ShardError(f"{dataset.place}: no clip matches {selection.describe()}")
    return rows


def _with_keys(dataset: Dataset, split: str, keys: Collection[str]) -> NDArray[np.bool_]:
    wanted = {keys} if isinstance(keys, str) else set(keys)
    columns = ("key", "split")
    split_of = dict(zip(*(dataset.manifest[name].to_pylist() for name in columns), strict=True))
    named = np.array([key in wanted and of == split for key, of in split_of.items()])
    if named.sum() != len(wanted):
        known = [key for key, of in split_of.items() if of == split]
        absent = min(wanted.difference(known))
        there = split_of.get(absent)
        hint = f"; it is in the split {there!r}" if there else near_key(absent, known)
        raise ShardError(
            f"{dataset.place}: there is no sample {absent!r} in the split {split!r}{hint}"
        )
    return named
