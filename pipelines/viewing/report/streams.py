"""Numbers as text in a page: whole numbers by their differences, compressed, in base64.

`page/unpack.js` reads what is written here.
"""

import base64
import zlib
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

MOST_STEPS = 2**15 - 1
"""The largest magnitude of a stored number."""
COMPRESSION = 9
"""zlib's level: the smallest output."""


@dataclass(frozen=True)
class PackedClip:
    """A clip in a page."""

    head: dict[str, Any]
    """What is needed to read the data, and what is shown beside it; plain JSON."""
    data: str
    """Base64."""

    @property
    def bytes(self) -> int:
        """The approximate size in the page."""
        return len(self.data) + 200


def deflate(data: bytes, level: int = COMPRESSION) -> str:
    """Compress bytes, and return them in base64."""
    return base64.b64encode(zlib.compress(data, level)).decode()


def step_for(values: Floats, least: float) -> float:
    """Return the size of a step by which all values have numbers of at most `MOST_STEPS`."""
    return max(least, float(np.abs(values).max(initial=0.0)) / MOST_STEPS)


def whole_numbers(values: NDArray[Any]) -> bytes:
    """Return 16-bit numbers, shaped (rows,) or (rows, columns), as bytes: column by column."""
    return _planes(_zigzag(_differences(values)))


def to_steps(values: Floats, step: float) -> NDArray[np.int16]:
    """Return values as whole numbers of steps."""
    return np.clip(np.rint(values / step), -MOST_STEPS, MOST_STEPS).astype(np.int16)


def _differences(values: NDArray[Any]) -> NDArray[np.int16]:
    """Return the difference of each row from the one before, modulo 2^16; the first row stays."""
    rows = values.view(np.uint16)
    before = np.zeros_like(rows)
    before[1:] = rows[:-1]
    return (rows - before).view(np.int16)


def _zigzag(values: NDArray[np.int16]) -> NDArray[np.uint16]:
    """Return small whole numbers for values of small magnitude: 0, -1, 1, -2 become 0, 1, 2, 3."""
    return ((values << 1) ^ (values >> 15)).view(np.uint16)


def _planes(values: NDArray[np.uint16]) -> bytes:
    """Return the low bytes of each column, then the high bytes: column by column."""
    columns = values.T.reshape(-1) if values.ndim > 1 else values
    return (columns & 0xFF).astype(np.uint8).tobytes() + (columns >> 8).astype(np.uint8).tobytes()
