"""Finish a build: receipts become the manifest, the drops, the statistics and `dataset.json`.

All files are assembled in plan order, independent of the order in which the shards were finished.
`dataset.json` is written last: a folder that has it is a finished dataset. Only one receipt is in
memory at a time.
"""

import time
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict
from typing import Any

import pyarrow as pa

from motiondata import __version__
from motiondata.errors import DropReason
from pipelines.engine.drops import Drop
from pipelines.engine.errors import RESUME_HINT, AbortedError
from pipelines.engine.fingerprint import Fingerprint
from pipelines.engine.output_folder import OutputFolder, Run
from pipelines.engine.plan import PlannedShard
from pipelines.engine.product import PlannedBuild, Product
from pipelines.engine.receipts import Receipt
from pipelines.engine.totals import BuildTotals
from shards.format.dataset import write_dataset_json
from shards.format.description import Description, content_hash, file_entries
from shards.format.manifest import manifest_schema
from shards.format.paths import DROPS, MANIFEST
from shards.format.tables import TableEntry, write_table, writing_table
from shards.stats.statistics_files import StatisticsKey, statistics_files, write_files

HIDDEN_SECONDS = 90.0
"""How long a receipt that another machine has written may be invisible. An NFS client caches the
attributes of a folder for up to a minute (`acdirmax`, nfs(5))."""

LIMITS = {DropReason.HUNG: "clip_seconds", DropReason.OUT_OF_MEMORY: "worker_gigabytes"}
"""The execution option that decides on a drop, by reason. It is not a parameter of the dataset: its
value changes no other byte."""

DROP_COLUMNS = pa.schema(
    [
        pa.field("row", pa.int64(), nullable=False),
        *(
            pa.field(name, pa.string(), nullable=False)
            for name in ("key", "source", "subset", "stage", "reason", "message")
        ),
    ]
)


def finalize(
    run: Run, planned: PlannedBuild, product: Product, patience_seconds: float = HIDDEN_SECONDS
) -> BuildTotals:
    """Publish all files of a dataset except its shards, and return the totals of the shards.

    Raises `AbortedError` if a receipt does not appear
    within `patience_seconds`, and `AssertionError` unless each row has samples or a drop.
    """
    out, permit = run.folder.path, run.permit
    receipts = _receipts(run.folder, planned, patience_seconds)
    totals, manifest = _write_manifest(run, planned, product, receipts)
    totals.drops.sort(key=lambda drop: drop.row)
    drops = pa.Table.from_pylist([asdict(drop) for drop in totals.drops], DROP_COLUMNS)
    tables = (manifest, write_table(out / DROPS, drops, permit))
    shards = tuple(totals.shards)
    dataset = content_hash(shards)
    statistics: dict[str, bytes] = {}
    for (split, field), moments in totals.moments.items():
        if moments.count:
            statistics |= statistics_files(StatisticsKey(dataset, split, field), moments)
    write_files(out, statistics, permit)
    fingerprint = planned.fingerprint
    provenance = {**_provenance(fingerprint, product), **_limited(totals.drops)}
    listed = file_entries(statistics)
    description = Description(
        product.schema, shards, tables, fingerprint.parameters, provenance, listed
    )
    write_dataset_json(out, description, permit)
    return totals


def _write_manifest(
    run: Run,
    planned: PlannedBuild,
    product: Product,
    receipts: Iterable[tuple[PlannedShard, Receipt]],
) -> tuple[BuildTotals, TableEntry]:
    """Publish the manifest, and add up the receipts in the same pass."""
    schema, extra = product.schema, product.columns
    totals = BuildTotals(product.description, list(planned.plan.drops))
    columns = manifest_schema(schema, extra)
    with writing_table(run.folder.path / MANIFEST, columns, run.permit) as manifest:
        for shard, receipt in receipts:
            totals.add(shard, receipt)
            manifest.write(receipt.manifest(schema, extra))
    return totals, manifest.entry(MANIFEST)


def _receipts(
    folder: OutputFolder, planned: PlannedBuild, patience_seconds: float
) -> Iterator[tuple[PlannedShard, Receipt]]:
    """Yield each shard of a plan with its receipt, in plan order.

    Raises `AbortedError` if a receipt is not found within `patience_seconds`.
    """
    patient_until = time.monotonic() + patience_seconds
    for shard in planned.plan.shards:
        answer = planned.fingerprint.answer(shard.name)
        while (receipt := folder.receipts.find(shard.name, answer)) is None:
            if time.monotonic() > patient_until:
                raise AbortedError(
                    f"{folder.path}: the receipt of {shard.name} is not there; {RESUME_HINT}"
                )
            time.sleep(1.0)
        yield shard, receipt


def _limited(drops: Sequence[Drop]) -> dict[str, Any]:
    """Count the drops that another machine, or other limits of time and memory, may not have."""
    counts = Counter(drop.reason for drop in drops if drop.reason in LIMITS)
    limited = {
        reason: {"rows": count, "limit": LIMITS[DropReason(reason)]}
        for reason, count in sorted(counts.items())
    }
    return {"limited_drops": limited} if limited else {}


def _provenance(fingerprint: Fingerprint, product: Product) -> dict[str, Any]:
    return {
        "product": product.description.name,
        "software": f"motiondata {__version__}",
        "plan": fingerprint.hash_of_contents,
        "inputs": fingerprint.contents,
        **product.provenance(),
    }
