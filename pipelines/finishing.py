"""Finishing a build: receipts become the manifest, the drops, the statistics and `dataset.json`.

Everything is put together in plan order, whatever order the shards were finished in, and
`dataset.json` is written last: a folder that has it is a finished dataset. Receipts are read one by
one, and let go of.
"""

import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import nullcontext
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pyarrow as pa

from motiondata import __version__
from motiondata.errors import DropReason
from pipelines.drops import Drop
from pipelines.errors import GO_ON, AbortedError
from pipelines.fingerprint import Fingerprint
from pipelines.planned import PlannedShard
from pipelines.product import Planned, Product
from pipelines.receipts import Receipt, find_receipt
from pipelines.tally import Tally
from shards.dataset import write_dataset_json
from shards.description import Description, content_hash, file_entries
from shards.manifest import manifest_schema
from shards.paths import DROPS, MANIFEST
from shards.publishing import Permit
from shards.statistics import Subject, statistics_files, write_files
from shards.tables import TableEntry, write_table, writing_table

HIDDEN_SECONDS = 90.0
"""How long a receipt may be hidden that another machine has written: an NFS client believes for a
minute what it has read of a folder (`acdirmax`, nfs(5))."""

LIMITS = {DropReason.HUNG: "clip_seconds", DropReason.OUT_OF_MEMORY: "worker_gigabytes"}
"""What decides on a drop, and is no parameter of the dataset: its value changes no other byte."""

DROP_COLUMNS = pa.schema(
    [
        pa.field("row", pa.int64(), nullable=False),
        *(
            pa.field(name, pa.string(), nullable=False)
            for name in ("key", "source", "subset", "stage", "reason", "message")
        ),
    ]
)


def finish(out: Path, planned: Planned, product: Product, permit: Permit = nullcontext) -> Tally:
    """Publish all files of a plan's dataset but its shards; return what the shards add up to.

    Each file asks for the permit. Raises AssertionError unless every row is samples or a drop.
    """
    tally, manifest = _write_manifest(out, planned, product, permit)
    tally.drops.sort(key=lambda drop: drop.row)
    drops = pa.Table.from_pylist([asdict(drop) for drop in tally.drops], DROP_COLUMNS)
    tables = (manifest, write_table(out / DROPS, drops, permit))
    shards = tuple(tally.shards)
    dataset = content_hash(shards)
    statistics: dict[str, bytes] = {}
    for (split, field), moments in tally.moments.items():
        if moments.count:
            statistics |= statistics_files(Subject(dataset, split, field), moments)
    write_files(out, statistics, permit)
    made_of = planned.made_of
    provenance = {**_provenance(made_of, product), **_limited(tally.drops)}
    listed = file_entries(statistics)
    description = Description(
        product.schema, shards, tables, made_of.parameters, provenance, listed
    )
    write_dataset_json(out, description, permit)
    return tally


def _write_manifest(
    out: Path, planned: Planned, product: Product, permit: Permit
) -> tuple[Tally, TableEntry]:
    """Publish the manifest; what else the receipts say is added up on the way."""
    schema, extra = product.schema, product.columns
    tally = Tally(product.told, product.counted, list(planned.plan.drops))
    with writing_table(out / MANIFEST, manifest_schema(schema, extra), permit) as manifest:
        for shard, receipt in _receipts(out, planned):
            tally.add(shard, receipt)
            manifest.write(receipt.manifest(schema, extra))
    return tally, manifest.entry(MANIFEST)


def _receipts(out: Path, planned: Planned) -> Iterator[tuple[PlannedShard, Receipt]]:
    """Yield each shard of a plan with its receipt, in plan order."""
    patient_until = time.monotonic() + HIDDEN_SECONDS
    for shard in planned.plan.shards:
        answer = planned.made_of.answer(shard.name)
        while (receipt := find_receipt(out, shard.name, answer)) is None:
            if time.monotonic() > patient_until:
                raise AbortedError(f"{out}: the receipt of {shard.name} is not there; {GO_ON}")
            time.sleep(1.0)
        yield shard, receipt


def _limited(drops: Sequence[Drop]) -> dict[str, Any]:
    """Count the drops that another machine, or other limits than the plan knows, may not have."""
    counts = Counter(drop.reason for drop in drops if drop.reason in LIMITS)
    limited = {
        reason: {"rows": count, "limit": LIMITS[DropReason(reason)]}
        for reason, count in sorted(counts.items())
    }
    return {"limited_drops": limited} if limited else {}


def _provenance(made_of: Fingerprint, product: Product) -> dict[str, Any]:
    return {
        "product": product.name,
        "software": f"motiondata {__version__}",
        "plan": made_of.hash_of_contents,
        "inputs": made_of.contents,
        **product.provenance(),
    }
