"""How similar poses are: the cosine of the angle between their features.

Features are rounded to multiples of 1/2048 of their length. Products of such numbers are summed
exactly in single precision, in any order, so that similarities do not depend on the processor, on
the linear algebra library, or on the size of blocks.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from motiondata.pose_pairs.postures import Postures
from motiondata.watching import Watch, unwatched

Floats = NDArray[np.float64]
Singles = NDArray[np.float32]
Integers = NDArray[np.int64]

STEPS = 2048
"""Sums of products stay below 2**24, up to which single precision is exact: their terms are at
most the product of two lengths, about 2**22, by the inequality of Cauchy and Schwarz."""
BLOCK = 512
"""The number of poses whose similarities to all others are in memory at a time."""


class Similar(NamedTuple):
    """Pairs of similar poses, by the second pose, the most similar first."""

    first: Integers
    second: Integers
    similarity: Singles


def joint_angle_features(postures: Postures) -> Floats:
    """Return the rotations of the joints, minus their mean over the poses, shaped (poses, 132).

    These are the first two columns of the rotation matrices relative to the parents; that of the
    pelvis is without heading. Without the mean, all poses would be similar, because most joints
    never turn far.
    """
    features = postures.rotations[..., :2].reshape(len(postures), -1)
    centered: Floats = features - features.mean(axis=0)
    return centered


def round_features(features: NDArray[np.floating]) -> Singles:
    """Return features (poses, columns) of length 1 in steps, as whole numbers.

    Features of length 0 stay 0: such a pose is similar to none.
    """
    wide = features.astype(np.float64)
    lengths = np.sqrt((wide * wide).sum(axis=1, keepdims=True))
    whole: Singles = np.rint(wide / np.where(lengths == 0, 1.0, lengths) * STEPS).astype(np.float32)
    return whole


def find_similar(
    features: NDArray[np.floating],
    least: float,
    most: float,
    nearest: int,
    watch: Watch = unwatched,
    block: int = BLOCK,
) -> Similar:
    """Find for each pose the `nearest` others, and of these the ones within `least` and `most`.

    Both limits are excluded. `features` are shaped (poses, columns). Of equally similar poses, the
    one with the lower number comes first. Similarities to all poses are in memory for `block` poses
    at a time.
    """
    whole = round_features(features)
    lengths = np.sqrt((whole * whole).sum(axis=1, dtype=np.float32))
    scale = (1 / np.where(lengths == 0, 1, lengths)).astype(np.float32)
    found = []
    with watch(len(whole)) as advance:
        for start in range(0, len(whole), block):
            rows = slice(start, start + block)
            cosines = (whole[rows] @ whole.T) * scale[rows, None] * scale
            part = np.arange(len(cosines))
            cosines[part, start + part] = -1  # a pose is not similar to itself
            found += [_nearest(row, start + at, least, nearest) for at, row in enumerate(cosines)]
            advance(len(cosines))
    parts = [np.concatenate(each) for each in zip(*found, strict=True)] if found else []
    if not parts:
        return Similar(np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros(0, np.float32))
    first, second, similarity = parts
    inside = similarity < most
    return Similar(first[inside], second[inside], similarity[inside])


def _nearest(
    cosines: Singles, number: int, least: float, nearest: int
) -> tuple[Integers, Integers, Singles]:
    (near,) = np.nonzero(cosines > least)
    order = np.lexsort((near, -cosines[near]))[:nearest]
    chosen = near[order]
    return chosen, np.full(len(chosen), number), cosines[chosen]
