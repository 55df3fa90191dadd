"""A receipt: the report of a finished shard. Only a receipt marks a shard as built.

Workers write receipts into the output folder (`pipelines/engine/receipt_files.py`), and other code
reads them there. The manifest, the drops and the statistics are assembled from the receipts one by
one, in plan order, so that no process ever holds the receipts of a million samples.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import pyarrow as pa

from pipelines.engine.drops import Drop
from shards.errors import DatasetError
from shards.format.hashing import hash_bytes
from shards.format.manifest import ManifestRow, manifest_schema, manifest_table
from shards.format.paths import RECEIPTS, split_of
from shards.format.schema import Schema
from shards.format.tables import columns_to_table
from shards.format.writing import ShardFile
from shards.stats.moments import Moments

NO_RECEIPT = (DatasetError, ValueError, KeyError, TypeError, AttributeError, RecursionError)
"""The errors that reading a file that is not a receipt raises."""
OF_SHARD = ("split", "shard")
"""The manifest columns that are equal for all samples of a shard."""


@dataclass(frozen=True)
class Receipt:
    """The receipt of one finished shard."""

    shard: str
    """The name of the shard, such as `train/000000.tar`."""
    plan: str
    """The hash of the plan that it belongs to. It is not valid for any other plan."""
    file: ShardFile | None
    """The tar file; None if all clips were dropped, because then no file is written."""
    samples: Mapping[str, list[Any]]
    """The samples in file order: the manifest columns without `OF_SHARD`."""
    drops: tuple[Drop, ...]
    moments: Mapping[str, Moments]
    """The statistics of the shard's samples per field, folded in order."""

    @property
    def keys(self) -> list[str]:
        """The keys of the samples."""
        return self.samples["key"]

    @property
    def frames(self) -> int:
        """The total number of frames of all samples."""
        return sum(self.samples["frames"])

    def manifest(self, schema: Schema, extra: pa.Schema) -> pa.Table:
        """Return the manifest rows of the shard. `extra` describes the product's columns."""
        same = dict(zip(OF_SHARD, (split_of(self.shard), self.shard), strict=True))
        of_shard = {name: [value] * len(self.keys) for name, value in same.items()}
        return columns_to_table({**self.samples, **of_shard}, manifest_schema(schema, extra))

    def to_bytes(self) -> bytes:
        """Return the receipt as JSON, followed by its hash.

        Without the hash, a damaged digit would give a wrong mean.
        """
        document = {
            "shard": self.shard,
            "plan": self.plan,
            "file": asdict(self.file) if self.file else None,
            "samples": self.samples,
            "drops": [asdict(drop) for drop in self.drops],
            "moments": {field: moments.to_json() for field, moments in self.moments.items()},
        }
        data = json.dumps(document, allow_nan=False, separators=(",", ":")).encode()
        return b"%s\n%s\n" % (data, hash_bytes(data).encode())

    @classmethod
    def from_bytes(cls, data: bytes) -> "Receipt":
        """Read a receipt. Raises one of `NO_RECEIPT` if the data is not a receipt."""
        text, digest, end = data.split(b"\n")
        if digest.decode() != hash_bytes(text) or end:
            raise DatasetError(RECEIPTS, "a receipt was changed or damaged after it was written")
        document = json.loads(text)
        return cls(
            shard=document["shard"],
            plan=document["plan"],
            file=ShardFile(**document["file"]) if document["file"] else None,
            samples=document["samples"],
            drops=tuple(Drop(**drop) for drop in document["drops"]),
            moments={name: Moments.from_json(of) for name, of in document["moments"].items()},
        )


def sample_columns(
    schema: Schema, rows: list[ManifestRow], extra: pa.Schema
) -> dict[str, list[Any]]:
    """Return the manifest rows of a shard in the column form of a receipt."""
    table = manifest_table(schema, rows, extra).drop_columns([*OF_SHARD])
    columns: dict[str, list[Any]] = table.to_pydict()
    return columns
