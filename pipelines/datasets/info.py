"""What a finished dataset is asked: is it sound, what does it hold, how was it made."""

import shlex
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from motiondata.bodies.bundled import bundled_body
from motiondata.counting import counted
from motiondata.lidar.presets import SENSOR_NAMES
from pipelines.datasets.contents import Contents
from pipelines.engine.summary import captions_line, synthetic_line
from pipelines.engine.text_tables import count_table
from pipelines.engine.totals import SYNTHETIC
from pipelines.products.lidar.remarks import shape_remarks
from shards.errors import DatasetError
from shards.format.dataset import Dataset, read_drops
from shards.format.paths import DATASET, TRAIN
from shards.verify import verify as find_faults

NOT_OURS = (LookupError, TypeError, ValueError, AttributeError, ArithmeticError, pa.ArrowException)
"""What reading raises where a table lacks a column, or an origin is of another shape."""


def verify(path: Path) -> tuple[bool, str]:
    """Check a dataset wholly; return whether it is sound, and a line a fault."""
    faults = [str(fault) for fault in find_faults(path)]
    if faults:
        return False, "\n".join([*faults, f"{counted(len(faults), 'fault')} in {path}"])
    dataset = Dataset.open(path)
    samples, shards = len(dataset.manifest), len(dataset.description.shards)
    return True, (
        f"{path} is sound: {counted(samples, 'sample')} in {counted(shards, 'shard')}, "
        "every byte as built"
    )


def info(path: Path) -> str:
    """Say what a dataset holds, from what it was made, and how to make it again."""
    dataset = Dataset.open(path)
    try:
        return _described(path, dataset)
    except NOT_OURS as error:
        raise DatasetError(
            str(path),
            f"says of itself what no build of this program does ({type(error).__name__}: {error}); "
            "was it made or changed by another one?",
        ) from error


def _described(path: Path, dataset: Dataset) -> str:
    description = dataset.description
    return "\n".join(
        [
            f"{path}: {description.provenance['product']} dataset {dataset.content_hash}",
            *_synthetic(dataset.manifest),
            "",
            *_describe_splits(dataset),
            "",
            *_dropped(dataset),
            "",
            *_made_from(description.provenance),
            *_shapes(dataset),
            "",
            "to make it again:",
            f"  {reproduce(dataset)}",
        ]
    )


def _describe_splits(dataset: Dataset) -> list[str]:
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
    return lines + (_describe_samples(dataset) if len(dataset.manifest) else [])


def _members(dataset: Dataset) -> list[str]:
    arrays = dataset.schema.arrays
    texts = [suffix for suffix in dataset.schema.members if suffix not in arrays]
    named = [
        f"{field} {spec.dtype} ({', '.join(map(str, spec.shape))})"
        for field, spec in arrays.items()
    ]
    return named + [suffix for suffix in texts if not suffix.endswith(".npy")]


def _describe_samples(dataset: Dataset) -> list[str]:
    """Say from how many hits and recordings the samples are, and what their clips are."""
    manifest = dataset.manifest
    lines = [*_hits(manifest), f"recordings: {len(set(manifest['source'].to_pylist())):,}"]
    lines += _captions(manifest)
    shared = _leaks(dataset)
    if shared:
        tests = "test sample is of a recording" if shared == 1 else "test samples are of recordings"
        lines.append(f"leak: {shared:,} {tests} that train has too")
    return lines + Contents.of(manifest).describe()


def _synthetic(manifest: pa.Table) -> list[str]:
    """Say how many samples are of made motion, where that is known."""
    raised = manifest["flags"].to_pylist() if "flags" in manifest.column_names else []
    return synthetic_line(sum(SYNTHETIC in flags for flags in raised), len(manifest))


def _shapes(dataset: Dataset) -> list[str]:
    """Say which betas were ignored; made motion has betas of the bundled body."""
    manifest, description = dataset.manifest, dataset.description
    if "flags" not in manifest.column_names or all(
        SYNTHETIC in flags for flags in manifest["flags"].to_pylist()
    ):
        return []
    spaces = [body["shape_space"] for body in description.provenance.get("bodies", ())]
    return shape_remarks(spaces, bool(description.parameters.get("mean_shape")))


def _hits(manifest: pa.Table) -> Iterator[str]:
    """Say how many rays hit, where that is known."""
    if "hits_mean" in manifest.column_names:
        frames, hits = manifest["frames"].to_numpy(), manifest["hits_mean"].to_numpy()
        least = manifest["hits_min"].to_numpy().min()
        yield f"hits: {np.average(hits, weights=frames):,.1f} a frame, at least {least}"


def _captions(manifest: pa.Table) -> Iterator[str]:
    """Say how many captions there are, and how many samples have none."""
    if "captions" in manifest.column_names:
        counts = pc.list_value_length(manifest["captions"]).to_numpy()
        yield from captions_line(counts.tolist())


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
    table = read_drops(dataset)
    counts = Counter(table["reason"].to_pylist())
    return [f"drops: {len(table):,}"] + [
        f"  {reason}: {count:,}" for reason, count in counts.most_common()
    ]


def _made_from(provenance: Any) -> list[str]:
    return [
        f"built by {provenance['software']}",
        *_MADE_WITH[provenance["product"]](provenance),
        f"inputs, whose hashes are in {DATASET}: {', '.join(provenance['inputs'])}",
    ]


def _lidar_made_with(provenance: Any) -> list[str]:
    bodies = [f"{body['name']} ({body['id']})" for body in provenance["bodies"]]
    return [
        f"body: {', '.join(bodies)}",
        f"sensor: {provenance['sensor']['name']} ({provenance['sensor']['source']})",
    ]


def _features_made_with(provenance: Any) -> list[str]:
    encoder, source = provenance["encoder"], provenance["source"]
    return [
        f"encoder: {encoder['id']}, {encoder['width']:,} features a frame",
        f"of the {source['provenance']['product']} dataset {source['content_hash']}",
    ]


_MADE_WITH = {"lidar": _lidar_made_with, "features": _features_made_with}
"""What is said of the provenance of each product."""
_COMMANDS = {
    "lidar": "motiondata build-lidar INDEX --amass DIR --out DIR",
    "features": "motiondata encode DATASET --checkpoint FILE --out DIR",
}
"""The command that makes each product, the user's own files left open."""


def _command(provenance: Any) -> str:
    if provenance["product"] == "lidar" and "index" not in provenance["inputs"]:
        return "motiondata build-lidar RECORDINGS --out DIR"
    return _COMMANDS[provenance["product"]]


def reproduce(dataset: Dataset) -> str:
    """Return the command that builds such a dataset, the user's own files left open."""
    description = dataset.description
    provenance = description.provenance
    words = [_command(provenance), *_folders(dataset)]
    if {body["id"] for body in provenance.get("bodies", ())} - {bundled_body().id}:
        words.append("--body FILE")
    for name, value in description.parameters.items():
        option = shlex.quote(f"--{name.replace('_', '-')}")
        if value is True:
            words.append(option)
        elif name == "sensor" and value not in SENSOR_NAMES:
            words.append(f"{option} FILE")
        elif value is not False and value is not None:
            words.append(f"{option} {shlex.quote(str(value))}")
    return " ".join(words)


def _folders(dataset: Dataset) -> list[str]:
    """Return the options of the captions and the split lists that a LiDAR dataset was made with.

    They name folders even where the build found these beside the index: it need not lie there.
    """
    provenance = dataset.description.provenance
    if provenance["product"] != "lidar":
        return []
    captions = any(map(len, dataset.manifest["captions"].to_pylist()))
    lists = any(name.startswith("list ") for name in provenance["inputs"])
    return [*(["--texts DIR"] if captions else []), *(["--splits DIR"] if lists else [])]
