"""The metadata of a dataset as Croissant 1.1, which search engines and loaders read.

Specification: docs.mlcommons.org/croissant; the context is the one that it prescribes.
"""

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa

from pipelines.engine.progress import Progress
from shards.format.dataset import Dataset
from shards.format.paths import MANIFEST

VERSION = "http://mlcommons.org/croissant/1.1"
_TERMS = (
    "arrayShape", "citeAs", "column", "containedIn", "equivalentProperty", "extract", "field",
    "fileProperty", "fileObject", "fileSet", "format", "includes", "isArray", "isLiveDataset",
    "jsonPath", "key", "md5", "parentField", "path", "recordSet", "references", "regex",
    "repeated", "replace", "samplingRate", "separator", "source", "subField", "transform",
)  # fmt: skip
CONTEXT: Mapping[str, Any] = {
    "@language": "en",
    "@vocab": "https://schema.org/",
    "cr": "http://mlcommons.org/croissant/",
    "dct": "http://purl.org/dc/terms/",
    "rai": "http://mlcommons.org/croissant/RAI/",
    "sc": "https://schema.org/",
    "conformsTo": "dct:conformsTo",
    "data": {"@id": "cr:data", "@type": "@json"},
    "dataType": {"@id": "cr:dataType", "@type": "@vocab"},
    "description": {"@container": "@language"},
    "examples": {"@id": "cr:examples", "@type": "@json"},
    "name": {"@container": "@language"},
    **{term: f"cr:{term}" for term in _TERMS},
}
TYPES: tuple[tuple[Any, str], ...] = (
    (pa.types.is_boolean, "sc:Boolean"),
    (pa.types.is_integer, "sc:Integer"),
    (pa.types.is_floating, "sc:Float"),
    (pa.types.is_string, "sc:Text"),
)
"""Croissant's types of the columns of a manifest."""
NOT_SHOWN = ("_offset", "_size")
"""Endings of the columns that say where members lie."""
BLOCK = 2**20


def croissant(dataset: Dataset, about: Mapping[str, Any], progress: Progress) -> dict[str, Any]:
    """Return the metadata of a dataset; `about` has its name, description, license, url and date.

    Every shard and the manifest are listed with their SHA-256. The record set `clips` has the
    columns of the manifest.
    """
    names = [MANIFEST, *(shard.name for shard in dataset.description.shards)]
    return {
        "@context": dict(CONTEXT),
        "@type": "sc:Dataset",
        "conformsTo": VERSION,
        "version": "1.0.0",
        **about,
        "distribution": [_file_object(dataset.path, name) for name in progress.over(names)],
        "recordSet": [_clips(dataset.manifest.schema)],
    }


def _file_object(folder: Path, name: str) -> dict[str, Any]:
    path = folder / name
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(BLOCK):
            digest.update(block)
    kind = "application/x-parquet" if name == MANIFEST else "application/x-tar"
    return {
        "@type": "cr:FileObject",
        "@id": name,
        "name": name,
        "contentUrl": name,
        "contentSize": f"{path.stat().st_size} B",
        "encodingFormat": kind,
        "sha256": digest.hexdigest(),
    }


def _clips(schema: pa.Schema) -> dict[str, Any]:
    fields = [field for each in schema if (field := _field(each)) is not None]
    return {
        "@type": "cr:RecordSet",
        "@id": "clips",
        "name": "clips",
        "description": "One record per clip: the columns of the manifest.",
        "key": {"@id": "clips/key"},
        "field": fields,
    }


def _field(column: pa.Field) -> dict[str, Any] | None:
    """Return a column as a field; None for a place in a shard, or a type without a name."""
    is_list = pa.types.is_list(column.type)
    value = column.type.value_type if is_list else column.type
    kind = next((name for applies, name in TYPES if applies(value)), None)
    if kind is None or column.name.endswith(NOT_SHOWN):
        return None
    shape = {"isArray": True, "arrayShape": "-1"} if is_list else {}
    return {
        "@type": "cr:Field",
        "@id": f"clips/{column.name}",
        "name": column.name,
        "dataType": kind,
        **shape,
        "source": {"fileObject": {"@id": MANIFEST}, "extract": {"column": column.name}},
    }
