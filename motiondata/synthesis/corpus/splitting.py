"""Splits of a corpus: by recording, or by pairs of acts that training never has together.

The second is a compositional split: a model has seen each act of a test clip, alone and with
others, but never these acts in one clip. The nearest training clip cannot have the same acts.
"""

from collections.abc import Callable, Iterable, Mapping
from itertools import combinations

from motiondata.synthesis.acts import Act
from motiondata.synthesis.repertoires import BASIC_CHOICES, MORE_CHOICES

RECORDINGS_PER_ROUND = 20
SPLIT_PLACES = {"val": (9,), "test": (4, 11, 17)}
"""Positions of validation and test recordings in each round of `RECORDINGS_PER_ROUND` recordings.

This gives 80% train, 5% validation and 15% test, as in HumanML3D. The split is made by recording,
so that there are no leaks.
"""
VAL_PLACES = (4, 9)
"""Positions of validation recordings in a round if pairs of acts decide what is tested."""
HELD_OUT = 5
"""A pair of kinds is held out if the sum of their numbers is a multiple of this: one in five."""
KINDS = (
    *sorted({choice.kind for choice in BASIC_CHOICES}),
    *sorted({choice.kind for choice in MORE_CHOICES}),
)
"""All kinds of acts. The order is fixed: it decides which pairs are held out."""

SplitRule = Callable[[int, Iterable[Act]], str]
"""Returns the split of a clip, given the number of its recording and its acts."""


def is_held_out(one: str, other: str) -> bool:
    """Return whether two kinds of acts are together in test clips only."""
    return one != other and (KINDS.index(one) + KINDS.index(other)) % HELD_OUT == 0


def split_by_recording(recording: int, acts: Iterable[Act] = ()) -> str:  # noqa: ARG001
    """Return the split of a recording."""
    place = recording % RECORDINGS_PER_ROUND
    return next((split for split, places in SPLIT_PLACES.items() if place in places), "train")


def split_by_pairs(recording: int, acts: Iterable[Act]) -> str:
    """Return `test` for a clip with a held-out pair of acts, else that of its recording.

    A gesture is an act too. Clips of one recording may be in different splits; they do not overlap.
    """
    kinds = {each.kind for act in acts for each in (act, act.gesture) if each is not None}
    if any(is_held_out(*pair) for pair in combinations(kinds, 2)):
        return "test"
    return "val" if recording % RECORDINGS_PER_ROUND in VAL_PLACES else "train"


RECORDINGS, PAIRS = "recordings", "pairs"
SPLIT_RULES: Mapping[str, SplitRule] = {RECORDINGS: split_by_recording, PAIRS: split_by_pairs}
"""How the split lists are made, by name."""
