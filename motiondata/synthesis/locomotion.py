"""Acts that go somewhere: walking, running, stepping back and aside, marching, turning."""

from dataclasses import replace
from math import radians

from motiondata.synthesis.acts import PACES, SIZES, Act
from motiondata.synthesis.figure import LEFT_SIGN
from motiondata.synthesis.score import Score
from motiondata.synthesis.steps import Gait, take_steps

GAITS = {
    "walk": Gait(0.53),
    "run": Gait(
        0.33, swing=1.3, lift=0.2, heel_deg=60, toe_deg=6, width=0.1, crouch=0.06, bounce=0.025,
        lean_deg=9, pelvis_turn_deg=7, arm_swing_deg=34, arm_elbow_deg=68,
    ),
    "backward": Gait(
        0.56, lift=0.06, heel_deg=14, toe_deg=0, land_heel_deg=16, width=0.2, lean_deg=1,
        pelvis_turn_deg=2, arm_swing_deg=9, arm_elbow_deg=4,
    ),
    "side_step": Gait(
        0.42, lift=0.06, heel_deg=16, toe_deg=0, width=None, pelvis_turn_deg=0, arm_swing_deg=3,
        lean_deg=1,
    ),
    "march": Gait(
        0.5, lift=0.05, heel_deg=24, toe_deg=6, width=0.18, lean_deg=0, pelvis_turn_deg=2,
        arm_swing_deg=36, arm_elbow_deg=45, knee_lift=0.3,
    ),
    "turn": Gait(
        0.34, lift=0.05, heel_deg=22, toe_deg=0, width=None, pelvis_turn_deg=0, arm_swing_deg=4,
        sway=0.02, lean_deg=0,
    ),
}  # fmt: skip
"""How each kind of act steps, for somebody of usual size in no hurry."""

STEP_LENGTHS = {"walk": 0.72, "run": 1.02, "backward": 0.5, "side_step": 0.42, "march": 0.42}
"""The length of a step as a part of a leg's."""

TURN_A_STEP_DEG = 52.0
"""How far somebody turns on the spot with a pair of steps, at most."""


def walk(score: Score, act: Act) -> None:
    """Walk or run forward, straight, around a bend or in a circle."""
    length = _step_length(score, act) * (1.0 + 0.35 * (PACES[act.pace] - 1.0))
    parts = _ramp(act.count)
    turns = parts if act.direction.endswith("clockwise") else _middle(parts)
    share = radians(act.turn_deg) / sum(turns)
    route, place = [], score.place
    for part, turning in zip(parts, turns, strict=True):
        half = share * turning / 2
        place = place.moved(turn=half).moved(length * part, turn=half)
        route.append(place)
    take_steps(score, _gait(score, act), act.side or "right", route)


def _ramp(count: int) -> list[float]:
    """Return the lengths of steps, as parts of a full one: getting going, and closing up."""
    if count == 2:
        return [0.7, 0.0]
    return [0.8, *[1.0] * (count - 3), 0.75, 0.0]


def _middle(parts: list[float]) -> list[float]:
    """Return the weights of a bend around the middle of a route."""
    last = len(parts) - 1
    return [part * (1.0 if 0.2 < k / last < 0.85 else 0.15) for k, part in enumerate(parts)]


def step_backward(score: Score, act: Act) -> None:
    """Step or walk backward."""
    length = _step_length(score, act)
    route, place = [], score.place
    for part in _ramp(act.count):
        place = place.moved(-length * part)
        route.append(place)
    take_steps(score, _gait(score, act), act.side or "right", route)


def side_step(score: Score, act: Act) -> None:
    """Step aside, and bring the other foot after."""
    length = _step_length(score, act) * LEFT_SIGN[act.direction]
    places = [score.place.moved(leftward=length * (k + 1)) for k in range(act.count)]
    route = [place for place in places for _ in range(2)]
    take_steps(score, _gait(score, act), act.direction, route)


def march(score: Score, act: Act) -> None:
    """March with the knees high, on the spot or forward."""
    length = _step_length(score, act) if act.direction == "forward" else 0.0
    route, place = [], score.place
    for part in _ramp(act.count):
        place = place.moved(length * part)
        route.append(place)
    take_steps(score, _gait(score, act), act.side or "right", route)


def turn(score: Score, act: Act) -> None:
    """Turn on the spot with pairs of small steps."""
    pairs = max(1, round(abs(act.turn_deg) / TURN_A_STEP_DEG + 0.3))
    each = radians(act.turn_deg) / pairs
    places = [score.place.moved(turn=each * (k + 1)) for k in range(pairs)]
    route = [place for place in places for _ in range(2)]
    take_steps(score, _gait(score, act), "left" if act.turn_deg > 0 else "right", route)


def _gait(score: Score, act: Act) -> Gait:
    """Return the gait of an act at the pace of the act and of the subject."""
    gait = GAITS[act.kind]
    tempo = PACES[act.pace] * score.style.tempo
    size = SIZES[act.size]
    return replace(
        gait,
        step_seconds=gait.step_seconds * score.vary(1.0, 0.06) / tempo**0.85,
        arm_swing_deg=gait.arm_swing_deg * (0.5 + 0.5 * size * PACES[act.pace]),
    )


def _step_length(score: Score, act: Act) -> float:
    """Return the length of a step in metres."""
    length = STEP_LENGTHS[act.kind] * score.figure.leg * SIZES[act.size] ** 0.6
    return score.vary(length, 0.06)

