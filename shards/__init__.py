"""Datasets of samples in tar shards: write, read, verify and stream them; array statistics."""

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from shards.stream.streamed_dataset import StreamedDataset

__all__ = ["open_dataset"]


def open_dataset(path: str | Path) -> "StreamedDataset":
    """Open a finished dataset for training; raise `shards.errors.DatasetError` otherwise."""
    from shards.format.paths import refuse_url
    from shards.stream.streamed_dataset import StreamedDataset

    refuse_url(path)
    return StreamedDataset.open(Path(path))
