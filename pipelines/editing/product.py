"""An edit as a product of the engine: what jobs carry, and what `dataset.json` says."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, NamedTuple, Self

import pyarrow as pa

from motiondata.devices import CPU
from motiondata.errors import InputError
from pipelines.editing.edit import CopiedMember, Edit
from pipelines.editing.plan import plan_edit
from pipelines.editing.provenance import edited_parameters, edited_provenance
from pipelines.engine.description import ProductDescription
from pipelines.engine.fingerprint import KeptShard
from pipelines.engine.opened import Loaded
from pipelines.engine.product import FinishSamples, PlannedBuild, Values
from pipelines.products.descriptions import describe_dataset
from shards.format.hashing import hash_of
from shards.format.members import field_of
from shards.format.paths import DATASET
from shards.format.places import Place
from shards.format.schema import Schema


class Source(NamedTuple):
    """A source of an edit."""

    place: Place
    """A folder of this machine, absolute, or one at a URL."""
    description_hash: str
    """The hash of `dataset.json`, which has the hashes of all other files."""


@dataclass(frozen=True)
class EditedProduct:
    """The samples of an edit."""

    description: ProductDescription
    members: tuple[CopiedMember, ...]
    columns: pa.Schema
    sources: tuple[Source, ...]
    parameters: dict[str, Any]
    facts: dict[str, Any]
    """The provenance that `dataset.json` records."""
    loaded: Loaded[Edit] = field(default_factory=Loaded, compare=False, repr=False)

    is_tried: ClassVar[bool] = False
    warnings: ClassVar[tuple[str, ...]] = ()
    device: ClassVar[str] = CPU
    seconds_per_frame: ClassVar[float] = 1e-4
    """Measured for scans of 384 points whose statistics are computed: about 10,000 frames per
    second with `motiondata split` on one of two cores that other programs used too."""

    @classmethod
    def of(cls, edit: Edit) -> Self:
        """Return the product of an edit, which is that of its first source."""
        sources = (Source(source.place, hash_of(source.place, DATASET)) for source in edit.sources)
        return cls(
            describe_dataset(edit.sources[0]),
            edit.members,
            edit.columns,
            tuple(sources),
            edited_parameters(edit),
            edited_provenance(edit),
            Loaded(edit),
        )

    @property
    def schema(self) -> Schema:
        """The members of a sample."""
        return Schema({member.suffix: member.spec for member in self.members})

    @property
    def parts(self) -> list[int]:
        """The numbers of the origins that a sample is copied from."""
        return sorted({member.part for member in self.members})

    def fields_of(self, part: int) -> list[str]:
        """Return the fields that are copied from an origin."""
        return [field_of(member.suffix) for member in self.members if member.part == part]

    def open(self) -> "OpenEdit":
        """Return what makes no samples: `pipelines.editing.copy_shard` copies them."""
        return OpenEdit()

    def expect_use(self, samples: Sequence[Values]) -> None:
        """Do nothing: the sources are finished datasets."""

    def manifest_values(self, values: Values) -> dict[str, Any]:
        """Raise: the columns are copied too."""
        raise NotImplementedError

    def plan_around(self, kept: dict[str, KeptShard]) -> PlannedBuild:
        """Plan the shards of the edit."""
        if self.loaded.value is None:
            raise AssertionError("an edit is planned by the process that has made it")
        contents = {
            f"dataset {number}": source.description_hash
            for number, source in enumerate(self.sources, 1)
        }
        return plan_edit(self.loaded.value, self.parameters, contents, kept)

    def provenance(self) -> dict[str, Any]:
        """Return what the sources say of themselves.

        Raises `InputError` if a source was replaced during the edit.
        """
        for source in self.sources:
            if hash_of(source.place, DATASET) != source.description_hash:
                raise InputError(f"{source.place}: was replaced while it was read; start again")
        return self.facts


class OpenEdit:
    """Nothing is loaded for an edit."""

    lookahead_frames = 0

    def prefetch(self, planned: Any) -> None:
        """Do nothing."""

    def begin(self, planned: Any) -> FinishSamples:
        """Raise: samples are copied, not made."""
        raise NotImplementedError
