"""Read a split as a pipeline of the `webdataset` package.

The list of shards comes from `dataset.json`, so gaps in their numbers do not matter. Members are
decoded according to the dataset's schema, because `webdataset` itself would unpickle a file whose
name requests it.
"""

from collections.abc import Container, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import webdataset

from shards.errors import DatasetError, MemberError
from shards.format.dataset import Dataset
from shards.format.paths import existing
from shards.format.schema import Schema

KEY = "__key__"
URL = "__url__"
"""The names that `webdataset` uses for a sample's key and for the shard that it was read from."""


def webdataset_pipeline(
    dataset: Dataset, split: str, keys: Container[str] | None = None, **options: Any
) -> webdataset.WebDataset:
    """Return a pipeline of a split's decoded samples; `options` are those of `WebDataset`.

    With `keys`, the pipeline leaves out the samples of other keys.
    Raises `ShardError` where there is no such split, and `DatasetError` where a shard is missing.
    """
    urls = [str(existing(dataset.path, shard.name)) for shard in dataset.shards_of(split)]
    pipeline = webdataset.WebDataset(urls, **options)
    chosen = pipeline if keys is None else pipeline.select(_Chosen(keys))
    return chosen.map(_Decoder(dataset.schema, _frames(dataset)))


def _frames(dataset: Dataset) -> dict[str, int]:
    manifest = dataset.manifest
    keys, frames = manifest["key"].to_pylist(), manifest["frames"].to_pylist()
    return dict(zip(keys, frames, strict=True))


@dataclass(frozen=True)
class _Chosen:
    """Tell whether a sample has one of the given keys."""

    keys: Container[str]

    def __call__(self, sample: Mapping[str, Any]) -> bool:
        return sample[KEY] in self.keys


@dataclass(frozen=True)
class _Decoder:
    """Decode a sample's members; a class, so that it can be pickled for worker processes."""

    schema: Schema
    frames: Mapping[str, int]

    def __call__(self, sample: Mapping[str, Any]) -> dict[str, Any]:
        key = sample[KEY]
        if key not in self.frames:
            raise DatasetError(
                str(sample[URL]), f"has a sample {key!r} that is not in the manifest"
            )
        return {KEY: key, URL: sample[URL]} | {
            suffix: self._decoded(sample, suffix) for suffix in self.schema.members
        }

    def _decoded(self, sample: Mapping[str, Any], suffix: str) -> Any:
        key, where = sample[KEY], str(sample[URL])
        if suffix not in sample:
            raise DatasetError(where, f"{key} has no member {suffix}")
        try:
            value = self.schema.decode(suffix, sample[suffix], self.frames[key])
        except MemberError as error:
            raise DatasetError(where, f"{key}.{suffix}: {error}") from error
        return np.array(value) if isinstance(value, np.ndarray) else value  # a writable copy
