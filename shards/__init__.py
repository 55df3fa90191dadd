"""Datasets of samples in tar shards: write, read, verify and stream them; array statistics.

This file is the only one of `shards` that knows `motiondata`: it gives `open_dataset` the reader of
captions, so that views of datasets of motion can have captions.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, overload

if TYPE_CHECKING:
    from shards.remote.folder import RemoteFolder
    from shards.stream.mixed_dataset import MixedDataset
    from shards.stream.streamed_dataset import StreamedDataset

__all__ = ["open_dataset"]


@overload
def open_dataset(path: "str | Path | RemoteFolder") -> "StreamedDataset": ...
@overload
def open_dataset(
    path: Mapping[str, float] | Mapping[Path, float] | list[str] | list[Path],
) -> "MixedDataset": ...
def open_dataset(
    path: "str | Path | RemoteFolder | Mapping[str, float] | Mapping[Path, float]"
    " | list[str] | list[Path]",
) -> "StreamedDataset | MixedDataset":
    """Open a finished dataset for training; raise `shards.errors.DatasetError` otherwise.

    A path may be a URL of `fsspec`, such as "s3://bucket/kit"; docs/remote.md says how it is read.

    A list of paths opens several datasets with the same fields as one, whose epochs have every item
    once. A mapping from paths to weights opens a mixture, whose epochs have shares by weight.
    """
    if not isinstance(path, Mapping | list):
        return _open(path)
    from shards.stream.mixed_dataset import MixedDataset

    weights = [*path.values()] if isinstance(path, Mapping) else None
    return MixedDataset({_shown(each): _open(each) for each in path}, weights)


def _shown(path: str | Path) -> str:
    from shards.remote.urls import without_secrets

    return without_secrets(str(path))


def _open(path: "str | Path | RemoteFolder") -> "StreamedDataset":
    from motiondata.captions import caption_runs
    from shards.stream.streamed_dataset import StreamedDataset

    return StreamedDataset.open(path, caption_runs)
