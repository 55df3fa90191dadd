"""Describe a finished dataset: its contents and how it was built."""

from collections import Counter
from collections.abc import Mapping

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipelines.datasets.contents import Contents
from pipelines.datasets.info_report import ArrayInfo, InfoReport, SampleInfo, SplitTotals
from pipelines.datasets.quality import quality_info
from pipelines.engine.description import ProductDescription
from pipelines.engine.summary import CaptionTotals, Mean, flagged_samples
from pipelines.engine.totals import count_flags
from pipelines.products.descriptions import (
    Describe,
    command_line,
    describe_dataset,
    input_lines,
)
from pipelines.products.descriptions import describe as describe_product
from shards.errors import DatasetError
from shards.format.dataset import Dataset, read_drops
from shards.format.paths import TRAIN
from shards.format.places import Place

NOT_OURS = (LookupError, TypeError, ValueError, AttributeError, ArithmeticError, pa.ArrowException)
"""Errors raised if a table lacks a column or the provenance has an unexpected structure."""


def info(path: Place, describe: Describe = describe_product) -> InfoReport:
    """Describe a dataset's contents, its inputs, and the command that builds it again.

    `describe` finds the description of the dataset's product by its name. Raises `DatasetError` for
    a description that this program does not write.
    """
    dataset = Dataset.open(path)
    try:
        return _report(path, dataset, describe_dataset(dataset, describe))
    except NOT_OURS as error:
        raise DatasetError(
            str(path),
            f"its description is not one that this program writes ({type(error).__name__}: "
            f"{error}); was the dataset made or changed by another program?",
        ) from error


def _report(path: Place, dataset: Dataset, product: ProductDescription) -> InfoReport:
    description, provenance = dataset.description, dataset.description.provenance
    members, flags = dataset.schema.members, _count_flags(dataset.manifest)
    return InfoReport(
        dataset=path,
        product=str(provenance["product"]),
        content_hash=dataset.content_hash,
        software=str(provenance["software"]),
        flagged_samples=flagged_samples(product.reported_flags, flags),
        splits=tuple(_split_totals(dataset, split) for split in description.splits),
        arrays=_arrays(dataset, product),
        texts=tuple(suffix for suffix, spec in members.items() if isinstance(spec, str)),
        samples=_sample_info(dataset, product) if len(dataset.manifest) else None,
        drops=dict(Counter(read_drops(dataset)["reason"].to_pylist()).most_common()),
        made_from=tuple(input_lines(product, provenance)),
        inputs=tuple(map(str, provenance["inputs"])),
        remarks=tuple(product.remarks(description, flags)),
        parameters=description.parameters,
        command=command_line(product, dataset),
    )


def _split_totals(dataset: Dataset, split: str) -> SplitTotals:
    shards = dataset.description.shards_of(split)
    samples, frames, size = (
        sum(getattr(shard, name) for shard in shards) for name in ("samples", "frames", "bytes")
    )
    return SplitTotals(split, samples, frames, len(shards), size)


def _arrays(dataset: Dataset, product: ProductDescription) -> tuple[ArrayInfo, ...]:
    schema = dataset.schema
    members = {field: product.member(schema.suffixes[field]) for field in schema.arrays}
    return tuple(
        ArrayInfo(field, spec.dtype, spec.shape, members[field].unit, members[field].frame)
        for field, spec in schema.arrays.items()
    )


def _sample_info(dataset: Dataset, product: ProductDescription) -> SampleInfo:
    manifest = dataset.manifest
    columns = {*manifest.column_names}
    return SampleInfo(
        lines=tuple(product.sample_lines(manifest)),
        means=_means(manifest, product.reported_means),
        recordings=len(set(manifest["source"].to_pylist())) if "source" in columns else None,
        captions=_captions(manifest) if "captions" in columns else None,
        leaked_test_samples=_leaks(manifest) if "source" in columns else 0,
        contents=Contents.of(manifest, product),
        quality=quality_info(dataset, product.quality),
    )


def _means(manifest: pa.Table, units: Mapping[str, str]) -> dict[str, Mean]:
    frames = manifest["frames"].to_numpy()
    return {
        column: Mean(float(np.average(manifest[column].to_numpy(), weights=frames)), unit)
        for column, unit in units.items()
        if column in manifest.column_names
    }


def _count_flags(manifest: pa.Table) -> Counter[str]:
    """Count the samples that have each flag; empty if the manifest has no flags."""
    return count_flags(manifest["flags"].to_pylist() if "flags" in manifest.column_names else [])


def _captions(manifest: pa.Table) -> CaptionTotals | None:
    return CaptionTotals.of(pc.list_value_length(manifest["captions"]).to_numpy().tolist())


def _leaks(manifest: pa.Table) -> int:
    """Count the test samples of recordings that the training split has too."""
    splits, sources = (manifest[name].to_pylist() for name in ("split", "source"))
    pairs = list(zip(splits, sources, strict=True))
    trained = {source for split, source in pairs if split == TRAIN}
    return sum(split == "test" and source in trained for split, source in pairs)
