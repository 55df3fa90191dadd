"""Members as bytes: arrays as `.npy`, objects as `.json`, text as `.txt`, told by their suffix.

These are the three suffixes that `webdataset`, `datasets` and Ray Data decode by themselves, and
none of them can carry code.
"""

import json
import re
from collections.abc import Callable
from typing import Any

from shards.errors import MemberError, SampleError
from shards.format.npy import array_to_npy, npy_to_array

SUFFIX = re.compile(r"[a-z][a-z0-9_]*\.npy|(?:[a-z][a-z0-9_]*\.)?(?:json|txt)")
"""What may follow a key and its dot: `points.npy`, `json`, `txt`."""


def field_of(suffix: str) -> str:
    """Return the short name of a member: `points` of `points.npy`, `json` of `json`."""
    return suffix.split(".")[0]


def kind_of(suffix: str) -> str:
    """Return how a member is encoded: `npy`, `json` or `txt`."""
    return suffix.split(".")[-1]


def encode_member(suffix: str, value: Any) -> bytes:
    """Return the bytes of a member: an array, what JSON can say, or text."""
    try:
        return _ENCODERS[kind_of(suffix)](value)
    except (TypeError, ValueError, AttributeError, RecursionError) as error:
        raise SampleError(f"{suffix}: cannot be encoded: {error}") from error


def decode_member(suffix: str, data: bytes) -> Any:
    """Return what the bytes of a member say: a read-only array, an object, or text."""
    return _DECODERS[kind_of(suffix)](data)


def _json_to_bytes(value: Any) -> bytes:
    text = json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return text.encode()


def _text_to_bytes(value: str) -> bytes:
    return value.encode()


def _bytes_to_json(data: bytes) -> Any:
    try:
        return json.loads(data.decode(), parse_constant=_refuse)
    except (ValueError, RecursionError) as error:
        raise MemberError(f"expected JSON in UTF-8: {error}") from error


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is not JSON")


def _bytes_to_text(data: bytes) -> str:
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        raise MemberError(f"expected text in UTF-8: {error}") from error


_ENCODERS: dict[str, Callable[[Any], bytes]] = {
    "npy": array_to_npy,
    "json": _json_to_bytes,
    "txt": _text_to_bytes,
}
_DECODERS: dict[str, Callable[[bytes], Any]] = {
    "npy": npy_to_array,
    "json": _bytes_to_json,
    "txt": _bytes_to_text,
}
