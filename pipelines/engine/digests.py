"""Hashes of JSON values and small files."""

import json
from collections.abc import Iterable
from pathlib import Path

from shards.format.hashing import hash_bytes


def digest_json(value: object) -> str:
    """Return the hash of a JSON value, independent of the order of its keys."""
    return hash_bytes(json.dumps(value, sort_keys=True, separators=(",", ":")).encode())


def digest_files(paths: Iterable[Path]) -> str:
    """Return one hash of the contents of small files, in the given order."""
    return digest_json([hash_bytes(path.read_bytes()) for path in paths])
