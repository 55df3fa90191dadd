"""Datasets of samples in tar shards: write, read, verify and stream them; array statistics.

This file is the only one of `shards` that knows `motiondata`: it gives `open_dataset` the reader of
captions, so that views of datasets of motion can have captions.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, overload

if TYPE_CHECKING:
    from shards.stream.mixed_dataset import MixedDataset
    from shards.stream.streamed_dataset import StreamedDataset

__all__ = ["open_dataset"]


@overload
def open_dataset(path: str | Path) -> "StreamedDataset": ...
@overload
def open_dataset(
    path: Mapping[str, float] | Mapping[Path, float] | list[str] | list[Path],
) -> "MixedDataset": ...
def open_dataset(
    path: str | Path | Mapping[str, float] | Mapping[Path, float] | list[str] | list[Path],
) -> "StreamedDataset | MixedDataset":
    """Open a finished dataset for training; raise `shards.errors.DatasetError` otherwise.

    A list of paths opens several datasets with the same fields as one, whose epochs have every item
    once. A mapping from paths to weights opens a mixture, whose epochs have shares by weight.
    """
    if isinstance(path, str | Path):
        return _open(path)
    from shards.stream.mixed_dataset import MixedDataset

    weights = [*path.values()] if isinstance(path, Mapping) else None
    return MixedDataset({str(each): _open(each) for each in path}, weights)


def _open(path: str | Path) -> "StreamedDataset":
    from motiondata.captions import caption_runs
    from shards.format.paths import refuse_url
    from shards.stream.streamed_dataset import StreamedDataset

    refuse_url(path)
    return StreamedDataset.open(Path(path), caption_runs)
