"""The sampled points of each frame of a clip."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

NO_PART = 255
"""The part of the points of a frame without hits; all these points are zero."""


@dataclass(frozen=True, eq=False)
class SampledClip:
    """The sampled points of each frame, in farthest point order; sensor frame, meters."""

    points: NDArray[np.float32]
    """Shaped (frames, K, 3); zero for frames without hits."""
    hits: NDArray[np.int32]
    """The number of hits, shaped (frames,); if fewer than K, the points repeat in order."""
    parts: NDArray[np.uint8]
    """The body part of each point, shaped (frames, K); `NO_PART` for frames without hits."""
    extras: Mapping[str, NDArray[Any]] = field(default_factory=dict)
    """Further values of each point, each shaped (frames, K), by name; see `PointValues`."""


def empty_sample(frames: int, k: int) -> SampledClip:
    """Return a sample of `frames` frames of `k` points each, all without hits."""
    return SampledClip(
        points=np.zeros((frames, k, 3), np.float32),
        hits=np.zeros(frames, np.int32),
        parts=np.full((frames, k), NO_PART, np.uint8),
    )


def join_samples(parts: Sequence[SampledClip]) -> SampledClip:
    """Return the samples of consecutive frames as one."""
    if len(parts) == 1:
        return parts[0]
    return SampledClip(
        points=np.concatenate([part.points for part in parts]),
        hits=np.concatenate([part.hits for part in parts]),
        parts=np.concatenate([part.parts for part in parts]),
        extras={
            name: np.concatenate([part.extras[name] for part in parts]) for name in parts[0].extras
        },
    )
