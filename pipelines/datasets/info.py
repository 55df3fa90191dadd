"""Verify and describe a finished dataset: its faults, its contents and how it was built."""

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
"""Errors raised if a table lacks a column or the provenance has an unexpected structure."""


def verify(path: Path) -> tuple[bool, str]:
    """Check a whole dataset; return whether it is sound, and a report with one line per fault."""
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
    """Describe a dataset's contents, its inputs, and the command that builds it again.

    Raises `DatasetError` for a description that this program does not write.
    """
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
    """Describe the samples: hits, recordings, captions, leaks between splits, and clips."""
    manifest = dataset.manifest
    lines = [*_hits(manifest), f"recordings: {len(set(manifest['source'].to_pylist())):,}"]
    lines += _captions(manifest)
    shared = _leaks(dataset)
    if shared:
        tests = "test sample is of a recording" if shared == 1 else "test samples are of recordings"
        lines.append(f"leak: {shared:,} {tests} that train has too")
    return lines + Contents.of(manifest).describe()


def _synthetic(manifest: pa.Table) -> list[str]:
    """Report the number of samples of synthetic motion, if the manifest has flags."""
    raised = manifest["flags"].to_pylist() if "flags" in manifest.column_names else []
    return synthetic_line(sum(SYNTHETIC in flags for flags in raised), len(manifest))


def _shapes(dataset: Dataset) -> list[str]:
    """Report which betas were ignored. Betas of synthetic motion belong to the bundled body."""
    manifest, description = dataset.manifest, dataset.description
    if "flags" not in manifest.column_names or all(
        SYNTHETIC in flags for flags in manifest["flags"].to_pylist()
    ):
        return []
    spaces = [body["shape_space"] for body in description.provenance.get("bodies", ())]
    return shape_remarks(spaces, bool(description.parameters.get("mean_shape")))


def _hits(manifest: pa.Table) -> Iterator[str]:
    """Report the number of hits per frame, if the manifest has it."""
    if "hits_mean" in manifest.column_names:
        frames, hits = manifest["frames"].to_numpy(), manifest["hits_mean"].to_numpy()
        least = manifest["hits_min"].to_numpy().min()
        yield f"hits: {np.average(hits, weights=frames):,.1f} a frame, at least {least}"


def _captions(manifest: pa.Table) -> Iterator[str]:
    """Report the number of captions and of samples without a caption."""
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
"""Functions that describe the provenance of each product."""
_COMMANDS = {
    "lidar": "motiondata build-lidar INDEX --amass DIR --out DIR",
    "features": "motiondata encode DATASET --checkpoint FILE --out DIR",
}
"""The command that builds each product, with placeholders for the user's files."""


def _command(provenance: Any) -> str:
    if provenance["product"] == "lidar" and "index" not in provenance["inputs"]:
        return "motiondata build-lidar RECORDINGS --out DIR"
    return _COMMANDS[provenance["product"]]


def reproduce(dataset: Dataset) -> str:
    """Return the command that builds such a dataset, with placeholders for the user's files."""
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
    """Return the `--texts` and `--splits` options that a LiDAR dataset was built with.

    They are included even if the build found these folders next to the index, because another
    index may not have them there.
    """
    provenance = dataset.description.provenance
    if provenance["product"] != "lidar":
        return []
    captions = any(map(len, dataset.manifest["captions"].to_pylist()))
    lists = any(name.startswith("list ") for name in provenance["inputs"])
    return [*(["--texts DIR"] if captions else []), *(["--splits DIR"] if lists else [])]
