"""The plan of a dataset of pose pairs: one row for each pair, with all that its sample contains."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from motiondata.pose_pairs.pair_codes import PAIR_CODES
from motiondata.pose_pairs.postures import Headings
from motiondata.pose_pairs.statements import PairFacts
from pipelines.clips.options import PackingOptions
from pipelines.clips.pack_shards import cut_evenly
from pipelines.engine.drops import Drop
from pipelines.engine.plan import Plan, PlannedShards
from pipelines.products.pose_pairs.picked import FoundPairs
from shards.format.paths import shard_name

Singles = NDArray[np.float32]

SAMPLE_BYTES = 14 * 1024
"""The approximate size of a sample in a shard: two poses, nine members, texts and details."""


@dataclass(frozen=True)
class PairRow:
    """The description of a pair that a drop would record."""

    number: int
    name: str
    source_path: str
    subset: str


@dataclass(frozen=True, eq=False)
class PlannedPair:
    """A pair of poses."""

    row: PairRow
    joints: Singles
    """Shaped (2, 22, 3), as are the rotations."""
    pose: Singles
    trans: Singles
    facts: PairFacts
    changes: Singles
    details: dict[str, Any]
    """What its `json` says of the poses and of the rules that chose them."""

    @property
    def recording(self) -> str:
        """The recording of pose B, in messages."""
        return self.row.source_path

    @property
    def frames(self) -> int:
        """The number of poses."""
        return 2

    @property
    def keys(self) -> tuple[str, ...]:
        """The key of its sample."""
        return (self.row.name,)

    @property
    def files(self) -> dict[str, set[str]]:
        """The recordings of both poses."""
        return {"recordings": {self.details["a"]["source"], self.details["b"]["source"]}}

    @property
    def identity(self) -> list[object]:
        """The values that a plan's hash covers. Those of the clips cover the rest."""
        return [self.row.number, self.row.name]


@dataclass(frozen=True, eq=False)
class PlannedPairs:
    """The pairs of a dataset, in columns."""

    found: FoundPairs
    first_row: int
    """The number of the first pair's row: those before it are the rows of clips."""

    def __len__(self) -> int:
        return len(self.found.pairs)

    @property
    def frames(self) -> NDArray[np.int64]:
        """The number of poses of each pair, shaped (pairs,)."""
        return np.full(len(self), 2)

    @property
    def samples(self) -> NDArray[np.int64]:
        """The number of samples of each pair, shaped (pairs,)."""
        return np.ones(len(self), np.int64)

    def rows(self, start: int, stop: int) -> Iterator[PlannedPair]:
        """Create the pairs from `start` up to, but not including, `stop`."""
        for number in range(start, min(stop, len(self))):
            yield self._row(number)

    def _row(self, number: int) -> PlannedPair:
        found, details = self.found, self._details(number)
        joints, pose, trans = self._poses(number)
        b = details["b"]
        row = PairRow(self.first_row + number, pair_key(number), b["source"], b["subset"])
        changes = found.codes.changes[number]
        return PlannedPair(row, joints, pose, trans, found.facts(number), changes, details)

    def _poses(self, number: int) -> tuple[Singles, Singles, Singles]:
        """Return joints, rotations and places of both poses.

        Pose B of a pair in sequence is turned back by the heading of pose A, as in PoseFix.
        """
        pairs, turn = self.found.pairs, self.found.turn
        both = np.array([pairs.first[number], pairs.second[number]])
        postures = self.found.poses.postures.take(both)
        if not pairs.in_sequence[number]:
            return postures.joints, postures.pose, postures.trans
        back = Headings(turn.half_cosine[[number]], -turn.half_sine[[number]])
        joints, pose = (each.astype(np.float64) for each in (postures.joints, postures.pose))
        joints[1:] = back.remove_from_points(joints[1:])
        pose[1:, 0] = back.remove_from_roots(pose[1:, 0])
        return joints.astype(np.float32), pose.astype(np.float32), postures.trans

    def _details(self, number: int) -> dict[str, Any]:
        pairs, poses = self.found.pairs, self.found.poses
        a, b = (poses.origin(int(each[number])) for each in (pairs.first, pairs.second))
        reverse = int(pairs.reverse[number])
        in_sequence = bool(pairs.in_sequence[number])
        return {
            "a": a,
            "b": b,
            "in_sequence": in_sequence,
            "reverse": pair_key(reverse) if reverse >= 0 else None,
            "seconds": b["seconds"] - a["seconds"] if in_sequence else None,
            "turn_degrees": float(self.found.codes.changes[number, -1]) if in_sequence else None,
            "similarity": float(pairs.similarity[number]),
            "differing_codes": int(pairs.differing[number]),
        }


def pair_key(number: int) -> str:
    """Return the key of a pair's sample."""
    return f"{number:06d}"


def plan_pairs(
    found: FoundPairs, packing: PackingOptions, drops: Sequence[Drop], first_row: int
) -> Plan[PlannedPairs]:
    """Plan shards of pairs, in the order of pose B, split by split."""
    names, sizes = [], []
    every = np.array(found.splits)
    for split in dict.fromkeys(found.splits):
        count = int((every == split).sum())
        parts = cut_evenly(np.full(count, SAMPLE_BYTES), packing)
        names += [shard_name(split, number) for number in range(len(parts))]
        sizes += [len(part) for part in parts]
    shards = PlannedShards(names, sizes, PlannedPairs(found, first_row))
    return Plan(shards, tuple(drops), len(found.pairs) + len(drops))


def strengths_of(changes: Singles) -> dict[str, float]:
    """Return the sizes of changes by pair code, in units of the smallest change that counts."""
    return {
        code.name: abs(float(change)) / code.scale.least
        for code, change in zip(PAIR_CODES, changes, strict=True)
    }
