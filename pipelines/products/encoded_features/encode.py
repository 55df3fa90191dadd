"""Encode the points or joints of a dataset: the features product, built by an encoder."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from motiondata.errors import InputError
from pipelines.engine.build_report import BuildReport
from pipelines.engine.execution import Execution
from pipelines.engine.product import Values
from pipelines.products.derived.build import build_derived, expect_members
from pipelines.products.derived.product import Derivation
from pipelines.products.encoded_features.description import ENCODED_FEATURES_PRODUCT, FEATURES
from pipelines.products.encoded_features.encoder import Encoder, LoadEncoder
from pipelines.products.lidar.members import POINTS
from shards.format.array_spec import FRAMES, ArraySpec
from shards.format.dataset import Dataset
from shards.format.members import field_of
from shards.format.places import Place

ExpectField = Callable[[Dataset, str], None]
"""Refuses a dataset and its field, by name."""

SECONDS_PER_FRAME = 1 / 3500
"""`motiondata encode` of 12,062 frames of `motiondata demo --clips 120` with an encoder of the
default size, in one process on an AMD EPYC core: 3.4 s."""


@dataclass(frozen=True)
class Encoding:
    """Encodes the points or joints of samples."""

    encoder: Encoder

    @property
    def id(self) -> str:
        """The encoder's id."""
        return self.encoder.id

    def derive(self, key: str, values: Values) -> Values:
        """Return the features of a sample.

        Raises `InputError` if they have a wrong shape or are not finite.
        """
        points = values[self.encoder.reads]
        features, shape = self.encoder.encode(points), (len(points), self.encoder.width)
        if features.shape != shape or not np.isfinite(features).all():
            raise InputError(
                f"{key}: the encoder made features of shape {features.shape}, expected finite "
                f"ones of shape {shape}"
            )
        return {FEATURES: features}


@dataclass(frozen=True)
class LoadEncoding:
    """Loads an encoder as a transform."""

    load: LoadEncoder

    def __call__(self) -> Encoding:
        """Load the encoder."""
        return Encoding(self.load())


def encoded_features(load: LoadEncoder, width: int, reads: str = POINTS) -> Derivation:
    """Return what is derived from a member: an encoder's features, `width` numbers per frame."""
    return Derivation(
        description=ENCODED_FEATURES_PRODUCT,
        arrays={FEATURES: ArraySpec("float32", (FRAMES, width))},
        reads=(reads,),
        role="encoder",
        load=LoadEncoding(load),
        seconds_per_frame=SECONDS_PER_FRAME,
        facts={"width": width},
    )


def encode_with(
    load: LoadEncoder,
    dataset: Place,
    out: Path,
    execution: Execution,
    parameters: Mapping[str, Any] | None = None,
    exclude: Collection[str] = (),
    expect: ExpectField = lambda _dataset, _field: None,
) -> BuildReport:
    """Encode a dataset with an encoder, or resume an earlier run.

    `expect` raises `InputError` if the encoder cannot read the field of the dataset. `parameters`,
    `exclude` and other errors are those of `build_derived`.
    """

    def make(source: Dataset) -> tuple[Derivation, Encoding]:
        encoding = Encoding(load())
        encoder = encoding.encoder
        derivation = encoded_features(load, encoder.width, encoder.reads)
        expected = f"a dataset with {encoder.reads} such as build-lidar makes"
        expect_members(source, derivation.read_members, expected)
        expect(source, field_of(encoder.reads))
        return derivation, encoding

    return build_derived(make, dataset, out, execution, parameters, exclude)
