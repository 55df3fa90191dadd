"""Choose pairs of poses by the published rules of PoseFix (Delmas et al. 2023).

In sequence: both poses are of one recording, the first one up to half a second earlier. Out of
sequence: the poses are of two recordings. In both cases the poses are similar, but not too similar,
and differ in enough interpretations of their codes. As read in `pair_mining.py` of
naver/posescript; where that file leaves the order of two steps open, the docstrings here say what
is done.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from motiondata.pose_pairs.pose_codes import Codes, count_differing
from motiondata.pose_pairs.rules import PairRules
from motiondata.pose_pairs.similarity import Similar

Floats = NDArray[np.float64]
Singles = NDArray[np.float32]
Integers = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Pool:
    """What the rules know about poses, each shaped (poses,), in the order of picking."""

    recording: Integers
    """The number of the recording that a pose is of."""
    track: Integers
    """The number of the clip or of its mirrored version, whose poses may be in sequence."""
    seconds: Floats
    """When the pose is, within its recording."""
    codes: Codes
    """Shaped (poses, codes)."""
    supers: Codes
    """Shaped (poses, super-codes)."""


@dataclass(frozen=True, eq=False)
class Pairs:
    """Pairs of poses, each shaped (pairs,), by the number of the second pose."""

    first: Integers
    second: Integers
    similarity: Singles
    differing: Integers
    """The number of interpretations in which the poses differ."""
    in_sequence: NDArray[np.bool_]
    reverse: Integers
    """The number of the pair with the poses exchanged; -1 for a one-way pair."""

    def __len__(self) -> int:
        return len(self.first)


@dataclass(frozen=True, eq=False)
class _Drawn:
    """Pairs out of sequence, each shaped (pairs,)."""

    first: Integers
    second: Integers
    number: Integers
    """The number of the similar pair with the same two poses."""
    reverse: Integers


def choose_pairs(
    pool: Pool, similar: Similar, rules: PairRules, generator: np.random.Generator
) -> Pairs:
    """Choose the pairs in and out of sequence among similar poses."""
    differing = count_differing(pool.codes, pool.supers, similar.first, similar.second)
    inside = in_sequence(pool, similar, differing, rules)
    outside = out_of_sequence(pool, similar, differing, rules, generator)
    number = np.concatenate([inside, outside.number])
    first = np.concatenate([similar.first[inside], outside.first])
    second = np.concatenate([similar.second[inside], outside.second])
    is_inside = np.arange(len(number)) < len(inside)
    reverse = np.where(outside.reverse < 0, -1, outside.reverse + len(inside))
    reverse = np.concatenate([np.full(len(inside), -1), reverse])
    order = np.lexsort((first, ~is_inside, second))
    place = np.append(np.argsort(order), -1)  # the last one answers for -1
    return Pairs(
        first=first[order],
        second=second[order],
        similarity=similar.similarity[number][order],
        differing=differing[number][order],
        in_sequence=is_inside[order],
        reverse=place[reverse[order]],
    )


def in_sequence(pool: Pool, similar: Similar, differing: Integers, rules: PairRules) -> Integers:
    """Return the numbers of the similar pairs that are pairs in sequence.

    A pose is the first one of at most one such pair, and the second one of at most one: the pairs
    with the least time between them are kept, first by first pose, then by second pose.
    """
    first, second = similar.first, similar.second
    seconds = pool.seconds[second] - pool.seconds[first]
    allowed = (
        (pool.track[first] == pool.track[second])
        & (seconds > 0)
        & (seconds < rules.most_seconds)
        & (differing > rules.in_sequence_codes)
    )
    (kept,) = np.nonzero(allowed)
    kept = kept[np.lexsort((second[kept], first[kept], seconds[kept]))]
    for role in (first, second):
        _, earliest = np.unique(role[kept], return_index=True)
        kept = kept[np.sort(earliest)]
    return np.sort(kept)


def out_of_sequence(
    pool: Pool,
    similar: Similar,
    differing: Integers,
    rules: PairRules,
    generator: np.random.Generator,
) -> _Drawn:
    """Return the pairs out of sequence.

    Second poses are taken in the order of picking. Each draws a first pose among its most similar
    ones, with a probability of one over the number of poses that could draw the same one. First
    poses that are not a second pose yet are preferred: then both directions become pairs, and the
    first pose draws no partner.
    """
    first, second = similar.first, similar.second
    allowed = (pool.recording[first] != pool.recording[second]) & (
        differing > rules.out_of_sequence_codes
    )
    (kept,) = np.nonzero(allowed)
    kept = kept[_rank_in_run(second[kept]) < rules.partners]
    usable = np.bincount(first[kept], minlength=len(pool.track))
    drawn: list[tuple[int, int, int, int]] = []
    is_second = np.zeros(len(pool.track), np.bool_)
    for run in _runs(second[kept]):
        b, partners = int(second[kept[run.start]]), first[kept[run]]
        if is_second[b]:
            continue
        free = np.flatnonzero(~is_second[partners])
        among = free if len(free) else np.arange(len(partners))
        chosen = among[_draw(1 / usable[partners[among]], generator)]
        a, number = int(partners[chosen]), int(kept[run.start + chosen])
        is_second[b] = True
        if len(free):
            is_second[a] = True
            drawn += [(a, b, number, len(drawn) + 1), (b, a, number, len(drawn))]
        else:
            drawn.append((a, b, number, -1))
    return _Drawn(*np.array(drawn, np.int64).reshape(-1, 4).T)


def _runs(numbers: Integers) -> Iterator[slice]:
    """Yield the slices of equal numbers that follow each other."""
    starts = np.flatnonzero(np.diff(numbers, prepend=-1))
    for start, stop in pairwise([*starts.tolist(), len(numbers)]):
        yield slice(start, stop)


def _rank_in_run(numbers: Integers) -> Integers:
    """Return how many equal numbers are directly before each one."""
    starts = np.flatnonzero(np.diff(numbers, prepend=-1))
    lengths = np.diff(np.append(starts, len(numbers)))
    return np.arange(len(numbers)) - np.repeat(starts, lengths)


def _draw(weights: Floats, generator: np.random.Generator) -> int:
    """Draw a place with probabilities that are proportional to the weights."""
    shares = np.cumsum(weights)
    place = int(np.searchsorted(shares, generator.random() * shares[-1], side="right"))
    return min(place, len(weights) - 1)
