"""The sound part of a dataset that may be damaged or not finished, and what is missing.

A reader shows what there is, and lists the rest. `motiondata verify` checks every byte.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from motiondata.counting import counted
from pipelines.viewing.unfinished import dataset_of_receipts, finished_shards
from shards.errors import DatasetError, ShardError
from shards.format.dataset import Dataset, read_drops
from shards.format.paths import DATASET
from shards.format.places import Place, file_size
from shards.format.reading import check_size
from shards.remote.folder import RemoteFolder

if TYPE_CHECKING:
    from pipelines.engine.description import ProductDescription
    from pipelines.products.descriptions import Describe


@dataclass(frozen=True)
class SoundPart:
    """What can be read of a dataset."""

    dataset: Dataset
    """Its manifest and description are sound. Of an unfinished build, it has the finished
    shards."""
    is_finished: bool
    drops: Sequence[Mapping[str, Any]]
    """The dropped rows, as in `drops.parquet`; those of finished shards if it is not finished."""
    faults: tuple[str, ...] = field(default=())
    """What is damaged or missing, one sentence each, without paths of the machine."""
    describe: "Describe | None" = None
    """Finds the description of a product by its name; None for that of this version."""

    @cached_property
    def product(self) -> "ProductDescription":
        """The dataset's product. A viewer, which does not need it, opens twice as fast."""
        from pipelines.viewing.product_of import product_of

        return product_of(self.dataset, self.is_finished, self.describe)

    @classmethod
    def open(cls, path: Place, describe: "Describe | None" = None) -> "SoundPart":
        """Open the sound part of a dataset.

        Raises `DatasetError` if nothing of it can be read: its files are neither a dataset's nor
        those of an unfinished build.
        """
        try:
            dataset = Dataset.open(path)
        except DatasetError as error:
            return _of_receipts(path, error)
        drops, faults = _read_drops(dataset)
        return cls(dataset, True, drops, (*faults, *_shard_faults(dataset)), describe)


def _of_receipts(path: Place, error: DatasetError) -> SoundPart:
    """Return what the receipts of a build say; raise the error if there are none."""
    if isinstance(path, RemoteFolder):
        raise error
    receipts = finished_shards(path) if path.is_dir() else []
    dataset = dataset_of_receipts(path, receipts) if receipts else None
    if dataset is None:
        raise error
    if (path / DATASET).exists():
        said = f"{Path(error.where).name}: {error.message}; only the build's receipts were read"
    else:
        shown = counted(len(receipts), "finished shard")
        said = f"the build is not finished: {shown} of it; to make the rest, run its command again"
    drops = [asdict(drop) for receipt in receipts for drop in receipt.drops]
    return SoundPart(dataset, False, drops, (said, *_shard_faults(dataset)))


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
            check_size(shard, file_size(dataset.place, shard.name))
        except (ShardError, OSError) as error:
            faults.append(_as_fault(error, shard.name))
    return faults


def _as_fault(error: ShardError | OSError, where: str) -> str:
    """Return a fault as a sentence that names a file of the dataset, and no path."""
    if isinstance(error, DatasetError):
        return f"{error.where}: {error.message}"
    return f"{where}: {error.strerror if isinstance(error, OSError) else error}"
