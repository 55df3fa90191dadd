"""The totals of finished shards, added up one by one. Samples are kept only as sums and counts."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import islice

from pipelines.engine.description import ProductDescription
from pipelines.engine.drops import Drop
from pipelines.engine.plan import PlannedShard
from pipelines.engine.receipts import Receipt
from shards.format.description import ShardEntry
from shards.stats.moments import Moments, merge


@dataclass
class SubsetTotals:
    """The numbers of rows, samples and frames of one subset of the archive."""

    rows: int = 0
    samples: int = 0
    frames: int = 0


@dataclass
class BuildTotals:
    """The totals of the shards of a plan that have been added."""

    description: ProductDescription
    """Says which manifest columns are summed."""
    drops: list[Drop]
    """The drops of the plan, and those of the shards added so far."""
    shards: list[ShardEntry] = field(default_factory=list)
    """The shards that have samples."""
    subsets: dict[str, SubsetTotals] = field(default_factory=dict)
    moments: dict[tuple[str, str], Moments] = field(default_factory=dict)
    """The moments, by split and field."""
    sums: Counter[str] = field(default_factory=Counter)
    """The sums of the description's `counted` columns, and of its `reported_means` columns, with
    each value weighted by the sample's number of frames."""
    flags: Counter[str] = field(default_factory=Counter)
    """The number of samples that have each flag."""
    captions: list[int] = field(default_factory=list)
    """The number of captions per sample; empty if the manifest has no such column."""

    @property
    def samples(self) -> int:
        """The number of samples."""
        return sum(shard.samples for shard in self.shards)

    @property
    def frames(self) -> int:
        """The total number of frames of all samples."""
        return sum(shard.frames for shard in self.shards)

    def add(self, shard: PlannedShard, receipt: Receipt) -> None:
        """Add a finished shard. Raises `AssertionError` unless each row has samples or a drop."""
        drops = list(_own_drops(shard, receipt))
        self.flags += count_flags(receipt.samples.get("flags", ()))
        self.captions += map(len, receipt.samples.get("captions", ()))
        self._count(shard, receipt, drops)
        self.drops += drops
        if receipt.file is not None:
            file, samples = receipt.file, len(receipt.keys)
            self.shards.append(
                ShardEntry(shard.name, file.bytes, file.blake3, samples, receipt.frames)
            )
            self._fold(shard.split, receipt)

    def _count(self, shard: PlannedShard, receipt: Receipt, drops: list[Drop]) -> None:
        """Count the rows that were not dropped. Their samples are contiguous in the receipt."""
        dropped = [drop.row for drop in drops]
        built = [clip for clip in shard.clips if clip.row.number not in dropped]
        keys = [key for clip in built for key in clip.keys]
        if keys != receipt.keys or len(built) + len(dropped) != len(shard.clips):
            raise AssertionError(f"{shard.name}: not every row is its samples or one drop")
        frames = iter(receipt.samples["frames"])
        for clip in built:
            samples = len(clip.keys)
            count = self.subsets.setdefault(clip.row.subset, SubsetTotals())
            count.rows += 1
            count.samples += samples
            count.frames += sum(islice(frames, samples))

    def _fold(self, split: str, receipt: Receipt) -> None:
        for name, moments in receipt.moments.items():
            before = self.moments.get((split, name))
            self.moments[split, name] = moments if before is None else merge(before, moments)
        for column in self.description.reported_means:
            values = zip(receipt.samples[column], receipt.samples["frames"], strict=True)
            for value, frames in values:
                self.sums[column] += value * frames
        for column in self.description.counted:
            self.sums[column] += sum(receipt.samples[column])


def count_flags(flags: Iterable[Iterable[str]]) -> Counter[str]:
    """Count the samples that have each flag, given the flags of each sample."""
    return Counter(flag for of_sample in flags for flag in {*of_sample})


def _own_drops(shard: PlannedShard, receipt: Receipt) -> Iterator[Drop]:
    """Yield the drops of a shard's own rows. A row that is tried again moves to another shard."""
    if receipt.drops:
        mine = {clip.row.number for clip in shard.clips}
        yield from (drop for drop in receipt.drops if drop.row in mine)
