"""Acts with steps: walking, running, stepping backward and sideways, marching, turning."""

from dataclasses import replace
from math import radians

from motiondata.synthesis.acts import PACES, SIZES, Act
from motiondata.synthesis.motion.gaits import (
    FIRST_STEPS,
    GAITS,
    LAST_STEPS,
    STEP_LENGTHS,
    USUAL_FIRST_STEPS,
    USUAL_LAST_STEPS,
    Gait,
)
from motiondata.synthesis.motion.rest_skeleton import LEFT_SIGN
from motiondata.synthesis.motion.steps import take_steps
from motiondata.synthesis.motion.timeline import Timeline

TURN_PER_STEP_DEG = 52.0
"""Approximate maximum turn on the spot per pair of steps."""


def go(timeline: Timeline, act: Act) -> None:
    """Walk, run, march or step backward: straight, around a bend, in a circle or in place."""
    length = 0.0 if act.direction == "place" else _step_length(timeline, act)
    parts = _ramp(act)
    turns = parts if act.direction.endswith("clockwise") else _middle(parts)
    share = radians(act.turn_deg) / sum(turns)
    route, place = [], timeline.place
    for part, turning in zip(parts, turns, strict=True):
        half = share * turning / 2
        place = place.moved(turn=half).moved(length * part, turn=half)
        route.append(place)
    take_steps(timeline, _gait(timeline, act), act.side, route)


def _ramp(act: Act) -> list[float]:
    """Return step lengths as fractions of a full step; the first and last steps are shorter."""
    first = FIRST_STEPS.get(act.kind, USUAL_FIRST_STEPS)
    last = LAST_STEPS.get(act.kind, USUAL_LAST_STEPS)
    return [*first, *[1.0] * (act.count - len(first) - len(last)), *last]


def _middle(parts: list[float]) -> list[float]:
    """Return the share of each step in a bend, which is concentrated in the middle of a route."""
    last = len(parts) - 1
    return [part * (1.0 if 0.2 < k / last < 0.85 else 0.15) for k, part in enumerate(parts)]


def side_step(timeline: Timeline, act: Act) -> None:
    """Step sideways and bring the other foot along, `act.count` times."""
    length = _step_length(timeline, act) * LEFT_SIGN[act.direction]
    places = [timeline.place.moved(leftward=length * (k + 1)) for k in range(act.count)]
    route = [place for place in places for _ in range(2)]
    take_steps(timeline, _gait(timeline, act), act.direction, route)


def turn(timeline: Timeline, act: Act) -> None:
    """Turn on the spot with pairs of small steps."""
    pairs = max(1, round(abs(act.turn_deg) / TURN_PER_STEP_DEG + 0.3))
    each = radians(act.turn_deg) / pairs
    places = [timeline.place.moved(turn=each * (k + 1)) for k in range(pairs)]
    route = [place for place in places for _ in range(2)]
    take_steps(timeline, _gait(timeline, act), "left" if act.turn_deg > 0 else "right", route)


def _gait(timeline: Timeline, act: Act) -> Gait:
    """Return the gait of an act, adapted to the pace and size of the act and to the subject."""
    gait = GAITS[act.kind]
    tempo = timeline.tempo(act.pace)
    size = SIZES[act.size]
    return replace(
        gait,
        step_seconds=gait.step_seconds * timeline.vary(1.0, 0.06) / tempo**0.85,
        arm_swing_deg=gait.arm_swing_deg * (0.5 + 0.5 * size * PACES[act.pace]),
    )


def _step_length(timeline: Timeline, act: Act) -> float:
    """Return the length of a full step, meters."""
    length = STEP_LENGTHS[act.kind] * timeline.skeleton.leg * SIZES[act.size] ** 0.45
    length *= 1.0 + 0.25 * (PACES[act.pace] - 1.0)
    return timeline.vary(length, 0.06)
