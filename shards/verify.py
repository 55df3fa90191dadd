"""Verify a dataset: every byte of every file and the content of every member.

Hashes cover the bytes. The schema and the manifest cover the content, because a faulty build would
hash its own mistakes. Each fault is one line. A damaged folder yields faults and never raises.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from typing import TypeVar

from shards.errors import DatasetError, ShardError
from shards.format.dataset import Dataset, read_description, read_table_file
from shards.format.description import Description, FileEntry, ShardEntry
from shards.format.hashing import hash_bytes
from shards.format.paths import DATASET, LOCK, MANIFEST, RECEIPTS, RUN, STATISTICS_FILE
from shards.format.places import Place, file_names, has_file, place_of, read_file
from shards.format.publishing import TEMPORARY
from shards.format.reading import ShardReader
from shards.format.shard_faults import hash_faults, sample_faults
from shards.format.tables import TableEntry, parquet_to_table
from shards.printable import printable
from shards.stats.statistics_files import statistics_faults

T = TypeVar("T")

_DERIVED = re.compile(rf"{STATISTICS_FILE.pattern}|{RECEIPTS}/[^/]+\.(?:json|parquet)")

_CARD = re.compile(r"croissant\.json|licenses\.csv|preview/clips\.(?:parquet|png)")
"""Files of `motiondata card`; no reader opens them."""
_HOSTS = re.compile(r"README\.md|\.gitattributes|\.gitignore|\.git(/.*)?|\.cache/huggingface/.*")
"""Files that the Hugging Face Hub and git add to a folder; no reader opens them."""
_ALLOWED = (_DERIVED, _CARD, _HOSTS)


@dataclass(frozen=True)
class Fault:
    """A fault of a dataset."""

    where: str
    """The file in the dataset's folder, or the folder itself."""
    message: str

    def __str__(self) -> str:
        return printable(" ".join(f"{self.where}: {self.message}".split()))


def verify(
    path: str | Place, on_samples: Callable[[int], None] = lambda _: None
) -> Iterator[Fault]:
    """Yield every fault of a dataset; no fault means that it is complete and unchanged.

    `on_samples` is called after each shard with the number of its samples.
    """
    place = place_of(path)
    description, faults = _attempt(DATASET, lambda: read_description(place))
    yield from faults
    if description is not None:
        yield from _described_faults(place, description, on_samples)


def _described_faults(
    path: Place, description: Description, on_samples: Callable[[int], None]
) -> Iterator[Fault]:
    dataset, faults = _attempt(MANIFEST, lambda: Dataset.open(path))
    yield from faults
    for table in description.tables[1:]:
        yield from _check(table.name, partial(_table_faults, path, table))
    for shard in description.shards:
        yield from _check(shard.name, partial(_shard_faults, path, shard, dataset))
        on_samples(shard.samples)
    for file in description.statistics or ():
        yield from _check(file.name, partial(_listed_faults, path, file))
    names = sorted(file_names(path))
    for where, split, name in _statistics_folders(names):
        check = partial(statistics_faults, path, split, name, description.content_hash)
        yield from _check(where, check)
    yield from _stray_faults(names, description)


def _attempt(where: str, action: Callable[[], T]) -> tuple[T | None, list[Fault]]:
    """Return the result of an action, or the fault that made it fail."""
    try:
        return action(), []
    except DatasetError as error:
        return None, [Fault(error.where, error.message)]
    except (ShardError, OSError) as error:
        return None, [Fault(where, str(error))]


def _check(where: str, check: Callable[[], Iterable[str]]) -> list[Fault]:
    """Return the messages of a check of a file, or the error that stopped it, as faults."""
    found, faults = _attempt(where, lambda: [Fault(where, message) for message in check()])
    return found or faults


def _table_faults(path: Place, table: TableEntry) -> Iterator[str]:
    rows = parquet_to_table(read_table_file(path, table), table.name).num_rows
    if rows != table.rows:
        yield f"has {rows} rows; {DATASET} records {table.rows}"


def _listed_faults(path: Place, file: FileEntry) -> Iterator[str]:
    """Yield a fault if a file differs from the one that the build wrote."""
    if not has_file(path, file.name):
        yield "is missing; run `motiondata stats` to write it again"
        return
    data = read_file(path, file.name)
    if (len(data), hash_bytes(data)) != (file.bytes, file.blake3):
        yield f"is not the file that {DATASET} lists; run `motiondata stats` to write it again"


def _shard_faults(path: Place, shard: ShardEntry, dataset: Dataset | None) -> Iterator[str]:
    with closing(ShardReader(path, shard)) as reader:
        yield from hash_faults(reader)
        if dataset is not None:
            yield from sample_faults(reader, dataset.schema, dataset.rows_of(shard))


def _statistics_folders(names: list[str]) -> list[tuple[str, str, str]]:
    matches = [match for match in map(STATISTICS_FILE.fullmatch, names) if match]
    return list(dict.fromkeys((match[1], match[2], match[3]) for match in matches))


def _stray_faults(names: list[str], description: Description) -> Iterator[Fault]:
    tables = (table.name for table in description.tables)
    shards = (shard.name for shard in description.shards)
    known = {DATASET, LOCK, RUN, *tables, *shards}
    for name in names:
        if name.endswith(TEMPORARY):
            yield Fault(name, "is left over from an interrupted build; remove it")
        elif name not in known and not any(each.fullmatch(name) for each in _ALLOWED):
            yield Fault(name, "does not belong to the dataset; move it elsewhere")
