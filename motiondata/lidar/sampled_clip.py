"""The points that are kept of each frame of a clip."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

NO_PART = 255
"""The part of a point that stands for no hit: a frame without hits has all its points at zero."""


@dataclass(frozen=True, eq=False)
class SampledClip:
    """The points kept of each frame of a clip, in farthest point order; sensor frame, metres."""

    points: NDArray[np.float32]
    """Shaped (frames, K, 3); zero where a frame has no hits."""
    hits: NDArray[np.int32]
    """How many rays hit, shaped (frames,): if fewer than K, that many points repeat in order."""
    parts: NDArray[np.uint8]
    """The body part of each point, shaped (frames, K); `NO_PART` where a frame has no hits."""


def empty_sample(frames: int, k: int) -> SampledClip:
    """Return room for k points of so many frames, which look as if there were no hits."""
    return SampledClip(
        points=np.zeros((frames, k, 3), np.float32),
        hits=np.zeros(frames, np.int32),
        parts=np.full((frames, k), NO_PART, np.uint8),
    )
