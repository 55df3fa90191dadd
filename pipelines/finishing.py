"""Finishing a build: receipts become the manifest, the drops, the statistics and `dataset.json`.

Everything is put together in plan order, whatever order the shards were finished in, and
`dataset.json` is written last: a folder that has it is a finished dataset.
"""

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pyarrow as pa

from motiondata import __version__
from pipelines.drops import Drop
from pipelines.fingerprint import Fingerprint
from pipelines.plan import Plan
from pipelines.receipts import Receipt
from pipelines.sample import MANIFEST_COLUMNS, lidar_schema
from pipelines.tools import Tools
from shards.dataset import write_dataset_json
from shards.description import Description, ShardEntry, content_hash
from shards.manifest import manifest_table
from shards.moments import fold
from shards.paths import DROPS, MANIFEST, split_of
from shards.statistics import write_statistics
from shards.tables import write_table

DROP_COLUMNS = pa.schema(
    [
        pa.field("row", pa.int64(), nullable=False),
        *(
            pa.field(name, pa.string(), nullable=False)
            for name in ("key", "source", "subset", "stage", "reason", "message")
        ),
    ]
)


def finish(
    out: Path, plan: Plan, receipts: Sequence[Receipt], made_of: Fingerprint, tools: Tools
) -> tuple[Drop, ...]:
    """Publish all that stands beside the shards; return every drop, by row.

    `receipts` are in plan order. Raises AssertionError unless every row is a sample or a drop.
    """
    drops = sorted([*plan.drops, *_drops_of_shards(plan, receipts)], key=lambda drop: drop.row)
    _assert_complete(plan, receipts, drops)
    schema = lidar_schema(made_of.parameters["points"])
    rows = [row for receipt in receipts for row in receipt.samples]
    tables = (
        write_table(out / MANIFEST, manifest_table(schema, rows, MANIFEST_COLUMNS)),
        write_table(out / DROPS, pa.Table.from_pylist([asdict(d) for d in drops], DROP_COLUMNS)),
    )
    shards = tuple(entry for receipt in receipts for entry in _shard_entries(receipt))
    _write_statistics(out, receipts, content_hash(shards))
    write_dataset_json(
        out, Description(schema, shards, tables, made_of.parameters, _provenance(made_of, tools))
    )
    return tuple(drops)


def _drops_of_shards(plan: Plan, receipts: Sequence[Receipt]) -> Iterator[Drop]:
    """Yield the drops of each shard's own rows; a row that was tried again is another shard's."""
    for shard, receipt in zip(plan.shards, receipts, strict=True):
        rows = {clip.row.number for clip in shard.clips}
        yield from (drop for drop in receipt.drops if drop.row in rows)


def _assert_complete(plan: Plan, receipts: Sequence[Receipt], drops: Sequence[Drop]) -> None:
    built = {row.key for receipt in receipts for row in receipt.samples}
    dropped = {drop.row for drop in drops}
    for clip in plan.clips:
        keys = {sample.key for sample in clip.samples}
        whole = keys <= built and clip.row.number not in dropped
        absent = not keys & built and clip.row.number in dropped
        if not (whole or absent):
            raise AssertionError(f"row {clip.row.number} is neither a sample nor a drop")
    if len(dropped) != len(drops):
        raise AssertionError("a row was dropped twice")


def _shard_entries(receipt: Receipt) -> list[ShardEntry]:
    """Return the entry of a receipt's shard; none where all its clips were dropped."""
    file = receipt.file
    if file is None:
        return []
    frames = sum(row.frames for row in receipt.samples)
    return [ShardEntry(receipt.shard, file.bytes, file.blake2b, len(receipt.samples), frames)]


def _write_statistics(out: Path, receipts: Sequence[Receipt], dataset_hash: str) -> None:
    """Write the statistics of every field of every split, folded from the receipts'."""
    full = [receipt for receipt in receipts if receipt.file]
    for split in dict.fromkeys(split_of(receipt.shard) for receipt in full):
        mine = [receipt for receipt in full if split_of(receipt.shard) == split]
        for field in mine[0].moments:
            moments = fold(receipt.moments[field] for receipt in mine)
            if moments.count:
                write_statistics(out, split, field, moments, dataset_hash)


def _provenance(made_of: Fingerprint, tools: Tools) -> dict[str, Any]:
    bodies = {body.id: body for body in tools.bodies.values()}.values()
    return {
        "product": "lidar",
        "software": f"motiondata {__version__}",
        "plan": made_of.hash_of_contents,
        "inputs": made_of.contents,
        "bodies": [
            {"id": body.id, "name": body.name, "shape_space": body.shape_space} for body in bodies
        ],
        "sensor": {"name": tools.sensor.name, "source": tools.sensor.source},
    }
