"""Range noise: a random error of every hit's range, reproducible per frame.

Each frame has its own generator, keyed by seed, sample key and frame number. A frame's noise
therefore does not depend on the worker process that computes it or on the frames before it.
"""

from hashlib import blake2b

import numpy as np
from numpy.typing import NDArray

from motiondata.lidar.scans import Scans


def frame_generator(seed: int, key: str, frame: int) -> np.random.Generator:
    """Return the random generator of one frame of the sample with the given key."""
    digest = blake2b(f"{seed}:{frame}:{key}".encode(), digest_size=16).digest()
    return np.random.Generator(np.random.Philox(key=int.from_bytes(digest, "little")))


def draw_range_noise(
    counts: NDArray[np.int32], sigma: float, seed: int, key: str, first: int = 0
) -> NDArray[np.float64]:
    """Draw the range errors of all hits of consecutive frames, shaped (hits,), meters.

    `counts`, shaped (frames,), is the number of hits per frame. `first` is the number of the first
    frame in its sample.
    """
    frames = enumerate(counts, start=first)
    return np.concatenate(
        [frame_generator(seed, key, frame).normal(0, sigma, count) for frame, count in frames]
    )


def add_range_noise(scans: Scans, sigma: float, seed: int, key: str, first: int = 0) -> Scans:
    """Move every hit along its ray by a normal error with standard deviation `sigma`, in meters.

    Ranges are clipped at zero. `first` is the number of the first frame of `scans` in its sample.
    """
    if sigma == 0:
        return scans
    noise = draw_range_noise(scans.counts, sigma, seed, key, first)
    ranges = np.maximum(scans.hits.ranges + noise, 0)
    points = scans.hits.points * (ranges / scans.hits.ranges)[:, None]
    moved = scans.hits._replace(points=points.astype(np.float32), ranges=ranges.astype(np.float32))
    return Scans(moved, scans.offsets)
