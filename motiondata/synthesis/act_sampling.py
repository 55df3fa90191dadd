"""Sample acts from a table of kinds, variants and weights.

The weights were chosen for this project: acts with steps make up about half, as in HumanML3D, where
walking dominates.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

import numpy as np

from motiondata.synthesis.acts import PACES, SIDES, SIZES, Act
from motiondata.synthesis.generators import one_of

T = TypeVar("T")


@dataclass(frozen=True)
class ActChoice:
    """One row of the table: an act with all its variants."""

    kind: str
    weight: float
    directions: tuple[str, ...] = ("",)
    counts: tuple[int, ...] = (1,)
    sides: tuple[str, ...] = ("",)
    paces: tuple[str, ...] = tuple(PACES)
    sizes: tuple[str, ...] = ("",)
    turns_deg: tuple[int, ...] = (0,)
    """Turns to the left, degrees; negated if the direction is `right` or `clockwise`."""
    with_gesture: float = 0.0
    """Probability of a simultaneous gesture of the arms."""


_ASIDE = ("left", "right")
_AROUND = ("counterclockwise", "clockwise")
_HANDS = (*SIDES, "both")

CHOICES = (
    ActChoice(
        "walk", 16, ("forward",), (4, 5, 6, 7, 8), SIDES, sizes=tuple(SIZES), with_gesture=0.25
    ),
    ActChoice("walk", 7, _ASIDE, (6, 7, 8, 9), SIDES, turns_deg=(60, 90, 120)),
    ActChoice("walk", 5, _AROUND, (10, 11, 12), SIDES, ("", "quick"), turns_deg=(360,)),
    ActChoice("run", 7, ("forward",), (6, 7, 8, 9), SIDES),
    ActChoice("run", 2, _AROUND, (11, 12), SIDES, ("slow", ""), turns_deg=(360,)),
    ActChoice("backward", 5, ("backward",), (3, 4, 5, 6), SIDES, with_gesture=0.1),
    ActChoice("side_step", 5, _ASIDE, (1, 2, 3, 4), sizes=tuple(SIZES)),
    ActChoice("march", 4, ("place",), (6, 7, 8, 9, 10), SIDES, with_gesture=0.15),
    ActChoice("march", 2, ("forward",), (5, 6, 7, 8), SIDES),
    ActChoice("turn", 6, _ASIDE, paces=("", "quick"), turns_deg=(90, 180, 360)),
    ActChoice("stand", 3, paces=("",)),
    ActChoice("wave", 7, counts=(3, 4, 5), sides=_HANDS),
    ActChoice("clap", 5, counts=(2, 3, 4, 5, 6), sides=("both",)),
    ActChoice("raise_arms", 7, ("up", "side", "front"), (1, 1, 2), _HANDS),
    ActChoice("punch", 6, counts=(1, 2, 3, 4), sides=_HANDS),
    ActChoice("squat", 5, counts=(1, 2, 3), sizes=("", "large")),
    ActChoice("sit", 5),
    ActChoice("bow", 4, counts=(1, 1, 2), sizes=("small", "", "large")),
    ActChoice("pick_up", 5, sides=_HANDS),
    ActChoice("kick", 7, ("forward",), (1, 1, 2, 3), SIDES, sizes=tuple(SIZES)),
    ActChoice("jump", 6, ("up", "forward"), (1, 2, 3), paces=("",), sizes=tuple(SIZES)),
)

GESTURES = (
    ActChoice("wave", 3, counts=(3, 4), sides=_HANDS, paces=("",)),
    ActChoice("clap", 1, counts=(3, 4), sides=("both",), paces=("",)),
    ActChoice("raise_arms", 1, ("up", "side"), sides=_HANDS, paces=("",)),
)
"""Gestures that the arms may perform during steps."""

PACE_WEIGHTS = {"slow": 1.0, "": 2.0, "quick": 1.0}

ACTS_PER_CLIP = {1: 0.55, 2: 0.3, 3: 0.15}
CLIPS_PER_RECORDING = {1: 0.88, 2: 0.08, 3: 0.04}
"""Probability of each number of clips per recording; acts that make a clip too long add clips.

HumanML3D has 13,425 clips from 11,715 AMASS recordings.
"""


def draw_recording(rng: np.random.Generator) -> list[list[Act]]:
    """Sample the acts of each clip of a recording."""
    return [draw_clip(rng) for _ in range(_draw(rng, CLIPS_PER_RECORDING))]


def draw_clip(rng: np.random.Generator) -> list[Act]:
    """Sample the acts of one clip; consecutive acts differ in kind."""
    acts: list[Act] = []
    for _ in range(_draw(rng, ACTS_PER_CLIP)):
        before = acts[-1].kind if acts else ""
        acts.append(draw_act(rng, [choice for choice in CHOICES if choice.kind != before]))
    return acts


def draw_act(rng: np.random.Generator, choices: Sequence[ActChoice]) -> Act:
    """Sample an act and its variant from rows of the table."""
    choice = choices[_draw(rng, {k: line.weight for k, line in enumerate(choices)})]
    direction, turn = one_of(rng, choice.directions), one_of(rng, choice.turns_deg)
    pace = _draw(rng, {pace: PACE_WEIGHTS[pace] for pace in choice.paces})
    act = Act(
        kind=choice.kind,
        side=one_of(rng, choice.sides),
        direction=direction,
        count=one_of(rng, choice.counts),
        pace=pace,
        size=one_of(rng, choice.sizes),
        turn_deg=-turn if direction in ("right", "clockwise") else turn,
    )
    if rng.random() < choice.with_gesture:
        act = replace(act, gesture=draw_act(rng, GESTURES))
    return act


def _draw(rng: np.random.Generator, weights: dict[T, float]) -> T:
    values, share = list(weights), np.array(list(weights.values()))
    return values[int(rng.choice(len(values), p=share / share.sum()))]
