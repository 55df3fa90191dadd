"""The descriptions of all products, for what reads a finished dataset.

`DESCRIPTIONS` is the one list of products.
"""

from collections.abc import Callable

from pipelines.engine.description import NOT_KNOWN, ProductDescription
from pipelines.products.encoded_features.description import ENCODED_FEATURES_PRODUCT
from pipelines.products.lidar.description import LIDAR
from pipelines.products.motion_features.description import MOTION_FEATURES
from pipelines.products.tokens.description import DECODED_MOTION, TOKENS_PRODUCT
from pipelines.products.unknown import UnknownProduct
from shards.format.dataset import Dataset

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
    )
}
"""The descriptions of all products, by name."""


def describe(name: str) -> ProductDescription:
    """Return the description of a product, or `UnknownProduct` for a name that is not listed."""
    return DESCRIPTIONS.get(name) or UnknownProduct.called(name)


def describe_dataset(dataset: Dataset, describe: Describe = describe) -> ProductDescription:
    """Return the description of a dataset's product."""
    return describe(str(dataset.description.provenance.get("product", NOT_KNOWN)))


def command_for(suffix: str) -> str:
    """Return the command of the product whose samples have a member, given its suffix."""
    return next(
        product.command
        for product in DESCRIPTIONS.values()
        if suffix in (member.suffix for member in product.members)
    )
