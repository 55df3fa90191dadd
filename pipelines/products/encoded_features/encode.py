"""Encode a dataset: check the source, load the encoder, and build the features product."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from motiondata.errors import InputError
from pipelines.engine.build import build
from pipelines.engine.build_report import BuildReport
from pipelines.engine.errors import os_errors_as_aborted
from pipelines.engine.execution import Execution
from pipelines.products.encoded_features.encoder import LoadEncoder
from pipelines.products.encoded_features.product import COLUMNS, READ_MEMBERS, EncodedFeatureProduct
from shards.format.dataset import Dataset


def encode_with(
    load: LoadEncoder,
    dataset: Path,
    out: Path,
    execution: Execution,
    parameters: Mapping[str, Any] | None = None,
) -> BuildReport:
    """Encode a dataset's points with an encoder, or resume an earlier run.

    `parameters` are the command's options other than files, for `motiondata info` to repeat. Raises
    as `build` does.
    """
    _expect_apart(dataset, out)
    with os_errors_as_aborted(out):
        source = Dataset.open(dataset.absolute())
        _check_source(source)
        encoder = load()
    product = EncodedFeatureProduct(
        load=load,
        encoder=encoder.id,
        width=encoder.width,
        source=source.path,
        source_schema=source.schema,
        dataset=source.content_hash,
        parameters=dict(parameters or {}),
    )
    return build(product, out, execution)


def _expect_apart(dataset: Path, out: Path) -> None:
    """Refuse to write features into the folder of the points: a restart would remove the points."""
    ours, theirs = out.resolve(), dataset.resolve()
    if ours.is_relative_to(theirs) or theirs.is_relative_to(ours):
        raise InputError(f"{out}: expected a folder apart from {dataset}; choose another --out")


def _check_source(source: Dataset) -> None:
    """Raise `InputError` if samples lack points, captions or the names of their recordings."""
    members = [name for name in READ_MEMBERS if name not in source.schema.members]
    columns = [name for name in COLUMNS.names if name not in source.manifest.column_names]
    if members or columns:
        raise InputError(
            f"{source.path}: expected a dataset of points such as build-lidar makes, found one "
            f"without {', '.join([*members, *columns])}"
        )
