"""Describe a finished dataset: its contents and how it was built."""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from pipelines.datasets.contents import Contents
from pipelines.engine.description import NONE, ProductDescription
from pipelines.engine.summary import CaptionTotals, captions_line, synthetic_line
from pipelines.engine.text_tables import count_table, wrapped_table
from pipelines.engine.totals import SYNTHETIC
from pipelines.products.descriptions import Describe
from pipelines.products.descriptions import describe as describe_product
from shards.errors import DatasetError
from shards.format.dataset import Dataset, read_drops
from shards.format.paths import DATASET, TRAIN
from shards.format.schema import Schema

NOT_OURS = (LookupError, TypeError, ValueError, AttributeError, ArithmeticError, pa.ArrowException)
"""Errors raised if a table lacks a column or the provenance has an unexpected structure."""


def info(path: Path, describe: Describe = describe_product) -> str:
    """Describe a dataset's contents, its inputs, and the command that builds it again.

    `describe` finds the description of the dataset's product by its name. Raises `DatasetError` for
    a description that this program does not write.
    """
    dataset = Dataset.open(path)
    try:
        return _described(path, dataset, describe(dataset.description.provenance["product"]))
    except NOT_OURS as error:
        raise DatasetError(
            str(path),
            f"says of itself what no build of this program does ({type(error).__name__}: {error}); "
            "was it made or changed by another one?",
        ) from error


def _described(path: Path, dataset: Dataset, product: ProductDescription) -> str:
    description, synthetic = dataset.description, _count_synthetic(dataset.manifest)
    return "\n".join(
        [
            f"{path}: {product.name} dataset {dataset.content_hash}",
            *synthetic_line(synthetic, len(dataset.manifest)),
            "",
            *_describe_splits(dataset),
            "",
            *_describe_members(dataset.schema, product),
            *(["", *_describe_samples(dataset, product)] if len(dataset.manifest) else []),
            "",
            *_dropped(dataset),
            "",
            *_made_from(description.provenance, product),
            *product.remarks(description, synthetic),
            "",
            "to make it again:",
            f"  {product.command_line(dataset)}",
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
    return count_table(rows, ("split", "samples", "frames", "shards", "MB", ""))


def _describe_members(schema: Schema, product: ProductDescription) -> list[str]:
    """List the members, and the unit and the frame of reference of each array."""
    arrays = [
        f"{field} {spec.dtype} ({', '.join(map(str, spec.shape))})"
        for field, spec in schema.arrays.items()
    ]
    texts = [suffix for suffix, spec in schema.members.items() if isinstance(spec, str)]
    rows = [("array", "unit", "frame of reference")]
    for field in schema.arrays:
        member = product.member(schema.suffixes[field])
        rows.append((field, member.unit or NONE, member.frame or NONE))
    return ["members: " + ", ".join([*arrays, *texts]), "", *wrapped_table(rows)]


def _describe_samples(dataset: Dataset, product: ProductDescription) -> list[str]:
    """Describe the samples: the product's lines, recordings, captions, leaks, and clips."""
    manifest = dataset.manifest
    lines = [*product.sample_lines(manifest), *_recordings(manifest), *_captions(manifest)]
    shared = _leaks(dataset)
    if shared:
        tests = "test sample is of a recording" if shared == 1 else "test samples are of recordings"
        lines.append(f"leak: {shared:,} {tests} that train has too")
    return lines + Contents.of(manifest, product.counted).describe()


def _count_synthetic(manifest: pa.Table) -> int:
    """Count the samples of synthetic motion; 0 if the manifest has no flags."""
    raised = manifest["flags"].to_pylist() if "flags" in manifest.column_names else []
    return sum(SYNTHETIC in flags for flags in raised)


def _recordings(manifest: pa.Table) -> Iterator[str]:
    """Report the number of recordings, if the manifest names them."""
    if "source" in manifest.column_names:
        yield f"recordings: {len(set(manifest['source'].to_pylist())):,}"


def _captions(manifest: pa.Table) -> Iterator[str]:
    """Report the number of captions and of samples without a caption."""
    if "captions" in manifest.column_names:
        counts = pc.list_value_length(manifest["captions"]).to_numpy()
        yield from captions_line(CaptionTotals.of(counts.tolist()))


def _leaks(dataset: Dataset) -> int:
    if "source" not in dataset.manifest.column_names:
        return 0
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


def _made_from(provenance: Any, product: ProductDescription) -> list[str]:
    return [
        f"built by {provenance['software']}",
        *product.inputs(provenance),
        f"inputs, whose hashes are in {DATASET}: {', '.join(provenance['inputs'])}",
    ]
