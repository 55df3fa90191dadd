"""Self-hashed JSON: a document that contains its own hash and has exactly one encoding.

A reader encodes the parsed document again and compares the bytes, so any changed bit is detected,
even in whitespace or in the hash.
"""

import json
from collections.abc import Mapping
from typing import Any

from shards.errors import DatasetError
from shards.format.hashing import hash_bytes

HASH_KEY = "blake3"
"""The last key of a document; its value is the hash of the document without this key."""


def to_self_hashed_json(document: Mapping[str, Any]) -> bytes:
    """Encode a document as ASCII JSON, keeping the order of keys, with its hash at the end."""
    return _render({**document, HASH_KEY: hash_bytes(_render(document))})


def from_self_hashed_json(data: bytes, where: str) -> dict[str, Any]:
    """Decode the output of `to_self_hashed_json`; raise `DatasetError` where it was changed."""
    try:
        document = dict(json.loads(data.decode("ascii")))
        document.pop(HASH_KEY)
        intact = to_self_hashed_json(document) == data
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        raise DatasetError(
            where,
            f"expected JSON with its hash ({HASH_KEY}), found none: {error}; if another version of "
            "this program wrote it, build it again",
        ) from error
    if not intact:
        raise DatasetError(where, "was changed or damaged after it was written; build it again")
    return document


def _render(document: Mapping[str, Any]) -> bytes:
    return (json.dumps(document, indent=1, allow_nan=False) + "\n").encode("ascii")
