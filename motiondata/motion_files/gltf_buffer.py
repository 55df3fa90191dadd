"""The binary part of a glTF file: arrays, with the accessors and buffer views that describe them.

Source: Khronos, glTF 2.0 specification, sections 3.6 (binary data) and 4.4 (GLB).
"""

import json
import struct
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

VERTICES, INDICES = 34962, 34963
"""Targets of buffer views: ARRAY_BUFFER and ELEMENT_ARRAY_BUFFER."""
COMPONENTS = {"|u1": 5121, "<u2": 5123, "<u4": 5125, "<f4": 5126}
"""The numbers of component types, by NumPy's names."""
KINDS = {(): "SCALAR", (3,): "VEC3", (4,): "VEC4", (4, 4): "MAT4"}
"""The types of elements, by the shape of an element."""
ALIGNMENT = 4
"""Bytes to which chunks, views and accessors are aligned."""
MAGIC, VERSION, JSON_CHUNK, BINARY_CHUNK = b"glTF", 2, b"JSON", b"BIN\0"


@dataclass
class GltfBuffer:
    """Collects arrays for the one buffer of a GLB file."""

    accessors: list[dict[str, Any]] = field(default_factory=list)
    views: list[dict[str, Any]] = field(default_factory=list)
    data: bytearray = field(default_factory=bytearray)

    def add(self, array: NDArray[Any], *, target: int | None = None, bounds: bool = False) -> int:
        """Add an array, shaped (elements, *element), and return the number of its accessor.

        `target` says what a GPU uses it for. `bounds` adds the minimum and the maximum, which
        positions and times must have.
        """
        return self.add_stack(array[None], target=target, bounds=bounds)[0]

    def add_stack(
        self, arrays: NDArray[Any], *, target: int | None = None, bounds: bool = False
    ) -> list[int]:
        """Add arrays of equal shape in one view; return the numbers of their accessors."""
        view = self._add_view(arrays, target)
        return [
            self._add_accessor(array, view, number * array.nbytes, bounds)
            for number, array in enumerate(arrays)
        ]

    def _add_view(self, arrays: NDArray[Any], target: int | None) -> int:
        view = {"buffer": 0, "byteOffset": len(self.data), "byteLength": arrays.nbytes}
        self.views.append(view if target is None else {**view, "target": target})
        self.data += _padded(np.ascontiguousarray(arrays).tobytes(), b"\0")
        return len(self.views) - 1

    def _add_accessor(self, array: NDArray[Any], view: int, offset: int, bounds: bool) -> int:
        accessor: dict[str, Any] = {
            "bufferView": view,
            "byteOffset": offset,
            "componentType": COMPONENTS[array.dtype.str],
            "count": len(array),
            "type": KINDS[array.shape[1:]],
        }
        if bounds:
            accessor["min"] = np.atleast_1d(array.min(axis=0)).tolist()
            accessor["max"] = np.atleast_1d(array.max(axis=0)).tolist()
        self.accessors.append(accessor)
        return len(self.accessors) - 1

    def to_glb(self, document: dict[str, Any]) -> bytes:
        """Return the bytes of a GLB file of a document with this buffer."""
        whole = {
            **document,
            "accessors": self.accessors,
            "bufferViews": self.views,
            "buffers": [{"byteLength": len(self.data)}],
        }
        text = json.dumps(whole, separators=(",", ":"), allow_nan=False).encode()
        chunks = _chunk(JSON_CHUNK, _padded(text, b" ")) + _chunk(BINARY_CHUNK, bytes(self.data))
        return struct.pack("<4sII", MAGIC, VERSION, 12 + len(chunks)) + chunks


def _chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack("<I4s", len(content), kind) + content


def _padded(content: bytes, filling: bytes) -> bytes:
    return content + filling * (-len(content) % ALIGNMENT)
