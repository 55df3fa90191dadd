"""Encode and decode members by suffix: arrays as `.npy`, objects as `.json`, text as `.txt`.

`webdataset`, `datasets` and Ray Data decode these three suffixes by default, and none of them can
carry code.
"""

import json
import re
from collections.abc import Callable
from typing import Any

from shards.errors import MemberError, SampleError
from shards.format.npy import array_to_npy, npy_to_array

SUFFIX = re.compile(r"[a-z][a-z0-9_]*\.npy|(?:[a-z][a-z0-9_]*\.)?(?:json|txt)")
"""The suffix of a member, after the key and a dot: `points.npy`, `json`, `txt`."""


def field_of(suffix: str) -> str:
    """Return the field name of a member: `points` for `points.npy`, `json` for `json`."""
    return suffix.split(".")[0]


def kind_of(suffix: str) -> str:
    """Return the encoding of a member: `npy`, `json` or `txt`."""
    return suffix.split(".")[-1]


def encode_member(suffix: str, value: Any) -> bytes:
    """Encode an array, a JSON-serializable object, or text as a member.

    Raises `SampleError` where the value cannot be encoded.
    """
    try:
        return _ENCODERS[kind_of(suffix)](value)
    except (TypeError, ValueError, AttributeError, RecursionError) as error:
        raise SampleError(f"{suffix}: cannot be encoded: {error}") from error


def decode_member(suffix: str, data: bytes) -> Any:
    """Decode a member as a read-only array, an object, or text.

    Raises `MemberError` where the bytes do not match the suffix.
    """
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
