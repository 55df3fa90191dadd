"""Datasets of samples in tar shards: write, read, verify and stream them; array statistics.

This file is the only one of `shards` that knows `motiondata`: it gives `open_dataset` the reader of
captions, so that views of datasets of motion can have captions.
"""

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from shards.stream.streamed_dataset import StreamedDataset

__all__ = ["open_dataset"]


def open_dataset(path: str | Path) -> "StreamedDataset":
    """Open a finished dataset for training; raise `shards.errors.DatasetError` otherwise."""
    from motiondata.captions import caption_runs
    from shards.format.paths import refuse_url
    from shards.stream.streamed_dataset import StreamedDataset

    refuse_url(path)
    return StreamedDataset.open(Path(path), caption_runs)
