"""Write acts to a timeline, and add the small movements of a standing person."""

from collections.abc import Callable, Mapping

import numpy as np

from motiondata.synthesis.acts import Act, PerformedAct
from motiondata.synthesis.motion import (
    bending,
    gestures,
    hand_acts,
    leaping,
    leg_acts,
    locomotion,
)
from motiondata.synthesis.motion.timeline import Timeline

ACT_FUNCTIONS: Mapping[str, Callable[[Timeline, Act], None]] = {
    "walk": locomotion.go,
    "run": locomotion.go,
    "backward": locomotion.go,
    "side_step": locomotion.side_step,
    "march": locomotion.go,
    "turn": locomotion.turn,
    "stand": bending.stand,
    "wave": gestures.wave,
    "clap": gestures.clap,
    "raise_arms": gestures.raise_arms,
    "punch": gestures.punch,
    "squat": bending.squat,
    "sit": bending.sit,
    "bow": bending.bow,
    "pick_up": bending.pick_up,
    "kick": leaping.kick,
    "jump": leaping.jump,
    "sneak": locomotion.go,
    "lunge": leg_acts.lunge,
    "lift_knee": leg_acts.lift_knee,
    "side_kick": leg_acts.side_kick,
    "jumping_jack": leg_acts.jumping_jack,
    "lean": leg_acts.lean,
    "twist": leg_acts.twist,
    "salute": hand_acts.hold,
    "drink": hand_acts.drink,
    "scratch": hand_acts.scratch,
    "knock": hand_acts.knock,
    "throw": hand_acts.throw,
    "push": hand_acts.push,
    "flap": hand_acts.flap,
    "circle_arms": hand_acts.circle_arms,
    "hands_on_hips": hand_acts.hold,
    "cross_arms": hand_acts.hold,
}
"""The function that writes each kind of act to a timeline."""

SWAY = {"forward": 0.006, "leftward": 0.008, "spine_bend": 0.7, "spine_tilt": 0.6,
        "spine_turn": 0.8, "head_turn": 2.0, "head_bend": 1.2, "pelvis_tilt": 0.5,
        "left_swing": 1.0, "right_swing": 1.0, "left_elbow": 1.2, "right_elbow": 1.2}  # fmt: skip
"""Maximum sway of a standing person, in the units of the channels."""

SWAY_SECONDS = 1.3
"""Mean time between keys of the sway."""


def perform(timeline: Timeline, act: Act) -> PerformedAct:
    """Write an act and its simultaneous gesture at the current time of the timeline."""
    start, before = timeline.now, len(timeline.path)
    timeline.busy_arms = gestures.arms_of(act.gesture) if act.gesture else frozenset()
    ACT_FUNCTIONS[act.kind](timeline, act)
    if act.gesture:
        _accompany(timeline, act.gesture, start)
    way = np.diff(np.array(timeline.path[before - 1 :])[:, 1:3], axis=0)
    distance = float(np.hypot(way[:, 0], way[:, 1]).sum())
    return PerformedAct(act, start, timeline.now, distance)


def _accompany(timeline: Timeline, gesture: Act, start: float) -> None:
    """Write a gesture simultaneous with the act that was written from `start` to now."""
    end, timeline.now = timeline.now, start + 0.3
    ACT_FUNCTIONS[gesture.kind](timeline, gesture)
    timeline.now = max(timeline.now, end)


def sway(timeline: Timeline, end: float) -> None:
    """Add a small sway of the body from time 0 to `end`, since no person stands perfectly still."""
    for channel, far in SWAY.items():
        times = np.arange(0.0, end + SWAY_SECONDS, SWAY_SECONDS)
        times[1:] += timeline.rng.uniform(-0.35, 0.35, len(times) - 1)
        values = timeline.rng.uniform(-far, far, len(times)) * timeline.style.sway
        timeline.key(channel, *zip(times.tolist(), values.tolist(), strict=True))
