"""What a finished dataset is asked: is it sound, what does it hold, how was it made."""

from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np

from motiondata.bodies.bundled import bundled_body
from motiondata.lidar.presets import SENSOR_NAMES
from pipelines.summary import count_table
from shards.dataset import Dataset, read_table_file
from shards.description import Description
from shards.paths import DROPS, TRAIN
from shards.tables import parquet_to_table
from shards.verifying import verify as find_faults


def verify(path: Path) -> tuple[bool, str]:
    """Check a dataset wholly; return whether it is sound, and a line a fault."""
    faults = [str(fault) for fault in find_faults(path)]
    if faults:
        return False, "\n".join([*faults, f"{len(faults)} faults in {path}"])
    dataset = Dataset.open(path)
    samples, shards = len(dataset.manifest), len(dataset.description.shards)
    return True, f"{path} is sound: {samples:,} samples in {shards} shards, every byte as built"


def info(path: Path) -> str:
    """Say what a dataset holds, from what it was made, and how to make it again."""
    dataset = Dataset.open(path)
    description = dataset.description
    return "\n".join(
        [
            f"{path}: {description.provenance['product']} dataset {dataset.content_hash}",
            "",
            *_holds(dataset),
            "",
            *_dropped(dataset),
            "",
            *_made_from(description.provenance),
            "",
            "to make it again:",
            f"  {reproduce(description)}",
        ]
    )


def _holds(dataset: Dataset) -> list[str]:
    description = dataset.description
    rows = []
    for split in description.splits:
        shards = description.shards_of(split)
        samples, frames, size = (
            sum(getattr(shard, name) for shard in shards) for name in ("samples", "frames", "bytes")
        )
        rows.append(
            (split, f"{samples:,}", f"{frames:,}", str(len(shards)), f"{size / 1e6:,.1f}", "")
        )
    lines = count_table(rows, ("split", "samples", "frames", "shards", "MB", ""))
    lines += ["", "members: " + ", ".join(_members(dataset))]
    return lines + (_seen(dataset) if len(dataset.manifest) else [])


def _members(dataset: Dataset) -> list[str]:
    arrays = dataset.schema.arrays
    texts = [suffix for suffix in dataset.schema.members if suffix not in arrays]
    named = [
        f"{field} {spec.dtype} ({', '.join(map(str, spec.shape))})"
        for field, spec in arrays.items()
    ]
    return named + [suffix for suffix in texts if not suffix.endswith(".npy")]


def _seen(dataset: Dataset) -> list[str]:
    """Say how many rays hit, from which recordings the samples are, and what was flagged."""
    manifest = dataset.manifest
    frames = manifest["frames"].to_numpy()
    hits = manifest["hits_mean"].to_numpy()
    recordings = len(set(manifest["source"].to_pylist()))
    flags = Counter(flag for flags in manifest["flags"].to_pylist() for flag in flags)
    lines = [
        f"hits: {np.average(hits, weights=frames):,.1f} a frame, "
        f"at least {manifest['hits_min'].to_numpy().min()}",
        f"recordings: {recordings:,}",
    ]
    shared = _leaks(dataset)
    if shared:
        lines.append(f"leak: {shared:,} test samples are of recordings that train has too")
    return lines + [f"flagged {flag}: {count:,} samples" for flag, count in flags.most_common()]


def _leaks(dataset: Dataset) -> int:
    pairs = list(
        zip(
            dataset.manifest["split"].to_pylist(),
            dataset.manifest["source"].to_pylist(),
            strict=True,
        )
    )
    trained = {source for split, source in pairs if split == TRAIN}
    return sum(split == "test" and source in trained for split, source in pairs)


def _dropped(dataset: Dataset) -> list[str]:
    entry = next(table for table in dataset.description.tables if table.name == DROPS)
    table = parquet_to_table(read_table_file(dataset.path, entry), DROPS)
    counts = Counter(table["reason"].to_pylist())
    return [f"drops: {len(table):,}"] + [
        f"  {reason}: {count:,}" for reason, count in counts.most_common()
    ]


def _made_from(provenance: Any) -> list[str]:
    bodies = [f"{body['name']} ({body['id']})" for body in provenance["bodies"]]
    inputs = [f"  {name}: {digest}" for name, digest in provenance["inputs"].items()]
    return [
        f"built by {provenance['software']}",
        f"body: {', '.join(bodies)}",
        f"sensor: {provenance['sensor']['name']} ({provenance['sensor']['source']})",
        "inputs, by hash:",
        *inputs,
    ]


def reproduce(description: Description) -> str:
    """Return the command that builds such a dataset, the user's own files left open."""
    words = ["motiondata build-lidar INDEX --amass DIR --out DIR"]
    if {body["id"] for body in description.provenance["bodies"]} != {bundled_body().id}:
        words.append("--body FILE")
    for name, value in description.parameters.items():
        option = f"--{name.replace('_', '-')}"
        if value is True:
            words.append(option)
        elif name == "sensor" and value not in SENSOR_NAMES:
            words.append(f"{option} FILE")
        elif value is not False and value is not None:
            words.append(f"{option} {value}")
    return " ".join(words)
