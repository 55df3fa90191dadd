"""The description of a product that this version does not have, such as one of a newer version."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

from pipelines.engine.description import NOT_KNOWN, ProductDescription
from shards.format.dataset import Dataset


@dataclass(frozen=True)
class UnknownProduct(ProductDescription):
    """States what is not known. All else about a dataset is read from its schema and tables."""

    @classmethod
    def called(cls, name: str) -> Self:
        """Return the description of an unknown product with a name."""
        return cls(name=name, members=(), command=NOT_KNOWN)

    def inputs(self, provenance: Mapping[str, Any]) -> list[str]:  # noqa: ARG002
        """Report that the product is unknown, and what follows from this."""
        return [
            f"this version of motiondata has no product {self.name!r}: the units and frames of its "
            "arrays, and the command that makes it, are not known"
        ]

    def command_line(self, dataset: Dataset) -> str:  # noqa: ARG002
        """Return that the command is not known."""
        return NOT_KNOWN
