"""The product of a dataset, or of what is finished of a build that does not name it yet."""

from pipelines.engine.description import NOT_KNOWN, ProductDescription
from pipelines.products.descriptions import DESCRIPTIONS, Describe, describe_dataset
from pipelines.products.descriptions import describe as describe_product
from pipelines.products.unknown import UnknownProduct
from shards.format.dataset import Dataset
from shards.format.members import field_of


def product_of(
    dataset: Dataset, is_finished: bool, describe: Describe | None
) -> ProductDescription:
    """Return the product that a finished dataset names, or that its members fit best."""
    if is_finished:
        return describe_dataset(dataset, describe or describe_product)
    fields = {*dataset.schema.suffixes}
    spare: dict[int, list[ProductDescription]] = {}
    for product in DESCRIPTIONS.values():
        members = {field_of(member.suffix) for member in product.members}
        if fields <= members:
            spare.setdefault(len(members - fields), []).append(product)
    best = spare[min(spare)] if spare else []
    return best[0] if len(best) == 1 else UnknownProduct.called(NOT_KNOWN)
