"""Random numbers that are a function of a key, so that no result depends on the order of work.

A number is a hash of the sample's stream, the frame, the effect, the beam and the column. The hash
is the finalizer of SplitMix64 (Steele, Lea, Flood, "Fast splittable pseudorandom number
generators", 2014), applied twice. Normal numbers come from a table of quantiles, because the
logarithm and the cosine of the C library have other last bits on other processors.
"""

from hashlib import blake2b
from statistics import NormalDist
from typing import Any

import numpy as np
from numpy.typing import NDArray

from motiondata.jit import step

Word = np.uint64 | int
LOSS, NOISE, TAIL, JITTER = (np.uint64(effect) for effect in range(4))
"""The effects that draw a number for each ray."""

GOLDEN, FIRST, SECOND = (
    np.uint64(word) for word in (0x9E3779B97F4A7C15, 0xBF58476D1CE4E5B9, 0x94D049BB133111EB)
)
S11, S12, S20, S27, S30, S31, S52 = (np.uint64(shift) for shift in (11, 12, 20, 27, 30, 31, 52))
LOW_40 = np.uint64(2**40 - 1)
QUANTILES = 4096


def _normal_quantiles() -> NDArray[np.float64]:
    """Return the quantiles of the normal distribution at equal steps, rounded to float32.

    The outermost are those of a quarter of a step: numbers are within 3.9 standard deviations.
    """
    shares = np.arange(QUANTILES + 1) / QUANTILES
    shares[0], shares[-1] = 0.25 / QUANTILES, 1 - 0.25 / QUANTILES
    exact = [NormalDist().inv_cdf(share) for share in shares.tolist()]
    return np.array(exact, np.float32).astype(np.float64)


_TABLE = _normal_quantiles()


def stream_of(seed: int, *key: object) -> np.uint64:
    """Return the stream of random numbers of a seed and a key."""
    text = ":".join(map(str, (seed, *key)))
    return np.uint64(int.from_bytes(blake2b(text.encode(), digest_size=8).digest(), "little"))


def generator_of(seed: int, *key: object) -> np.random.Generator:
    """Return a generator for the few draws of a clip."""
    return np.random.Generator(np.random.Philox(key=int(stream_of(seed, *key))))


@step
def mixed(word: Any) -> Any:
    """Return a word whose bits all depend on all bits of the given one."""
    word = (word ^ (word >> S30)) * FIRST
    word = (word ^ (word >> S27)) * SECOND
    return word ^ (word >> S31)


@step
def effect_key(stream: Any, frame: int, effect: Any) -> Any:
    """Return the key of an effect in a frame."""
    return mixed(np.uint64(stream) ^ mixed((np.uint64(frame) * np.uint64(8) + effect) * GOLDEN))


@step
def ray_bits(key: Any, beam: int, column: int) -> Any:
    """Return 64 random bits for a ray."""
    return mixed(np.uint64(key) + ((np.uint64(beam) << S20) + np.uint64(column)) * GOLDEN)


@step
def uniform(bits: Any) -> float:
    """Return a number from 0 to below 1."""
    return np.float64(bits >> S11) * 2.0**-53


@step
def normal(bits: Any) -> float:
    """Return a number of the standard normal distribution."""
    place, share = np.int64(bits >> S52), np.float64((bits >> S12) & LOW_40) * 2.0**-40
    return float(_TABLE[place] + share * (_TABLE[place + 1] - _TABLE[place]))
