"""The descriptions of all products, for what reads a finished dataset.

`DESCRIPTIONS` is the one list of products.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from pipelines.engine.description import (
    NOT_KNOWN,
    Member,
    ProductDescription,
    option_words,
)
from pipelines.products.encoded_features.description import ENCODED_FEATURES_PRODUCT
from pipelines.products.lidar.description import LIDAR
from pipelines.products.motion_features.description import MOTION_FEATURES
from pipelines.products.pfnn.description import PFNN
from pipelines.products.pose_pairs.description import POSE_PAIRS
from pipelines.products.tokens.description import (
    DECODED_MOTION,
    GENERATED_MOTION,
    TOKENS_PRODUCT,
)
from pipelines.products.unknown import UnknownProduct
from shards.format.dataset import Dataset

EDIT = "edit"
"""The parameter of an edited dataset that has the command and its options."""
SOURCES = "sources"
"""What the provenance of an edited dataset calls the descriptions of its sources."""

KEYS, RENAMES, LISTS = "keys_hash", "renames_hash", "lists_hash"
FILE_OPTIONS = {KEYS: "--file FILE", RENAMES: "--file FILE", LISTS: "--lists DIR"}
"""The options of an edit that name files: their contents are recorded as a hash."""

Describe = Callable[[str], ProductDescription]
"""Finds the description of a product by its name."""

DESCRIPTIONS = {
    product.name: product
    for product in (
        LIDAR,
        ENCODED_FEATURES_PRODUCT,
        *MOTION_FEATURES.values(),
        TOKENS_PRODUCT,
        DECODED_MOTION,
        GENERATED_MOTION,
        POSE_PAIRS,
        PFNN,
    )
}
"""The descriptions of all products, by name."""


def describe(name: str) -> ProductDescription:
    """Return the description of a product, or `UnknownProduct` for a name that is not listed."""
    return DESCRIPTIONS.get(name) or UnknownProduct.called(name)


def describe_dataset(dataset: Dataset, describe: Describe = describe) -> ProductDescription:
    """Return the description of a dataset's product.

    Members that an edit has added are described by the products that they come from.
    """
    provenance = dataset.description.provenance
    product = _product_of(provenance, describe)
    known = {member.suffix for member in product.members}
    added = {
        member.suffix: member
        for member in _source_members(provenance, describe)
        if member.suffix in dataset.schema.members and member.suffix not in known
    }
    return replace(product, members=(*product.members, *added.values())) if added else product


def input_lines(product: ProductDescription, provenance: Mapping[str, Any]) -> list[str]:
    """Return lines about what a dataset was made from; of an edited one, about each source."""
    if SOURCES not in provenance:
        return product.inputs(provenance)
    lines = []
    for source in provenance[SOURCES]:
        of = source["provenance"]
        lines.append(f"of the {of.get('product', NOT_KNOWN)} dataset {source['content_hash']}")
        lines += input_lines(_product_of(of, describe), of)
    return lines


def command_line(product: ProductDescription, dataset: Dataset) -> str:
    """Return the command that makes a dataset, with placeholders for the user's files."""
    edit = dataset.description.parameters.get(EDIT)
    if edit is None:
        return product.command_line(dataset)
    sources = len(dataset.description.provenance[SOURCES])
    words = option_words(edit_options(edit)) + [
        option for name, option in FILE_OPTIONS.items() if name in edit
    ]
    datasets = ["DATASET"] if sources == 1 else [f"DATASET{n}" for n in range(1, sources + 1)]
    return " ".join(["motiondata", edit["command"], *datasets, *words, "--out DIR"])


def edit_options(edit: Mapping[str, Any]) -> dict[str, Any]:
    """Return the options of a recorded edit that name no files."""
    return {name: edit[name] for name in edit if name not in {"command", *FILE_OPTIONS}}


def _product_of(provenance: Mapping[str, Any], describe: Describe) -> ProductDescription:
    return describe(str(provenance.get("product", NOT_KNOWN)))


def _source_members(provenance: Mapping[str, Any], describe: Describe) -> Iterator[Member]:
    """Yield the members that the products of a dataset's sources describe."""
    for source in provenance.get(SOURCES, ()):
        yield from _product_of(source["provenance"], describe).members
        yield from _source_members(source["provenance"], describe)


def command_for(suffix: str) -> str:
    """Return the command of the product whose samples have a member, given its suffix."""
    return next(
        product.command
        for product in DESCRIPTIONS.values()
        if suffix in (member.suffix for member in product.members)
    )
