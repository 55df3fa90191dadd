"""The sound part of a dataset that may be damaged or not finished, and what is missing.

A reader shows what there is, and lists the rest. `motiondata verify` checks every byte.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from motiondata.counting import counted
from pipelines.engine.description import NOT_KNOWN, ProductDescription
from pipelines.products.descriptions import DESCRIPTIONS, Describe, describe_dataset
from pipelines.products.descriptions import describe as describe_product
from pipelines.products.unknown import UnknownProduct
from pipelines.viewing.unfinished import dataset_of_receipts, finished_shards
from shards.errors import DatasetError, ShardError
from shards.format.dataset import Dataset, read_drops
from shards.format.members import field_of
from shards.format.paths import DATASET, existing
from shards.format.reading import check_size


@dataclass(frozen=True)
class SoundPart:
    """What can be read of a dataset."""

    dataset: Dataset
    """Its manifest and description are sound. Of an unfinished build, it has the finished
    shards."""
    product: ProductDescription
    is_finished: bool
    drops: Sequence[Mapping[str, Any]]
    """The dropped rows, as in `drops.parquet`; those of finished shards if it is not finished."""
    faults: tuple[str, ...] = field(default=())
    """What is damaged or missing, one sentence each, without paths of the machine."""

    @classmethod
    def open(cls, path: Path, describe: Describe = describe_product) -> "SoundPart":
        """Open the sound part of a dataset.

        Raises `DatasetError` if nothing of it can be read: its files are neither a dataset's nor
        those of an unfinished build.
        """
        try:
            dataset = Dataset.open(path)
        except DatasetError as error:
            return _of_receipts(path, error)
        drops, faults = _read_drops(dataset)
        product = describe_dataset(dataset, describe)
        return cls(dataset, product, True, drops, (*faults, *_shard_faults(dataset)))


def _of_receipts(path: Path, error: DatasetError) -> SoundPart:
    """Return what the receipts of a build say; raise the error if there are none."""
    receipts = finished_shards(path) if path.is_dir() else []
    dataset = dataset_of_receipts(path, receipts) if receipts else None
    if dataset is None:
        raise error
    if (path / DATASET).exists():
        said = f"{Path(error.where).name}: {error.message}; only the build's receipts were read"
    else:
        said = f"the build is not finished: {counted(len(receipts), 'shard')} of it are shown"
    drops = [asdict(drop) for receipt in receipts for drop in receipt.drops]
    return SoundPart(dataset, _product_of(dataset), False, drops, (said, *_shard_faults(dataset)))


def _product_of(dataset: Dataset) -> ProductDescription:
    """Return the product whose members fit those of a dataset best, or that it is not known."""
    fields = {*dataset.schema.suffixes}
    spare: dict[int, list[ProductDescription]] = {}
    for product in DESCRIPTIONS.values():
        members = {field_of(member.suffix) for member in product.members}
        if fields <= members:
            spare.setdefault(len(members - fields), []).append(product)
    best = spare[min(spare)] if spare else []
    return best[0] if len(best) == 1 else UnknownProduct.called(NOT_KNOWN)


def _read_drops(dataset: Dataset) -> tuple[Sequence[Mapping[str, Any]], list[str]]:
    try:
        return read_drops(dataset).to_pylist(), []
    except (ShardError, OSError) as error:
        return [], [_as_fault(error, dataset.description.tables[1].name)]


def _shard_faults(dataset: Dataset) -> list[str]:
    """Return a fault for each shard that is missing or has another size."""
    faults = []
    for shard in dataset.description.shards:
        try:
            check_size(shard, existing(dataset.path, shard.name).stat().st_size)
        except (ShardError, OSError) as error:
            faults.append(_as_fault(error, shard.name))
    return faults


def _as_fault(error: ShardError | OSError, where: str) -> str:
    """Return a fault as a sentence that names a file of the dataset, and no path."""
    if isinstance(error, DatasetError):
        return f"{error.where}: {error.message}"
    return f"{where}: {error.strerror if isinstance(error, OSError) else error}"
