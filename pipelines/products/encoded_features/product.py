"""The features product: the members of its samples, and how they are made from a source dataset.

The encoder gets one clip at a time, so that the features of a clip do not depend on other clips.
"""

from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pyarrow as pa

from motiondata.captions import caption_texts
from motiondata.devices import CPU
from motiondata.errors import InputError
from motiondata.files import expect_as_planned
from pipelines.clips.members import DETAILS, TEXT
from pipelines.engine.description import ProductDescription
from pipelines.engine.fingerprint import KeptShard
from pipelines.engine.product import FinishSamples, PlannedBuild, Values
from pipelines.products.derived_plan import PlannedDerivedSample
from pipelines.products.encoded_features.description import ENCODED_FEATURES_PRODUCT, FEATURES
from pipelines.products.encoded_features.encoder import Encoder, LoadEncoder
from pipelines.products.encoded_features.plan import plan_features
from pipelines.products.lidar.members import POINTS
from shards.errors import DatasetError
from shards.format.dataset import Dataset
from shards.format.description import ShardEntry
from shards.format.hashing import hash_file
from shards.format.paths import existing
from shards.format.reading import ShardReader
from shards.format.schema import ArraySpec, Schema

READ_MEMBERS = (POINTS, DETAILS, TEXT)
"""The members of a source sample that features are made from."""
COLUMNS = pa.schema(
    [
        pa.field("source", pa.string(), nullable=False),
        pa.field("subset", pa.string(), nullable=False),
        pa.field("captions", pa.list_(pa.string()), nullable=False),
    ]
)
"""The manifest columns of features, in addition to the columns that all samples have."""
SECONDS_PER_FRAME = 1 / 3500
"""`motiondata encode` of 12,062 frames of `motiondata demo --clips 120` with an encoder of the
default size, in one process on an AMD EPYC core: 3.4 s."""


@dataclass(frozen=True)
class EncodedFeatureProduct:
    """The features of a dataset's clips."""

    load: LoadEncoder
    encoder: str
    """Id of the encoder. A worker that loads a different encoder stops."""
    width: int
    """Number of features per frame."""
    source: Path
    """Folder of the source dataset."""
    source_schema: Schema
    dataset: str
    """Content hash of the source dataset."""
    parameters: dict[str, Any]
    """The command's options other than files."""

    description: ClassVar[ProductDescription] = ENCODED_FEATURES_PRODUCT
    columns: ClassVar[pa.Schema] = COLUMNS
    is_tried: ClassVar[bool] = False
    warnings: ClassVar[tuple[str, ...]] = ()
    device: ClassVar[str] = CPU
    seconds_per_frame: ClassVar[float] = SECONDS_PER_FRAME

    @property
    def schema(self) -> Schema:
        """The members of a sample."""
        features = ArraySpec("float32", ("frames", self.width))
        return Schema({FEATURES: features, DETAILS: "json", TEXT: "text"})

    def open(self) -> "FeatureEncoder":
        """Load the encoder; raises `InputError` if it has changed."""
        encoder = self.load()
        if encoder.id != self.encoder:
            raise InputError("the encoder was replaced while it was used; start again")
        return FeatureEncoder(self, encoder)

    def expect_use(self, samples: Sequence[Values]) -> None:
        """Do nothing: the training of the encoder has evaluated its features."""

    def manifest_values(self, values: Values) -> dict[str, Any]:
        """Return a sample's values for `COLUMNS`."""
        details = values[DETAILS]
        captions = caption_texts(details)
        return {"source": details["source"], "subset": details["subset"], "captions": captions}

    def plan_around(self, kept: dict[str, KeptShard]) -> PlannedBuild:
        """Plan the features of all samples."""
        contents = {"dataset": self.dataset, "encoder": self.encoder}
        return plan_features(self.source, self.parameters, contents, kept)

    def provenance(self) -> dict[str, Any]:
        """Return the encoder's id and width, and the source's hash, parameters and provenance.

        Raises `InputError` if the source was replaced during the run.
        """
        dataset = Dataset.open(self.source)
        if dataset.content_hash != self.dataset:
            raise InputError(f"{self.source}: was replaced while it was encoded; start again")
        source = dataset.description
        return {
            "encoder": {"id": self.encoder, "width": self.width},
            "source": {
                "content_hash": self.dataset,
                "parameters": source.parameters,
                "provenance": source.provenance,
            },
        }


class FeatureEncoder:
    """Makes the features of planned samples, with an encoder that is loaded once."""

    lookahead_frames = 0

    def __init__(self, product: EncodedFeatureProduct, encoder: Encoder) -> None:
        self._product = product
        self._encoder = encoder
        self._checked: ShardEntry | None = None
        """The shard whose hash was compared last."""

    def prefetch(self, planned: PlannedDerivedSample) -> None:
        """Do nothing: clips are read sequentially, and operating systems prefetch such reads."""

    def begin(self, planned: PlannedDerivedSample) -> FinishSamples:
        """Return a function that encodes the clip."""
        return lambda: [self._sample(planned)]

    def _sample(self, planned: PlannedDerivedSample) -> tuple[str, Values]:
        """Return a clip's key and members; raises as `_read` does.

        Raises `InputError` if the features have a wrong shape or are not finite.
        """
        product, sample = self._product, planned.sample
        points, details, text = self._read(planned)
        features = self._encoder.encode(points)
        if features.shape != (sample.frames, product.width) or not np.isfinite(features).all():
            raise InputError(
                f"{planned.recording}: the encoder made features of shape {features.shape}, "
                f"expected finite ones of shape {(sample.frames, product.width)}"
            )
        details = {**details, "encoder": product.encoder, "dataset": product.dataset}
        return sample.key, {FEATURES: features, DETAILS: details, TEXT: text}

    def _read(self, planned: PlannedDerivedSample) -> list[Any]:
        """Read a clip's members from the source.

        Raises `DatasetError` if the source is damaged, and `OSError` if its shard has changed since
        the work was planned: the source's disk or mount may have been lost.
        """
        source, schema = self._product.source, self._product.source_schema
        path = source / planned.shard.name
        expect_as_planned(planned.stamp, path)
        try:
            self._check_shard(planned.shard)
            with closing(ShardReader(source, planned.shard)) as reader:
                return [reader.decoded(schema, planned.sample, suffix) for suffix in READ_MEMBERS]
        finally:
            expect_as_planned(planned.stamp, path)

    def _check_shard(self, shard: ShardEntry) -> None:
        """Raise `DatasetError` if a shard's hash is wrong. This reads each shard one more time."""
        if shard != self._checked:
            if hash_file(existing(self._product.source, shard.name)) != shard.blake3:
                raise DatasetError(shard.name, "is damaged; verify the dataset, and copy it again")
            self._checked = shard
