"""The values of a sample: its rows, and what is known about them."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from motiondata.errors import DropReason, RecordingError
from motiondata.representations.pfnn.layout import FPS, HALF_FRAMES, X_COLUMNS, Y_COLUMNS
from motiondata.representations.pfnn.rows import make_rows
from motiondata.representations.pfnn.take import Take
from pipelines.engine.product import Values
from pipelines.products.pfnn.members import FRAME, PHASE, X, Y

ROW_BYTES = 4 * (X_COLUMNS + Y_COLUMNS + 2)
SAMPLE_BYTES = 8 * 1024
"""The approximate overhead of a sample: headers, padding, captions, JSON."""


def row_values(take: Take, unit: str) -> Values:
    """Return the arrays of a sample, in storage order.

    Raises `RecordingError` (NO_CYCLE) if the take has no usable cycle.
    """
    rows = make_rows(take, unit)
    if not len(rows.x):
        raise RecordingError(
            DropReason.NO_CYCLE,
            f"{len(take.cycles)} cycles in {take.frames / FPS:.1f} s; expected one, from a "
            f"footfall of the right foot to its next, with {HALF_FRAMES / FPS:g} s on each side",
        )
    return {X: rows.x, Y: rows.y, PHASE: rows.phase, FRAME: rows.frames.astype(np.int32)}


def row_details(take: Take, unit: str, labels: str) -> dict[str, Any]:
    """Return the fields of a sample's JSON that describe its rows."""
    return {
        "unit": unit,
        "labels": labels,
        "ground": "flat" if take.terrain is None else "given",
        "take_frames": take.frames,
    }


def sizes_of(frames: NDArray[np.int64], samples: NDArray[np.int64]) -> NDArray[np.int64]:
    """Estimate the size of samples in a shard, in bytes, from their frames at 60 Hz."""
    return frames * ROW_BYTES + samples * SAMPLE_BYTES
