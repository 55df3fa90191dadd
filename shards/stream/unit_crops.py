"""Crops of clips to whole units of frames, as HumanML3D's trainers make them.

A model that halves the time twice reads four frames as one step, so a clip must have a multiple of
four. The rule is that of `Text2MotionDatasetV2` (`data/dataset.py` of EricGuo5513/text-to-motion):
two times in three, a clip keeps all of its whole units; otherwise it loses one more. The remaining
frames are split at random between both ends.
"""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from shards.stream.items import ClipItems, FrameRuns
from shards.stream.numbers import whole_number
from shards.stream.shuffle import Epoch

COIN_SIDES = 3
"""HumanML3D draws from single, single, double."""


@dataclass(frozen=True, eq=False)
class UnitCrops:
    """The items of another source, cropped at random in every epoch.

    An item shorter than two units keeps one unit; one shorter than a unit keeps all of its frames.
    """

    source: ClipItems
    unit: int
    """The number of frames of a unit."""

    def __post_init__(self) -> None:
        whole_number("crop_unit", self.unit, least=1)

    def __len__(self) -> int:
        return len(self.source)

    def runs(self, items: NDArray[np.int64], epoch: Epoch) -> FrameRuns:
        """Return the cropped runs of frames."""
        runs = self.source.runs(items, epoch)
        sides = epoch.choose("crop coin", items, np.full_like(items, COIN_SIDES))
        counts = cropped_frames(runs.counts, self.unit, sides == COIN_SIDES - 1)
        offsets = epoch.choose("crop offset", items, runs.counts - counts + 1)
        return replace(runs, starts=runs.starts + offsets, counts=counts)

    @property
    def longest(self) -> int:
        """The number of frames of the longest item after its crop."""
        longest = np.array([self.source.longest])
        return int(cropped_frames(longest, self.unit, np.array([False]))[0])

    @property
    def identity(self) -> dict[str, Any]:
        """The values that a state must match."""
        identity = self.source.identity
        return {**identity, "kind": f"cropped {identity['kind']}", "crop_unit": int(self.unit)}


def cropped_frames(
    frames: NDArray[np.int64], unit: int, is_double: NDArray[np.bool_]
) -> NDArray[np.int64]:
    """Return the numbers of frames that are left: whole units, one unit less if double."""
    units = np.maximum(frames // unit - is_double, 1)
    counts: NDArray[np.int64] = np.minimum(units * unit, frames)
    return counts
