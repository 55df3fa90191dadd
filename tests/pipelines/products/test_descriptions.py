"""The descriptions of products agree with what is stored, and with docs/format.md."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from pipelines.clips.members import DETAILS, TEXT
from pipelines.engine.description import ProductDescription
from pipelines.products.descriptions import DESCRIPTIONS, command_for, describe
from pipelines.products.encoded_features.description import ENCODED_FEATURES_PRODUCT, FEATURES
from pipelines.products.encoded_features.encode import encoded_features
from pipelines.products.lidar.description import LIDAR
from pipelines.products.lidar.members import POINTS
from pipelines.products.lidar.options import EXTRAS, SENSOR_POSE
from pipelines.products.lidar.sample import MANIFEST_COLUMNS, lidar_schema
from pipelines.products.motion_features.description import MOTION_FEATURES
from pipelines.products.motion_features.members import VECTORS
from pipelines.products.motion_features.options import MotionFeatureOptions
from pipelines.products.motion_features.sample import columns_of_manifest, schema_of
from pipelines.products.pfnn.description import PFNN
from pipelines.products.pfnn.members import SCHEMA as PFNN_SCHEMA
from pipelines.products.pose_pairs.description import POSE_PAIRS
from pipelines.products.pose_pairs.schema import SCHEMA
from pipelines.products.tokens.arrays import TOKEN_ARRAYS, motion_arrays
from pipelines.products.tokens.description import (
    DECODED_MOTION,
    GENERATED_MOTION,
    TOKENS_PRODUCT,
)
from shards.format.array_spec import ArraySpec
from shards.format.schema import Schema

FORMAT = Path(__file__).resolve().parents[3] / "docs/format.md"
ANY = 991
"""A number of points or features that no fixed axis has."""
HEADER = "| member | dtype, shape | unit | frame of reference | meaning |\n|---|---|---|---|---|"
TYPES = {"json": "object", "text": "text, UTF-8"}


def features_schema() -> Schema:
    """Return the schema of features of `ANY` numbers."""
    return encoded_features(lambda: pytest.fail("no encoder is needed"), ANY).schema


def derived_schema(arrays: Mapping[str, ArraySpec]) -> Schema:
    """Return the schema of a derived dataset with these arrays."""
    return Schema({**arrays, DETAILS: "json", TEXT: "text"})


PRODUCTS: Mapping[str, tuple[ProductDescription, Schema, str]] = {
    "lidar": (LIDAR, lidar_schema(ANY, (*EXTRAS, SENSOR_POSE)), "K"),
    "features": (ENCODED_FEATURES_PRODUCT, features_schema(), "width"),
    "tokens": (TOKENS_PRODUCT, derived_schema(TOKEN_ARRAYS), ""),
    "decoded-motion": (DECODED_MOTION, derived_schema(motion_arrays(ANY, 22)), "columns"),
    "generated-motion": (GENERATED_MOTION, derived_schema(motion_arrays(ANY, 22)), "columns"),
    "pose-pairs": (POSE_PAIRS, SCHEMA, ""),
    "pfnn": (PFNN, PFNN_SCHEMA, ""),
    **{
        name: (description, schema_of(MotionFeatureOptions(name)), "")
        for name, description in MOTION_FEATURES.items()
    },
}
"""The description and the schema of each product, and the name of its variable axis."""


def test_every_product_is_described_here() -> None:
    assert PRODUCTS.keys() == DESCRIPTIONS.keys()
    for name, (description, _, _) in PRODUCTS.items():
        assert describe(name) is description
        assert description.name == name


@pytest.mark.parametrize("name", PRODUCTS)
def test_the_members_are_those_of_the_schema_in_its_order(name: str) -> None:
    description, schema, _ = PRODUCTS[name]
    assert [member.suffix for member in description.members] == list(schema.members)


def test_reported_columns_are_columns_of_the_manifest() -> None:
    assert {*LIDAR.reported_means, *LIDAR.counted} <= {*MANIFEST_COLUMNS.names}
    for name, description in MOTION_FEATURES.items():
        columns = columns_of_manifest(MotionFeatureOptions(name))
        assert {*description.counted} <= {*columns.names}


def type_of(spec: ArraySpec | str, axis: str) -> str:
    """Return the dtype and the shape of a member, as docs/format.md gives them."""
    if isinstance(spec, str):
        return TYPES[spec]
    axes = ", ".join(axis if length == ANY else str(length) for length in spec.shape)
    return f"{spec.dtype} ({axes}{',' if len(spec.shape) == 1 else ''})"


@pytest.mark.parametrize("name", PRODUCTS)
def test_the_table_of_members_in_the_document_is_the_description(name: str) -> None:
    description, schema, axis = PRODUCTS[name]
    rows = [HEADER]
    for member in description.members:
        kind = type_of(schema.members[member.suffix], axis)
        facts = (f"`{member.suffix}`", kind, member.unit, member.frame, member.meaning)
        rows.append("".join(f"| {fact} " if fact else "| " for fact in facts) + "|")
    assert "\n".join(rows) in FORMAT.read_text(), "\n".join(rows)


@pytest.mark.parametrize(
    ("suffix", "command"),
    [(POINTS, "build-lidar"), (FEATURES, "encode"), (VECTORS, "build-features")],
)
def test_the_command_for_a_member_is_that_of_its_product(suffix: str, command: str) -> None:
    assert command_for(suffix) == f"motiondata {command}"
