"""Tables of acts: kinds, variants and weights, and the repertoires that corpora draw from.

The weights were chosen for this project. In the basic repertoire, acts with steps make up about
half, as in HumanML3D, where walking dominates. The wide one has more kinds, nearly equally often,
and more clips of several acts, so that most pairs of kinds are in one clip somewhere.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from motiondata.synthesis.acts import PACES, SIDES, SIZES


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

BASIC_CHOICES = (
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

MORE_CHOICES = (
    ActChoice("sneak", 4, ("forward",), (4, 5, 6), SIDES, ("",)),
    ActChoice("lunge", 4, ("forward",), (1, 2), SIDES),
    ActChoice("lift_knee", 4, counts=(1, 2, 3), sides=SIDES),
    ActChoice("side_kick", 4, counts=(1, 2), sides=SIDES),
    ActChoice("jumping_jack", 4, counts=(1, 2, 3), paces=("",)),
    ActChoice("lean", 4, _ASIDE, (1, 2)),
    ActChoice("twist", 4, counts=(1, 2)),
    ActChoice("salute", 4, sides=SIDES, paces=("",)),
    ActChoice("drink", 4, sides=SIDES, paces=("",)),
    ActChoice("scratch", 4, sides=SIDES, paces=("",)),
    ActChoice("knock", 4, counts=(2, 3, 4), sides=SIDES),
    ActChoice("throw", 4, sides=SIDES),
    ActChoice("push", 4, counts=(1, 2, 3), sides=("both",)),
    ActChoice("flap", 4, counts=(2, 3, 4), sides=("both",)),
    ActChoice("circle_arms", 4, counts=(2, 3), sides=_HANDS),
    ActChoice("hands_on_hips", 4, sides=("both",), paces=("",)),
    ActChoice("cross_arms", 4, sides=("both",), paces=("",)),
)
"""The kinds of acts that only the wide repertoire has."""

CHOICES = (*BASIC_CHOICES, *MORE_CHOICES)
"""All acts."""


@dataclass(frozen=True)
class Repertoire:
    """The acts that a corpus is made of."""

    choices: tuple[ActChoice, ...]
    acts_per_clip: Mapping[int, float]
    """Weight of each number of consecutive acts of a clip."""


def _flattened(choices: tuple[ActChoice, ...]) -> tuple[ActChoice, ...]:
    """Return acts with less different weights: the square roots of their weights."""
    return tuple(replace(choice, weight=choice.weight**0.5) for choice in choices)


BASIC, WIDE = "basic", "wide"
REPERTOIRES: Mapping[str, Repertoire] = {
    BASIC: Repertoire(BASIC_CHOICES, {1: 0.55, 2: 0.3, 3: 0.15}),
    WIDE: Repertoire(_flattened(CHOICES), {1: 0.3, 2: 0.5, 3: 0.2}),
}
"""Repertoires by name."""
