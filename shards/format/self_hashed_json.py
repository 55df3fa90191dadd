"""Sealed JSON: a document that carries the hash of itself and can be written in one way only.

A reader writes again what it has read and compares the bytes, so that no single changed bit passes,
not even one in a blank or in the hash.
"""

import json
from collections.abc import Mapping
from typing import Any

from shards.errors import DatasetError
from shards.format.hashing import hash_bytes

HASH_KEY = "blake3"
"""The last key of a sealed document: the hash of the document without it."""


def to_self_hashed_json(document: Mapping[str, Any]) -> bytes:
    """Return a document as JSON in ASCII, in its own order, with its hash at the end."""
    return _render({**document, HASH_KEY: hash_bytes(_render(document))})


def from_self_hashed_json(data: bytes, where: str) -> dict[str, Any]:
    """Return the document that `to_self_hashed_json` wrote, or raise `DatasetError`."""
    try:
        document = dict(json.loads(data.decode("ascii")))
        document.pop(HASH_KEY)
        intact = to_self_hashed_json(document) == data
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        raise DatasetError(
            where,
            f"expected JSON with its hash ({HASH_KEY}), found none: {error}; if another version of "
            "this program has written it, build it again",
        ) from error
    if not intact:
        raise DatasetError(where, "was changed or damaged after it was written; build it again")
    return document


def _render(document: Mapping[str, Any]) -> bytes:
    return (json.dumps(document, indent=1, allow_nan=False) + "\n").encode("ascii")
