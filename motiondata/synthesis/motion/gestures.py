"""Acts of the arms: waving, clapping, raising arms, punching; performed standing or with steps."""

from functools import lru_cache

import numpy as np

from motiondata.synthesis.acts import SIDES, SIZES, Act
from motiondata.synthesis.motion.arms import (
    GUARD,
    HANGING,
    PUNCHED,
    RAISED,
    RAISED_BY_FRONT,
    WAVING,
    ArmPose,
    hold_pose,
    move_arm,
    pose_reaching,
)
from motiondata.synthesis.motion.rest_skeleton import LEFT_SIGN, RestSkeleton
from motiondata.synthesis.motion.timeline import Key, Timeline

CLAP_METERS = np.array([0.045, -0.12, 0.33])
"""Position of the left wrist when the hands meet: left, up and forward, meters.

The origin is the midpoint between the shoulders; the length of the arm is 0.5 m.
"""
CLAP_OPEN_METERS = np.array([0.17, -0.1, 0.3])
"""Position of the left wrist between claps."""

PUNCH_TURNS_DEG = {"spine_turn": 26.0, "pelvis_turn": 8.0, "head_turn": -24.0}
"""Turns of the trunk for a punch with the right hand; the head keeps its direction."""


def arms_of(act: Act) -> frozenset[str]:
    """Return the arms that a gesture moves."""
    return frozenset((act.side,) if act.side in SIDES else SIDES)


def wave(timeline: Timeline, act: Act) -> None:
    """Raise one or both hands and wave."""
    tempo = timeline.tempo(act.pace)
    up, beat = timeline.vary(0.6, 0.1) / tempo**0.5, timeline.vary(0.42, 0.1) / tempo
    start, raised = timeline.now, timeline.now + up
    end = raised + beat * act.count
    lowered = end + 0.8 * up
    wide = timeline.vary(24.0, 0.15) * SIZES[act.size]
    fro: list[Key] = [
        (raised + beat * (k + part), value)
        for k in range(act.count)
        for part, value in ((0.25, wide), (0.75, -wide))
    ]
    for side in sorted(arms_of(act)):
        pose = _varied(timeline, WAVING, 0.05)
        hold_pose(timeline, side, pose, start, raised, end, lowered)
        timeline.key(f"{side}_elbow", (start + 0.6 * up, 0.0), *fro, (end + 0.1, 0.0))
    if act.side in SIDES:
        timeline.visit({"head_turn": 5.0 * LEFT_SIGN[act.side]}, start, raised, end, lowered)
    timeline.now = lowered


def clap(timeline: Timeline, act: Act) -> None:
    """Clap the hands `act.count` times."""
    tempo = timeline.tempo(act.pace)
    up, beat = timeline.vary(0.55, 0.1) / tempo**0.5, timeline.vary(0.46, 0.1) / tempo
    start = timeline.now
    claps = [start + up + beat * k for k in range(act.count)]
    apart_again = claps[-1] + 0.55 * beat
    for side in SIDES:
        shut, apart = clap_poses(timeline.skeleton, side)
        beats = [key for time in claps for key in ((time, shut), (time + 0.55 * beat, apart))]
        first = (start + 0.72 * up, apart)
        move_arm(timeline, side, (start, HANGING), first, *beats, (apart_again + up, HANGING))
    timeline.visit({"head_bend": 6.0}, start, start + up, apart_again, apart_again + up)
    timeline.now = apart_again + up


@lru_cache(maxsize=256)
def clap_poses(skeleton: RestSkeleton, side: str) -> tuple[ArmPose, ArmPose]:
    """Return the poses of one arm with the palms together and with the hands apart."""
    mirror, size = np.array([LEFT_SIGN[side], 1.0, 1.0]), skeleton.arm / 0.5
    shut, apart = CLAP_METERS * (1.0, size, size), CLAP_OPEN_METERS * size
    return (
        pose_reaching(skeleton, side, shut * mirror, 62.0) | {"wrist": 40.0},
        pose_reaching(skeleton, side, apart * mirror, 48.0) | {"wrist": 15.0},
    )


def raise_arms(timeline: Timeline, act: Act) -> None:
    """Raise one or both arms, hold them, and lower them, `act.count` times."""
    up, held = timeline.vary(0.85, 0.12) / timeline.tempo(act.pace), timeline.vary(0.3, 0.3)
    by_front = act.direction == "up" and timeline.rng.random() < 0.5
    pose = _varied(timeline, RAISED_BY_FRONT if by_front else RAISED[act.direction], 0.04)
    for _ in range(act.count):
        start, raised = timeline.now, timeline.now + up
        for side in sorted(arms_of(act)):
            hold_pose(timeline, side, pose, start, raised, raised + held, raised + held + up)
        timeline.now = raised + held + up


def punch(timeline: Timeline, act: Act) -> None:
    """Raise the fists and punch forward with one arm, or alternately with both, right first."""
    tempo = timeline.tempo(act.pace)
    up, beat = timeline.vary(0.5, 0.1) / tempo**0.5, timeline.vary(0.62, 0.1) / tempo
    start, ready = timeline.now, timeline.now + up
    arms = [SIDES[(k + 1) % 2] if act.side == "both" else act.side for k in range(act.count)]
    hits = [(arm, ready + 0.1 + beat * k) for k, arm in enumerate(arms)]
    end = hits[-1][1] + 0.8 * beat
    for side in SIDES:
        keys = [key for arm, hit in hits if arm == side for key in _punch_keys(hit, beat)]
        guard = [(start, HANGING), (ready, GUARD)]
        move_arm(timeline, side, *guard, *keys, (end, GUARD), (end + up, HANGING))
    for arm, hit in hits:
        for channel, degrees in PUNCH_TURNS_DEG.items():
            turned = -LEFT_SIGN[arm] * degrees
            times = (hit - 0.15 * beat, hit + 0.3 * beat, hit + 0.9 * beat)
            timeline.key(channel, *zip(times, (0.0, turned, 0.0), strict=True))
    timeline.visit({"up": -0.03 * timeline.skeleton.leg}, start, ready, end, end + up)
    timeline.now = end + up


def _punch_keys(hit: float, beat: float) -> list[tuple[float, ArmPose]]:
    return [(hit, GUARD), (hit + 0.3 * beat, PUNCHED), (hit + 0.75 * beat, GUARD)]


def _varied(timeline: Timeline, pose: ArmPose, part: float) -> ArmPose:
    return {name: timeline.vary(value, part) for name, value in pose.items()}
