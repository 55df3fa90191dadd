"""The finished shards of a build that has not ended, as a dataset in memory.

A receipt lists the samples of its shard with the places of their members. A `.npy` describes itself
and so does the end of a member's name, so the schema is found in the first sample.
"""

from collections.abc import Iterator, Mapping
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

import pyarrow as pa

from pipelines.engine.receipt_files import ReceiptFiles
from pipelines.engine.receipts import Receipt
from shards.errors import ShardError
from shards.format.array_spec import ArraySpec, spec_of
from shards.format.dataset import Dataset
from shards.format.description import Description, ShardEntry
from shards.format.hashing import hash_bytes
from shards.format.manifest import ManifestRow
from shards.format.members import field_of
from shards.format.npy import npy_to_array
from shards.format.paths import DROPS, MANIFEST, split_of
from shards.format.reading import ShardReader
from shards.format.schema import TEXTS, Schema
from shards.format.tables import TableEntry
from shards.format.writing import Span

OFFSET, SIZE = "_offset", "_size"
"""The ends of the names of the columns that locate a member."""
NOT_STORED = TableEntry("", 0, hash_bytes(b""), 0)
"""Stands for a table that is not a file."""


def finished_shards(path: Path) -> list[Receipt]:
    """Return the receipts of an output folder's shards that have samples, in shard order."""
    receipts = [receipt for receipt in ReceiptFiles(path) if receipt.file is not None]
    columns = {tuple(receipt.samples) for receipt in receipts[:1]}
    return [receipt for receipt in receipts if tuple(receipt.samples) in columns]


def dataset_of_receipts(path: Path, receipts: list[Receipt]) -> Dataset | None:
    """Return the dataset of finished shards; None if no sample of theirs can be read."""
    entries = [_entry_of(receipt) for receipt in receipts]
    pairs = zip(receipts, entries, strict=True)
    schema = next((found for each in pairs if (found := _schema_of(path, *each))), None)
    if schema is None:
        return None
    manifest = pa.concat_tables(map(_rows_of, receipts), promote_options="permissive")
    tables = (
        TableEntry(MANIFEST, 0, NOT_STORED.blake3, len(manifest)),
        TableEntry(DROPS, 0, NOT_STORED.blake3, sum(len(each.drops) for each in receipts)),
    )
    return Dataset(path.absolute(), Description(schema, tuple(entries), tables, {}, {}), manifest)


def _entry_of(receipt: Receipt) -> ShardEntry:
    file = receipt.file
    if file is None:
        raise ValueError(f"{receipt.shard}: expected a shard with a file")
    return ShardEntry(receipt.shard, file.bytes, file.blake3, len(receipt.keys), receipt.frames)


def _rows_of(receipt: Receipt) -> pa.Table:
    texts = {"split": split_of(receipt.shard), "shard": receipt.shard}
    of_shard = {name: [value] * len(receipt.keys) for name, value in texts.items()}
    return pa.table({**receipt.samples, **of_shard})


def _schema_of(path: Path, receipt: Receipt, entry: ShardEntry) -> Schema | None:
    """Return the schema of a shard's first sample; None if it cannot be read."""
    samples = {name: values[0] for name, values in receipt.samples.items()}
    spans = dict(_spans_of(samples))
    row = ManifestRow(samples["key"], entry.name, samples["frames"], spans)
    with suppress(ShardError, OSError), closing(ShardReader(path, entry)) as reader:
        return Schema({suffix: _spec_of(reader, row, suffix) for suffix in spans})
    return None


def _spans_of(sample: Mapping[str, Any]) -> Iterator[tuple[str, Span]]:
    """Yield the suffix and the place of each member, in the order of storage."""
    for name, offset in sample.items():
        field = name.removesuffix(OFFSET)
        if field != name:
            suffix = field if field in TEXTS else f"{field}.npy"
            yield suffix, Span(offset, sample[f"{field_of(suffix)}{SIZE}"])


def _spec_of(reader: ShardReader, row: ManifestRow, suffix: str) -> ArraySpec | str:
    if suffix in TEXTS:
        return TEXTS[suffix]
    array = npy_to_array(reader.member(row, suffix))
    return spec_of(array)
