"""Acts of the hands at the head, the trunk, or in front of the body, performed standing.

Each is a sequence of arm poses. Poses at a place of the body are solved for the subject's arms.
"""

from functools import lru_cache

import numpy as np

from motiondata.synthesis.acts import SIDES, Act
from motiondata.synthesis.motion.arms import (
    HANGING,
    PUNCHED,
    ArmPose,
    hold_pose,
    move_arm,
    pose_reaching,
)
from motiondata.synthesis.motion.gestures import arms_of
from motiondata.synthesis.motion.rest_skeleton import LEFT_SIGN, RestSkeleton
from motiondata.synthesis.motion.timeline import Timeline

PLACES = {
    "salute": ((0.17, 0.19, 0.16), 5.0),
    "drink": ((0.1, 0.02, 0.22), 55.0),
    "scratch": ((0.13, 0.22, 0.02), -15.0),
    "hands_on_hips": ((0.2, -0.4, 0.03), 15.0),
    "cross_arms": ((-0.1, -0.2, 0.2), 65.0),
    "push": ((0.16, -0.1, 0.16), 60.0),
}
"""Where the left wrist goes, and the angle of the elbow below the horizontal, degrees.

The wrist is left, up and forward of the midpoint between the shoulders, meters, for an arm of
`ARM_METERS`.
"""
ARM_METERS = 0.5

KNOCKING: ArmPose = {"raise": 12, "swing": 58, "twist": -6, "elbow": 78}
KNOCK_DEG = 32.0
"""Change of the elbow in a knock."""
DRAWN_BACK: ArmPose = {"raise": 84, "swing": -14, "twist": 78, "elbow": 96}
THROWN: ArmPose = {"raise": 14, "swing": 96, "elbow": 8}
THROW_TURN_DEG = 28.0
"""Turn of the spine to the throwing arm's side, and after the throw to the other."""
WINGS_UP: ArmPose = {"raise": 104, "elbow": 12}
WINGS_DOWN: ArmPose = {"raise": 44, "elbow": 22}
LEVEL: ArmPose = {"raise": 90, "elbow": 6}
CIRCLE_DEG = 28.0
"""Radius of the circles of a level arm."""
DRINK_HEAD_DEG = -12.0
SCRATCH_DEG = 14.0


@lru_cache(maxsize=1024)
def pose_at(skeleton: RestSkeleton, side: str, place: str) -> ArmPose:
    """Return the pose of an arm whose hand is at one of `PLACES`."""
    (left, up, forward), elbow_down_deg = PLACES[place]
    size = skeleton.arm / ARM_METERS
    wrist = np.array([left * LEFT_SIGN[side], up, forward]) * size
    return pose_reaching(skeleton, side, wrist, elbow_down_deg)


def hold(timeline: Timeline, act: Act) -> None:
    """Bring the hands of an act to their place, keep them there for a while, and lower them."""
    start, reach, leave, end = _times(timeline, act, timeline.vary(1.2, 0.3))
    for side in sorted(arms_of(act)):
        pose = pose_at(timeline.skeleton, side, act.kind)
        hold_pose(timeline, side, pose, start, reach, leave, end)
    timeline.now = end


def drink(timeline: Timeline, act: Act) -> None:
    """Bring a hand to the mouth with the head back."""
    start = timeline.now
    hold(timeline, act)
    end = timeline.now
    ease = (end - start) / 3
    timeline.visit({"head_bend": DRINK_HEAD_DEG}, start + 0.5 * ease, start + ease, end - ease, end)


def scratch(timeline: Timeline, act: Act) -> None:
    """Rub the top of the head with a hand."""
    start, reach, leave, end = _times(timeline, act, 1.2)
    hold_pose(timeline, act.side, pose_at(timeline.skeleton, act.side, act.kind),
              start, reach, leave, end)  # fmt: skip
    _oscillate(timeline, f"{act.side}_elbow", reach, 0.4, 3, SCRATCH_DEG)
    timeline.now = end


def knock(timeline: Timeline, act: Act) -> None:
    """Knock on a door in front, `act.count` times."""
    beat = timeline.vary(0.4, 0.1) / timeline.tempo(act.pace)
    start, reach, leave, end = _times(timeline, act, beat * act.count)
    hold_pose(timeline, act.side, KNOCKING, start, reach, leave, end)
    _oscillate(timeline, f"{act.side}_elbow", reach, beat, act.count, -KNOCK_DEG)
    timeline.now = end


def throw(timeline: Timeline, act: Act) -> None:
    """Draw an arm back over the shoulder and throw."""
    tempo = timeline.tempo(act.pace)
    start, back = timeline.now, timeline.now + timeline.vary(0.75, 0.1) / tempo
    thrown, end = back + 0.42 / tempo, back + 1.3 / tempo
    move_arm(
        timeline, act.side, (start, HANGING), (back, DRAWN_BACK), (thrown, THROWN), (end, HANGING)
    )
    turn = LEFT_SIGN[act.side] * THROW_TURN_DEG
    keys = ((start, 0.0), (back, turn), (thrown, -turn), (end, 0.0))
    timeline.key("spine_turn", *keys)
    timeline.key("head_turn", *((time, -value) for time, value in keys))
    timeline.now = end


def push(timeline: Timeline, act: Act) -> None:
    """Push forward from the chest with both hands, `act.count` times."""
    beat = timeline.vary(0.95, 0.1) / timeline.tempo(act.pace)
    start, reach, _, end = _times(timeline, act, beat * act.count - 0.3 * beat)
    for side in SIDES:
        near = pose_at(timeline.skeleton, side, act.kind)
        keys = [
            key
            for time in (reach + beat * k for k in range(act.count))
            for key in ((time, near), (time + 0.4 * beat, PUNCHED), (time + 0.7 * beat, near))
        ]
        move_arm(timeline, side, (start, HANGING), *keys, (end, HANGING))
    timeline.now = end


def flap(timeline: Timeline, act: Act) -> None:
    """Flap both arms like wings, `act.count` times."""
    beat = timeline.vary(0.75, 0.1) / timeline.tempo(act.pace)
    start = timeline.now
    times = [start + beat * (k + 0.6) for k in range(act.count)]
    end = times[-1] + 1.2 * beat
    for side in SIDES:
        keys = [key for time in times for key in ((time, WINGS_UP), (time + beat / 2, WINGS_DOWN))]
        move_arm(timeline, side, (start, HANGING), *keys, (end, HANGING))
    timeline.now = end


def circle_arms(timeline: Timeline, act: Act) -> None:
    """Raise one or both arms level and move them in circles, `act.count` times."""
    beat = timeline.vary(0.8, 0.1) / timeline.tempo(act.pace)
    start, reach, leave, end = _times(timeline, act, beat * act.count)
    for side in sorted(arms_of(act)):
        hold_pose(timeline, side, LEVEL, start, reach, leave, end)
        _oscillate(timeline, f"{side}_raise", reach, beat, act.count, CIRCLE_DEG)
        swings = (reach + beat / 4, beat, act.count - 0.5)
        _oscillate(timeline, f"{side}_swing", *swings, CIRCLE_DEG)
    timeline.now = end


def _times(timeline: Timeline, act: Act, lasting: float) -> tuple[float, float, float, float]:
    """Return when an arm starts, reaches its pose, leaves it `lasting` seconds later, and ends."""
    up = timeline.vary(0.65, 0.1) / timeline.tempo(act.pace) ** 0.5
    reach = timeline.now + up
    return timeline.now, reach, reach + lasting, reach + lasting + up


def _oscillate(
    timeline: Timeline, channel: str, start: float, beat: float, beats: float, value: float
) -> None:
    """Move a channel to a value and to its negative in each beat, and back to zero."""
    halves = round(2 * beats)
    keys = [(start + beat * (k / 2 + 0.25), value * (-1) ** k) for k in range(halves)]
    timeline.key(channel, (start, 0.0), *keys, (start + beat * halves / 2, 0.0))
