"""People followed from scan to scan: cuts of one person are not independent, and share a height."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from benchmarks.realism.person import Person

Floats = NDArray[np.float64]

LONGEST_GAP = 0.8
"""A person who is not seen for longer begins a new track, seconds."""
REACH, SPEED = 0.2, 1.0
"""How far from where they were expected a person is found: meters, and meters per second unseen."""
MEMORY = 4
"""The number of last cuts whose mean velocity says where a person is expected."""


def leveled(people: Sequence[Person], beyond: float) -> list[Person]:
    """Return people who stand on one plane, fitted to the floors of people `beyond` meters.

    The lowest beam does not see the feet of near people, so that their floors are guesses: up to
    0.5 m too high. Their heights grow by the same amount.
    """
    places = np.array([[1.0, *person.place] for person in people])
    floors = np.array([person.floor for person in people])
    far = np.array([person.distance > beyond for person in people])
    plane = np.linalg.lstsq(places[far], floors[far], rcond=None)[0]
    return [
        replace(person, floor=float(floor), height=float(person.height + person.floor - floor))
        for person, floor in zip(people, places @ plane, strict=True)
    ]


def followed(people: Sequence[Person], times: Sequence[float]) -> list[Person]:
    """Return people with their track, and the median height of all cuts of the track.

    `times` are those of the scans, seconds, in order. A cut continues the track whose person is
    expected nearest to it.
    """
    tracks: list[list[int]] = []
    for cut in range(len(times)):
        apart = [_miss(people, times, track, cut) for track in tracks]
        nearest = int(np.argmin(apart)) if apart else 0
        if apart and apart[nearest] < 1:
            tracks[nearest].append(cut)
        else:
            tracks.append([cut])
    found = list(people)
    for number, track in enumerate(tracks):
        height = float(np.median([people[cut].height for cut in track]))
        for cut in track:
            found[cut] = replace(people[cut], track=f"track {number}", height=height)
    return found


def _miss(people: Sequence[Person], times: Sequence[float], track: list[int], cut: int) -> float:
    """Return how far a cut is from where a track's person is expected, in permitted distances."""
    last = track[-1]
    unseen = times[cut] - times[last]
    if not 0 < unseen <= LONGEST_GAP:
        return float("inf")
    expected = people[last].place
    if len(track) > 1:
        before = track[max(0, len(track) - MEMORY)]
        moved = people[last].place - people[before].place
        expected = expected + moved * unseen / (times[last] - times[before])
    return float(np.hypot(*(people[cut].place - expected))) / (REACH + SPEED * unseen)
