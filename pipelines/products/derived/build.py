"""Derive a dataset: check the source, load the transform, and build the product."""

from collections.abc import Callable, Collection, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from motiondata.errors import InputError
from pipelines.engine.build import build
from pipelines.engine.build_report import BuildReport
from pipelines.engine.errors import os_errors_as_aborted
from pipelines.engine.execution import Execution
from pipelines.engine.opened import Loaded
from pipelines.engine.output_path import expect_apart
from pipelines.products.derived.product import COLUMNS, Derivation, DerivedProduct
from pipelines.products.derived.transform import Transform
from shards.format.dataset import Dataset
from shards.format.places import Place, local_folder
from shards.stream.flags import has_flags

MakeDerivation = Callable[[Dataset], tuple[Derivation, Transform]]
"""Returns what to derive from a dataset, and its transform, which is loaded.

Raises `InputError` if the dataset does not fit the transform.
"""


def build_derived(
    make: MakeDerivation,
    source: Place,
    out: Path,
    execution: Execution,
    parameters: Mapping[str, Any] | None = None,
    exclude: Collection[str] = (),
) -> BuildReport:
    """Derive a dataset from another one, or resume an earlier run.

    `parameters` are the command's options other than files, for `motiondata info` to repeat.
    Samples with a flag in `exclude` are dropped. Raises as `build` does, `ShardError` for a flag
    that no sample has, and `InputError` if the dataset does not fit the scope of the derivation.
    """
    folder = local_folder(source)
    expect_apart(folder, out)
    with os_errors_as_aborted(out):
        dataset = Dataset.open(folder)
        if exclude:
            has_flags(dataset, np.arange(len(dataset.manifest)), exclude)  # refuses unknown names
        derivation, transform = make(dataset)
        derivation.scope.expect_fits(dataset)
    product = DerivedProduct(
        derivation=derivation,
        transform=transform.id,
        source=dataset.path,
        source_schema=dataset.schema,
        dataset=dataset.content_hash,
        parameters=dict(parameters or {}),
        exclude=tuple(sorted({*exclude})),
        loaded=Loaded(transform),
    )
    return build(product, out, execution)


def expect_members(dataset: Dataset, members: tuple[str, ...], expected: str) -> None:
    """Raise `InputError` if samples lack members, or the manifest lacks columns, that are read.

    `expected` describes a dataset that has them.
    """
    missing = [name for name in members if name not in dataset.schema.members]
    columns = [name for name in COLUMNS.names if name not in dataset.manifest.column_names]
    if missing or columns:
        raise InputError(
            f"{dataset.place}: expected {expected}, found one without "
            f"{', '.join([*missing, *columns])}"
        )
