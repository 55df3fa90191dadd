"""The plan of a derived dataset and its fingerprint: what a resumed run compares."""

from pathlib import Path
from typing import Any

import pyarrow as pa

from motiondata.files import Stamp
from pipelines.engine.file_stats import stat_files
from pipelines.engine.fingerprint import KeptShard, fingerprint
from pipelines.engine.product import PlannedBuild
from pipelines.products.derived.plan import Scope, plan_derived
from shards.format.dataset import Dataset
from shards.format.paths import existing


def plan_build(
    source: Path,
    parameters: dict[str, Any],
    contents: dict[str, str],
    kept: dict[str, KeptShard],
    scope: Scope,
) -> PlannedBuild:
    """Plan the samples of the samples of a source dataset that are in the scope.

    `contents` holds the hashes of the source and of the transform; `kept` holds the shards of
    earlier plans that this plan keeps unchanged. Raises `DatasetError` if a shard of the source is
    missing.
    """
    dataset = Dataset.open(source)
    names = [shard.name for shard in dataset.description.shards]
    for name in names:
        existing(source, name)
    shards = stat_files("shards", source, pa.array(names, pa.binary()))
    stamps = {
        file["name"].decode(): Stamp(file["bytes"], file["changed_ns"])
        for file in shards.to_pylist()
    }
    keys = {name: shard.keys for name, shard in kept.items()}
    plan = plan_derived(dataset, stamps, keys, scope)
    return PlannedBuild(plan, fingerprint(plan, parameters, contents, shards, kept))
