"""The features product: encode every clip of a dataset into a new dataset of feature shards.

A feature shard is derived from one shard of points and has the same name, keys and order, so that
splits and captions do not change. The encoder gets one clip at a time, so that the features of a
clip do not depend on other clips.
"""

from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, ClassVar, Protocol

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from motiondata.devices import CPU
from motiondata.errors import InputError
from motiondata.files import Stamp, expect_as_planned
from pipelines.engine.build import build
from pipelines.engine.errors import os_errors_as_aborted
from pipelines.engine.execution import Execution
from pipelines.engine.failures import BuildResult
from pipelines.engine.file_stats import stat_files
from pipelines.engine.fingerprint import KeptShard, fingerprint
from pipelines.engine.product import FinishSamples, PlannedBuild, Values
from pipelines.engine.totals import BuildTotals
from pipelines.products.derived_plan import PlannedDerivedSample, plan_derived
from shards.errors import DatasetError
from shards.format.dataset import Dataset
from shards.format.description import ShardEntry
from shards.format.hashing import hash_file
from shards.format.paths import existing
from shards.format.reading import ShardReader
from shards.format.schema import ArraySpec, Schema

POINTS, DETAILS, TEXT = "points.npy", "json", "txt"
"""The members of a source sample that features are made from."""
COLUMNS = pa.schema(
    [
        pa.field("source", pa.string(), nullable=False),
        pa.field("subset", pa.string(), nullable=False),
        pa.field("captions", pa.list_(pa.string()), nullable=False),
    ]
)
"""The manifest columns of features, in addition to the columns that all samples have."""


class Encoder(Protocol):
    """Computes features from points, as `training.encoders.load_encoder.LoadedEncoder` does."""

    @property
    def width(self) -> int:
        """Number of features per frame."""

    @property
    def id(self) -> str:
        """Hash of everything that determines the features."""

    def encode(self, points: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return features shaped (frames, width) for points shaped (frames, points, 3)."""


LoadEncoder = Callable[[], Encoder]
"""Loads an encoder. It must be picklable and equal to its copies, such as a frozen dataclass."""


@dataclass(frozen=True)
class Checkpoint:
    """An encoder checkpoint written by `motiondata align`."""

    path: Path
    encoder: str = ""
    """`module:factory` of a custom encoder; empty for the built-in encoder."""

    def __call__(self) -> Encoder:
        """Load the encoder; raises `InputError` if the file is not an encoder checkpoint."""
        from pipelines.training.encoders.load_encoder import load_encoder

        return load_encoder(self.path, self.encoder)


def encode(
    dataset: Path, checkpoint: Path, out: Path, execution: Execution, encoder: str = ""
) -> BuildResult:
    """Encode a dataset's points with the encoder of a checkpoint, or resume an earlier run.

    `encoder` is the `module:factory` of a custom encoder. Raises as `build` does.
    """
    load = Checkpoint(checkpoint.absolute(), encoder)
    return encode_with(load, dataset, out, execution, {"encoder": encoder or None})


def encode_with(
    load: LoadEncoder,
    dataset: Path,
    out: Path,
    execution: Execution,
    parameters: Mapping[str, Any] | None = None,
) -> BuildResult:
    """Encode a dataset's points with any encoder, as `encode` does.

    `parameters` are the command's options other than files, for `motiondata info` to repeat.
    """
    _expect_apart(dataset, out)
    with os_errors_as_aborted(out):
        source = Dataset.open(dataset.absolute())
        _check_source(source)
        encoder = load()
    product = FeatureProduct(
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
    members = [name for name in (POINTS, DETAILS, TEXT) if name not in source.schema.members]
    columns = [name for name in COLUMNS.names if name not in source.manifest.column_names]
    if members or columns:
        raise InputError(
            f"{source.path}: expected a dataset of points such as build-lidar makes, found one "
            f"without {', '.join([*members, *columns])}"
        )


@dataclass(frozen=True)
class FeatureProduct:
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

    name: ClassVar[str] = "features"
    columns: ClassVar[pa.Schema] = COLUMNS
    reported_means: ClassVar[Mapping[str, str]] = {}
    counted: ClassVar[Mapping[str, str]] = {}
    is_tried: ClassVar[bool] = False
    warnings: ClassVar[tuple[str, ...]] = ()
    device: ClassVar[str] = CPU
    lookahead_frames: ClassVar[int] = 0

    @property
    def schema(self) -> Schema:
        """The members of a sample."""
        features = ArraySpec("float32", ("frames", self.width))
        return Schema({"features.npy": features, DETAILS: "json", TEXT: "text"})

    def warm_up(self) -> None:
        """Load the encoder."""
        _load(self.load, self.encoder)

    def prefetch(self, planned: PlannedDerivedSample) -> None:
        """Do nothing: clips are read sequentially, and operating systems prefetch such reads."""

    def begin(self, planned: PlannedDerivedSample) -> FinishSamples:
        """Return a function that encodes the clip."""
        return lambda: [self._sample(planned)]

    def _sample(self, planned: PlannedDerivedSample) -> tuple[str, Values]:
        """Return a clip's key and members; raises as `_read` does.

        Raises `InputError` if the features have a wrong shape or are not finite.
        """
        encoder, sample = _load(self.load, self.encoder), planned.sample
        points, details, text = self._read(planned)
        features = encoder.encode(points)
        if features.shape != (sample.frames, self.width) or not np.isfinite(features).all():
            raise InputError(
                f"{planned.recording}: the encoder made features of shape {features.shape}, "
                f"expected finite ones of shape {(sample.frames, self.width)}"
            )
        details = {**details, "encoder": self.encoder, "dataset": self.dataset}
        return sample.key, {"features.npy": features, DETAILS: details, TEXT: text}

    def _read(self, planned: PlannedDerivedSample) -> list[Any]:
        """Read a clip's members from the source.

        Raises `DatasetError` if the source is damaged, and `OSError` if its shard has changed since
        the work was planned: the source's disk or mount may have been lost.
        """
        path = self.source / planned.shard.name
        expect_as_planned(planned.stamp, path)
        try:
            _check_shard(self.source, planned.shard)
            with closing(ShardReader(self.source, planned.shard)) as reader:
                return [
                    reader.decoded(self.source_schema, planned.sample, suffix)
                    for suffix in (POINTS, DETAILS, TEXT)
                ]
        finally:
            expect_as_planned(planned.stamp, path)

    def remarks(self, totals: BuildTotals) -> Sequence[str]:  # noqa: ARG002 (of the protocol)
        """Return nothing: the report of the source dataset has these remarks."""
        return ()

    def expect_use(self, samples: Sequence[Values]) -> None:
        """Do nothing: the training of the encoder has evaluated its features."""

    def manifest_values(self, values: Values) -> dict[str, Any]:
        """Return a sample's values for `COLUMNS`."""
        details = values[DETAILS]
        captions = [caption["text"] for caption in details["captions"]]
        return {"source": details["source"], "subset": details["subset"], "captions": captions}

    def plan_around(self, kept: dict[str, KeptShard]) -> PlannedBuild:
        """Plan the features of all samples."""
        source = Dataset.open(self.source)
        names = [shard.name for shard in source.description.shards]
        for name in names:
            existing(self.source, name)
        shards = stat_files("shards", self.source, pa.array(names, pa.binary()))
        stamps = {
            file["name"].decode(): Stamp(file["bytes"], file["changed_ns"])
            for file in shards.to_pylist()
        }
        plan = plan_derived(source, stamps, {name: shard.keys for name, shard in kept.items()})
        contents = {"dataset": self.dataset, "encoder": self.encoder}
        return PlannedBuild(plan, fingerprint(plan, self.parameters, contents, shards, kept))

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


@lru_cache(maxsize=1)
def _load(load: LoadEncoder, expected: str) -> Encoder:
    """Load an encoder once per process; raises `InputError` if it has changed."""
    encoder = load()
    if encoder.id != expected:
        raise InputError("the encoder was replaced while it was used; start again")
    return encoder


@lru_cache(maxsize=1)
def _check_shard(source: Path, shard: ShardEntry) -> None:
    """Raise `DatasetError` if a shard's hash is wrong. This reads each shard one more time."""
    if hash_file(existing(source, shard.name)) != shard.blake3:
        raise DatasetError(shard.name, "is damaged; verify the dataset, and copy it again")
