"""The `json` of samples, read from their shards without the other members."""

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from shards.errors import DatasetError, MemberError
from shards.format.dataset import Dataset
from shards.format.members import decode_member
from shards.stream.field_reader import MemberSpans
from shards.stream.remote_files import open_files

DETAILS = "json"


def read_details(
    dataset: Dataset, rows: NDArray[np.int64], key: str
) -> Iterator[Mapping[str, Any]]:
    """Yield the object under a key of each sample's `json`, given manifest rows.

    The object is empty if a sample has no such key. Nothing is yielded if samples have no `json`.
    Raises `DatasetError` for another type.
    """
    if DETAILS not in dataset.schema.members:
        return
    files, spans = open_files(dataset), MemberSpans.of(dataset, rows, DETAILS)
    for clip, data in zip(spans.keys, spans.read_all(files), strict=True):
        yield _object_of(data, clip, key)


def _object_of(data: bytes, clip: str, key: str) -> Mapping[str, Any]:
    try:
        details: Any = decode_member(DETAILS, data)
        return {str(name): value for name, value in details.get(key, {}).items()}
    except (AttributeError, MemberError) as error:
        raise DatasetError(
            f"{clip}.{DETAILS}", f"expected an object with {key}: {error}"
        ) from error
