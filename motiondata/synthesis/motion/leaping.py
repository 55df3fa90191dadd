"""Acts with feet in the air but without steps: kicking and jumping."""

from math import sqrt

from motiondata.synthesis.acts import SIDES, SIZES, Act
from motiondata.synthesis.motion.arms import (
    ARMS_BACK,
    ARMS_THROWN_UP,
    BALANCING,
    HANGING,
    hold_pose,
    move_arm,
)
from motiondata.synthesis.motion.rest_skeleton import LEFT_SIGN
from motiondata.synthesis.motion.steps import OTHER
from motiondata.synthesis.motion.timeline import Timeline

GRAVITY = 9.81
"""Acceleration of gravity, meters per second squared."""

KICKS = {
    "small": {"forward": (-0.28, 0.55), "lift": (0.12, 0.21)},
    "": {"forward": (-0.34, 0.8), "lift": (0.16, 0.46)},
    "large": {"forward": (0.02, 0.92), "lift": (0.36, 0.82)},
}
"""Offsets of the kicking foot when drawn back and at the strike, by size and channel.

The unit is the length of a leg.
"""
KICK_POINTS_DEG = {
    "small": (30.0, 14.0, -8.0, 6.0),
    "": (36.0, 14.0, -26.0, 6.0),
    "large": (44.0, 6.0, -44.0, 12.0),
}
"""Toe-down angles of the kicking foot: drawn back, on the way, at the strike, and pulled in."""
KICK_LEAN_DEG = {"small": 2.0, "": -6.0, "large": -16.0}

JUMP_SLACK = 0.025
"""Distance by which the legs are kept from full extension in a jump, as a fraction of a leg."""

WEIGHT_SHIFT_SECONDS = 0.4
"""Time to shift the weight to one leg, and back to both."""


def kick(timeline: Timeline, act: Act) -> None:
    """Kick forward with one foot, `act.count` times, standing on the other."""
    swing, shift = timeline.vary(0.95, 0.1) / timeline.tempo(act.pace), WEIGHT_SHIFT_SECONDS
    start, side = timeline.now, act.side
    end = start + shift + swing * act.count + 0.1
    aside = -LEFT_SIGN[side] * 0.42 * timeline.style.stance_width
    over_foot = {"leftward": aside, "up": -0.02 * timeline.skeleton.leg}
    timeline.visit(over_foot, start, start + shift + 0.1, end - 0.1, end + shift)
    for k in range(act.count):
        _kick_once(timeline, act, start + shift + swing * k, swing)
    for arm, swing_deg in ((OTHER[side], 22.0), (side, -18.0)):
        pose = BALANCING | {"swing": swing_deg}
        hold_pose(timeline, arm, pose, start, start + shift + 0.2, end - 0.1, end + shift)
    timeline.now = end + shift


def _kick_once(timeline: Timeline, act: Act, start: float, swing: float) -> None:
    """Draw a foot back, strike, and return it to its place; it moves forward only in the air."""
    back, strike, end = start + 0.34 * swing, start + 0.62 * swing, start + swing
    clear, leg = 0.08 * swing, timeline.skeleton.leg
    for channel, (drawn, struck) in KICKS[act.size].items():
        first, last = (start + clear, end - clear) if channel == "forward" else (start, end)
        keys = ((first, 0.0), (back, drawn * leg), (strike, struck * leg), (last, 0.0))
        timeline.key(f"{act.side}_{channel}", *keys)
    times = (back, start + 0.5 * swing, strike, start + 0.8 * swing)
    points = zip(times, KICK_POINTS_DEG[act.size], strict=True)
    timeline.key(f"{act.side}_point", (start, 0.0), *points, (end, 0.0))
    timeline.key("pelvis_bend", (start, 0.0), (strike, KICK_LEAN_DEG[act.size]), (end, 0.0))
    sign = -LEFT_SIGN[act.side]
    timeline.key("pelvis_turn", (start, 0.0), (back, -8 * sign), (strike, 12 * sign), (end, 0.0))


def jump(timeline: Timeline, act: Act) -> None:
    """Jump up or forward with both feet, `act.count` times."""
    for _ in range(act.count):
        _jump_once(timeline, act)


def _jump_once(timeline: Timeline, act: Act) -> None:
    """Crouch, take off, follow a ballistic flight, and land softly."""
    tempo, size = timeline.tempo(act.pace) ** 0.5, SIZES[act.size]
    deep, high = 0.24 * timeline.skeleton.leg * size, timeline.vary(0.17, 0.1) * size
    speed = sqrt(2 * GRAVITY * high)
    start, crouched = timeline.now, timeline.now + 0.5 / tempo
    off = crouched + 2 * deep / speed
    land = off + 2 * speed / GRAVITY
    low, end = land + 0.2, land + 0.75 / tempo
    timeline.key(
        "up",
        (start, 0.0), (crouched, -deep), (off, 0.0, speed, -GRAVITY),
        (land, 0.0, -speed, -GRAVITY), (low, -0.7 * deep), (end, 0.0),
    )  # fmt: skip
    timeline.visit({"slack": JUMP_SLACK}, start, crouched, low, end)
    bent = {"pelvis_bend": 30.0 * size, "spine_bend": 18.0 * size, "forward": -0.32 * deep}
    for channel, value in bent.items():
        timeline.key(
            channel,
            (start, 0.0), (crouched, value), (off + 0.05, 0.0), (land - 0.05, 0.0),
            (low, 0.6 * value), (end, 0.0),
        )  # fmt: skip
    for side in SIDES:
        keys = ((crouched - 0.12, ARMS_BACK), (off + 0.12, ARMS_THROWN_UP), (land + 0.1, BALANCING))
        move_arm(timeline, side, (start, HANGING), *keys, (end, HANGING))
    _fly(timeline, act, off, land, high)
    timeline.now = end + 0.05


def _fly(timeline: Timeline, act: Act, off: float, land: float, high: float) -> None:
    """Move both feet and the root through the air."""
    leap = 0.55 * timeline.skeleton.leg * SIZES[act.size]
    to = timeline.place.moved(leap if act.direction == "forward" else 0.0)
    timeline.pass_by(off - 0.1, timeline.place)
    for side in SIDES:
        timeline.step(side, off, land, timeline.stance(side, to))
        timeline.key(
            f"{side}_lift", (off - 0.02, 0.0), ((off + land) / 2, high + 0.06), (land, 0.0)
        )
        heel = ((off - 0.22, 0.0), (off + 0.04, 48.0), (land, 18.0), (land + 0.12, 0.0))
        timeline.key(f"{side}_heel", *heel)
    timeline.pass_by(land + 0.1, to)
