"""The product of a derived dataset: its samples, and how they are made from a source dataset.

The transform gets one sample at a time, so that a sample does not depend on other samples.
"""

from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, ClassVar

import pyarrow as pa

from motiondata.captions import caption_texts
from motiondata.devices import CPU
from motiondata.errors import InputError
from motiondata.files import expect_as_planned
from pipelines.clips.appraisal import drop_flagged
from pipelines.clips.members import DETAILS, TEXT
from pipelines.engine.description import ProductDescription
from pipelines.engine.fingerprint import KeptShard
from pipelines.engine.opened import Loaded
from pipelines.engine.product import FinishSamples, PlannedBuild, Values
from pipelines.products.derived.plan import PlannedDerivedSample, Scope
from pipelines.products.derived.planned_build import plan_build
from pipelines.products.derived.transform import LoadTransform, Transform
from shards.errors import DatasetError
from shards.format.array_spec import ArraySpec
from shards.format.dataset import Dataset
from shards.format.description import ShardEntry
from shards.format.hashing import hash_file
from shards.format.paths import existing
from shards.format.reading import ShardReader
from shards.format.schema import Schema
from shards.stream.flags import FLAGS

COLUMNS = pa.schema(
    [
        pa.field("source", pa.string(), nullable=False),
        pa.field("subset", pa.string(), nullable=False),
        pa.field("captions", pa.list_(pa.string()), nullable=False),
    ]
)
"""The manifest columns of derived datasets, in addition to the columns that all samples have."""


@dataclass(frozen=True)
class Derivation:
    """What is derived from the samples of a dataset, and by what."""

    description: ProductDescription
    arrays: Mapping[str, ArraySpec]
    """The arrays of a sample, by suffix; `json` and `txt` of the source sample follow them."""
    reads: tuple[str, ...]
    """The members of a source sample that the transform reads, by suffix."""
    role: str
    """What the transform is, such as `encoder`. Samples and `dataset.json` name it so."""
    load: LoadTransform
    seconds_per_frame: float
    """The measured time of one process per frame of the source."""
    facts: Mapping[str, Any] = field(default_factory=dict)
    """What `dataset.json` says of the transform in addition to its id."""
    provenance: Mapping[str, Any] = field(default_factory=dict)
    """Further entries of the provenance in `dataset.json`."""
    scope: Scope = field(default_factory=Scope)
    """Which samples of the dataset are used, and how often."""
    read_units: str = "frames"
    """What the frames of a source sample are called, in the plural."""

    @property
    def read_members(self) -> tuple[str, ...]:
        """The members of a source sample that are read, by suffix."""
        return (*self.reads, DETAILS, TEXT)

    @property
    def schema(self) -> Schema:
        """The members of a sample."""
        return Schema({**self.arrays, DETAILS: "json", TEXT: "text"})


@dataclass(frozen=True)
class DerivedProduct:
    """The samples that are derived from the samples of a dataset."""

    derivation: Derivation
    transform: str
    """Id of the transform. A worker that loads a different transform stops."""
    source: Path
    """Folder of the source dataset."""
    source_schema: Schema
    dataset: str
    """Content hash of the source dataset."""
    parameters: dict[str, Any]
    """The command's options other than files."""
    exclude: tuple[str, ...] = ()
    """Flags; samples with any of them are dropped."""
    loaded: Loaded[Transform] = field(default_factory=Loaded, compare=False, repr=False)

    columns: ClassVar[pa.Schema] = COLUMNS
    is_tried: ClassVar[bool] = False
    warnings: ClassVar[tuple[str, ...]] = ()
    device: ClassVar[str] = CPU

    @property
    def description(self) -> ProductDescription:
        """The description of the derived dataset."""
        return self.derivation.description

    @property
    def seconds_per_frame(self) -> float:
        """The measured time of one process per frame."""
        return self.derivation.seconds_per_frame

    @property
    def schema(self) -> Schema:
        """The members of a sample."""
        return self.derivation.schema

    def open(self) -> "OpenDerivedProduct":
        """Load the transform; raises `InputError` if it has changed."""
        transform = self.loaded.value or self.derivation.load()
        if transform.id != self.transform:
            raise InputError(
                f"the {self.derivation.role} was replaced while it was used; start again"
            )
        return OpenDerivedProduct(self, transform)

    def expect_use(self, samples: Sequence[Values]) -> None:
        """Do nothing: the training of the transform has evaluated its results."""

    def manifest_values(self, values: Values) -> dict[str, Any]:
        """Return a sample's values for `COLUMNS`."""
        details = values[DETAILS]
        captions = caption_texts(details)
        return {"source": details["source"], "subset": details["subset"], "captions": captions}

    def plan_around(self, kept: dict[str, KeptShard]) -> PlannedBuild:
        """Plan the samples of the samples of the source."""
        contents = {"dataset": self.dataset, self.derivation.role: self.transform}
        excluded = {"exclude": [*self.exclude]} if self.exclude else {}
        parameters = {**self.parameters, **excluded}
        planned = plan_build(self.source, parameters, contents, kept, self.derivation.scope)
        units = f"{self.derivation.read_units} of the source"
        return planned._replace(plan=replace(planned.plan, frame_units=units))

    def provenance(self) -> dict[str, Any]:
        """Return the id and facts of the transform, and what the source dataset says of itself.

        Raises `InputError` if the source was replaced during the run.
        """
        dataset = Dataset.open(self.source)
        if dataset.content_hash != self.dataset:
            raise InputError(f"{self.source}: was replaced while it was read; start again")
        source = dataset.description
        return {
            self.derivation.role: {"id": self.transform, **self.derivation.facts},
            **self.derivation.provenance,
            "source": {
                "content_hash": self.dataset,
                "parameters": source.parameters,
                "provenance": source.provenance,
            },
        }


class OpenDerivedProduct:
    """Makes the samples of a derived dataset, with a transform that is loaded once."""

    lookahead_frames = 0

    def __init__(self, product: DerivedProduct, transform: Transform) -> None:
        self._product = product
        self._transform = transform
        self._checked: ShardEntry | None = None
        """The shard whose hash was compared last."""

    def prefetch(self, planned: PlannedDerivedSample) -> None:
        """Do nothing: clips are read sequentially, and operating systems prefetch such reads."""

    def begin(self, planned: PlannedDerivedSample) -> FinishSamples:
        """Return a function that derives the samples."""
        return lambda: self._samples(planned)

    def _samples(self, planned: PlannedDerivedSample) -> list[tuple[str, Values]]:
        """Return keys and members of samples; raises as `_read` and `Transform.derive` do.

        Raises `RecordingError` (FLAGGED), too, if the sample has an excluded flag.
        """
        product = self._product
        read = self._read(planned)
        if product.exclude:
            drop_flagged(planned.recording, read[DETAILS].get(FLAGS, {}), product.exclude)
        details = {
            **read[DETAILS],
            product.derivation.role: product.transform,
            "dataset": product.dataset,
        }
        members = {**read, DETAILS: details}
        return [(key, self._derived(key, members)) for key in planned.keys]

    def _derived(self, key: str, members: Values) -> Values:
        """Return the members of the sample with a key."""
        derived = self._transform.derive(key, members)
        kept = {DETAILS: members[DETAILS], TEXT: members[TEXT], **derived}
        return {suffix: kept[suffix] for suffix in self._product.schema.members}

    def _read(self, planned: PlannedDerivedSample) -> Values:
        """Read a sample's members from the source.

        Raises `DatasetError` if the source is damaged, and `OSError` if its shard has changed since
        the work was planned: the source's disk or mount may have been lost.
        """
        source, schema = self._product.source, self._product.source_schema
        path = source / planned.shard.name
        expect_as_planned(planned.stamp, path)
        try:
            self._check_shard(planned.shard)
            with closing(ShardReader(source, planned.shard)) as reader:
                return {
                    suffix: reader.decoded(schema, planned.sample, suffix)
                    for suffix in self._product.derivation.read_members
                }
        finally:
            expect_as_planned(planned.stamp, path)

    def _check_shard(self, shard: ShardEntry) -> None:
        """Raise `DatasetError` if a shard's hash is wrong. This reads each shard one more time."""
        if shard != self._checked:
            if hash_file(existing(self._product.source, shard.name)) != shard.blake3:
                raise DatasetError(shard.name, "is damaged; verify the dataset, and copy it again")
            self._checked = shard
