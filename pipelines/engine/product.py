"""A product: what a build makes, and from what. The build itself knows nothing else of it.

It says how a sample looks, makes the samples of one planned row after another, and plans; shards,
receipts, locks, workers and going on after an interruption are the same for all of them.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple, Protocol

import pyarrow as pa

from pipelines.engine.fingerprint import Fingerprint, KeptShard
from pipelines.engine.plan import Plan
from pipelines.engine.totals import BuildTotals
from shards.format.schema import Schema

Values = dict[str, Any]
"""The values of a sample's members, by suffix."""

FinishSamples = Callable[[], list[tuple[str, Values]]]
"""Waits for a row's samples, each its key and its values, in order."""


class PlannedBuild(NamedTuple):
    """A plan, and what it was made from."""

    plan: Plan[Any]
    fingerprint: Fingerprint


Planner = Callable[[dict[str, KeptShard]], PlannedBuild]
"""Plans a build around shards that are kept."""


class Product(Protocol):
    """What is made. It is small and can be pickled: workers get it with every job."""

    @property
    def name(self) -> str:
        """What it is called, in one word."""

    @property
    def schema(self) -> Schema:
        """The members of a sample."""

    @property
    def columns(self) -> pa.Schema:
        """What the manifest says of a sample beside what it says of every one."""

    @property
    def reported_means(self) -> Mapping[str, str]:
        """The columns whose mean over all frames a report tells, and its unit."""

    @property
    def counted(self) -> Mapping[str, str]:
        """The columns whose sum over all samples a report tells where it is not 0, and as what."""

    @property
    def is_tried(self) -> bool:
        """Tell whether the first rows are to be made and judged before a build begins."""

    @property
    def warnings(self) -> Sequence[str]:
        """What a report says of its inputs, because nobody would notice that they are absent."""

    def remarks(self, totals: BuildTotals) -> Sequence[str]:
        """Return what a report says of the samples that were built, one line per remark."""

    @property
    def device(self) -> str:
        """What the samples are computed on, one of `motiondata.devices.SCAN_DEVICES`."""

    @property
    def lookahead_frames(self) -> int:
        """How many frames are begun beyond the row that is finished next, in a worker."""

    def warm_up(self) -> None:
        """Load what all samples need, once a process."""

    def prefetch(self, planned: Any) -> None:
        """Ask the system to have a planned row's files at hand, for it is the next to begin."""

    def begin(self, planned: Any) -> FinishSamples:
        """Begin the samples of a planned row, and return what waits for them.

        Both raise `RecordingError` where the row is to be dropped.
        """

    def expect_use(self, samples: Sequence[Values]) -> None:
        """Raise `InputError` where the first rows' samples show that all would be of no use."""

    def manifest_values(self, values: Values) -> dict[str, Any]:
        """Return a sample's values of `columns`."""

    def plan_around(self, kept: dict[str, KeptShard]) -> PlannedBuild:
        """Plan a build whose folder has shards that are to stay as they are; mostly none.

        Raises `InputError` where there is nothing to be built.
        """

    def provenance(self) -> dict[str, Any]:
        """Return what `dataset.json` says of what it was made with."""
