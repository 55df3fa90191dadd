"""Range noise: what a sensor's ranging adds to every hit, reproducible frame by frame.

Drawn from generators that are keyed by name rather than passed along, so that a frame's noise does
not depend on which worker made it or on what came before.
"""

from hashlib import blake2b

import numpy as np
from numpy.typing import NDArray

from motiondata.lidar.scans import Scans


def frame_generator(seed: int, key: str, frame: int) -> np.random.Generator:
    """Return the generator of one frame of the sample that is called `key`."""
    digest = blake2b(f"{seed}:{frame}:{key}".encode(), digest_size=16).digest()
    return np.random.Generator(np.random.Philox(key=int.from_bytes(digest, "little")))


def draw_range_noise(
    counts: NDArray[np.int32], sigma: float, seed: int, key: str, first: int = 0
) -> NDArray[np.float64]:
    """Draw the errors of all hits of some frames that have so many, shaped (hits,), metres.

    `first` is the number of the first frame in its sample.
    """
    frames = enumerate(counts, start=first)
    return np.concatenate(
        [frame_generator(seed, key, frame).normal(0, sigma, count) for frame, count in frames]
    )


def add_range_noise(scans: Scans, sigma: float, seed: int, key: str, first: int = 0) -> Scans:
    """Move every hit along its ray by a normal error of `sigma` metres, never behind the sensor.

    `first` is the number of the first frame in its sample, where `scans` are a part of one.
    """
    if sigma == 0:
        return scans
    noise = draw_range_noise(scans.counts, sigma, seed, key, first)
    ranges = np.maximum(scans.hits.ranges + noise, 0)
    points = scans.hits.points * (ranges / scans.hits.ranges)[:, None]
    moved = scans.hits._replace(points=points.astype(np.float32), ranges=ranges.astype(np.float32))
    return Scans(moved, scans.offsets)
