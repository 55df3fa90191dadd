"""Sample acts from the table of a repertoire."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TypeVar

import numpy as np

from motiondata.synthesis.acts import Act
from motiondata.synthesis.generators import one_of
from motiondata.synthesis.repertoires import BASIC, GESTURES, REPERTOIRES, ActChoice, Repertoire

T = TypeVar("T")

PACE_WEIGHTS = {"slow": 1.0, "": 2.0, "quick": 1.0}

CLIPS_PER_RECORDING = {1: 0.88, 2: 0.08, 3: 0.04}
"""Probability of each number of clips per recording; acts that make a clip too long add clips.

HumanML3D has 13,425 clips from 11,715 AMASS recordings.
"""


def draw_recording(
    rng: np.random.Generator, repertoire: Repertoire = REPERTOIRES[BASIC]
) -> list[list[Act]]:
    """Sample the acts of each clip of a recording."""
    return [draw_clip(rng, repertoire) for _ in range(_draw(rng, CLIPS_PER_RECORDING))]


def draw_clip(rng: np.random.Generator, repertoire: Repertoire = REPERTOIRES[BASIC]) -> list[Act]:
    """Sample the acts of one clip; consecutive acts differ in kind."""
    acts: list[Act] = []
    for _ in range(_draw(rng, repertoire.acts_per_clip)):
        before = acts[-1].kind if acts else ""
        acts.append(
            draw_act(rng, [choice for choice in repertoire.choices if choice.kind != before])
        )
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


def _draw(rng: np.random.Generator, weights: Mapping[T, float]) -> T:
    values, share = list(weights), np.array(list(weights.values()))
    return values[int(rng.choice(len(values), p=share / share.sum()))]
