"""A product defines what a build makes and from what. The engine knows products only by this.

A product defines the layout of a sample, plans the build and makes the samples of each planned
row. Shards, receipts, locks, workers and resuming work the same way for all products.
"""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple, Protocol

import pyarrow as pa

from pipelines.engine.description import ProductDescription
from pipelines.engine.fingerprint import Fingerprint, KeptShard
from pipelines.engine.plan import Plan
from shards.format.schema import Schema

Values = dict[str, Any]
"""The values of a sample's members, by suffix."""

FinishSamples = Callable[[], list[tuple[str, Values]]]
"""Waits for the samples of a row and returns the key and the values of each, in order."""


class PlannedBuild(NamedTuple):
    """A plan and the fingerprint of what it was made from."""

    plan: Plan[Any]
    fingerprint: Fingerprint


Planner = Callable[[dict[str, KeptShard]], PlannedBuild]
"""Plans a build around the shards that are kept, given by name."""


class OpenProduct(Protocol):
    """A product with all that its samples need, such as bodies or an encoder.

    It belongs to one process, and to the processes that are forked from it.
    """

    @property
    def lookahead_frames(self) -> int:
        """The number of frames that a worker may have pending before it must finish a row."""

    def prefetch(self, planned: Any) -> None:
        """Ask the operating system to read ahead the files of the planned row that begins next."""

    def begin(self, planned: Any) -> FinishSamples:
        """Begin the samples of a planned row and return a function that waits for them.

        Both raise `RecordingError` if the row must be dropped.
        """


class Product(Protocol):
    """The interface of a product. It is small and picklable: every job carries it to a worker.

    Copies are equal, so that a worker knows whether it has opened the product of a job.
    """

    @property
    def description(self) -> ProductDescription:
        """The name of the product, its members, and its report."""

    @property
    def schema(self) -> Schema:
        """The members of a sample."""

    @property
    def columns(self) -> pa.Schema:
        """The manifest columns of this product, in addition to the columns of every product."""

    @property
    def is_tried(self) -> bool:
        """Whether the samples of the first rows are made and checked before a build begins."""

    @property
    def warnings(self) -> Sequence[str]:
        """Warnings about absent inputs that a user could otherwise miss."""

    @property
    def device(self) -> str:
        """The device that computes the samples, one of `motiondata.devices.SCAN_DEVICES`."""

    @property
    def seconds_per_frame(self) -> float | None:
        """The measured time of one process per frame; None if there is no measurement.

        Only the number of workers is chosen by it. The actual time depends on the processor and on
        the parameters.
        """

    def open(self) -> "OpenProduct":
        """Load what all samples need. A process opens a product once, and makes many samples.

        Raises `InputError` if an input was replaced since the build was planned.
        """

    def expect_use(self, samples: Sequence[Values]) -> None:
        """Raise `InputError` if the first rows' samples show that the dataset would be useless."""

    def manifest_values(self, values: Values) -> dict[str, Any]:
        """Return the values of `columns` for a sample."""

    def plan_around(self, kept: dict[str, KeptShard]) -> PlannedBuild:
        """Plan a build around the shards that its folder keeps unchanged; usually none.

        Raises `InputError` if there is nothing to build.
        """

    def provenance(self) -> dict[str, Any]:
        """Return the entries of `dataset.json` that describe how the samples were made."""
