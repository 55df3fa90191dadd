"""Acts of the arms: waving, clapping, raising arms, punching. They go with standing and steps."""

from functools import lru_cache

import numpy as np

from motiondata.synthesis.acts import PACES, SIZES, Act
from motiondata.synthesis.arms import ArmPose, move_arm, pose_reaching
from motiondata.synthesis.figure import LEFT_SIGN, SIDES, Figure
from motiondata.synthesis.score import Score

HANGING: ArmPose = {}

WAVING: ArmPose = {"raise": 68, "swing": 14, "twist": 72, "elbow": 88, "wrist": 8}

RAISED: dict[str, ArmPose] = {
    "up": {"raise": 166, "swing": 0, "twist": 0, "elbow": 8},
    "side": {"raise": 90, "swing": 0, "twist": 0, "elbow": 6},
    "front": {"raise": 6, "swing": 88, "twist": 0, "elbow": 6},
}
"""Raised arms by where they point."""

OVERHEAD_BY_FRONT: ArmPose = {"raise": 8, "swing": 168, "twist": 0, "elbow": 10}

GUARD: ArmPose = {"raise": 16, "swing": 34, "twist": -22, "elbow": 128}
PUNCHED: ArmPose = {"raise": 8, "swing": 84, "twist": -14, "elbow": 6}

CLAP_METRES = np.array([0.045, -0.12, 0.33])
"""Where the left wrist is in a clap: left, up and ahead of the middle of the shoulders."""
CLAP_OPEN_METRES = np.array([0.17, -0.1, 0.3])
"""Where it is between claps."""


def arms_of(act: Act) -> frozenset[str]:
    """Return the arms that a gesture uses."""
    one_sided = act.side in SIDES and act.kind != "punch"
    return frozenset((act.side,)) if one_sided else frozenset(SIDES)


def wave(score: Score, act: Act) -> None:
    """Raise a hand and wave it to and fro."""
    tempo = PACES[act.pace] * score.style.tempo
    up, beat = score.vary(0.6, 0.1) / tempo**0.5, score.vary(0.42, 0.1) / tempo
    wide = score.vary(24.0, 0.15) * SIZES[act.size]
    start = score.now
    end = start + up + beat * act.count
    for side in sorted(arms_of(act)):
        pose = {name: score.vary(value, 0.05) for name, value in WAVING.items()}
        move_arm(
            score, side, (start, HANGING), (start + up, pose), (end, pose), (end + 0.8 * up, HANGING)
        )
        fro = [
            (start + up + beat * (k + part), value)
            for k in range(act.count)
            for part, value in ((0.25, wide), (0.75, -wide))
        ]
        score.key(f"{side}_elbow", (start + 0.6 * up, 0.0), *fro, (end + 0.1, 0.0))
    if act.side in SIDES:
        score.hold("head_turn", 5.0 * LEFT_SIGN[act.side], start, end + 0.5 * up, up)
    score.now = end + 0.8 * up


def clap(score: Score, act: Act) -> None:
    """Bring the hands together a number of times."""
    tempo = PACES[act.pace] * score.style.tempo
    up, beat = score.vary(0.55, 0.1) / tempo**0.5, score.vary(0.46, 0.1) / tempo
    start = score.now
    times = [start + up + beat * k for k in range(act.count)]
    for side in SIDES:
        shut, apart = clap_poses(score.figure, side)
        keys = [(start, HANGING), (start + 0.72 * up, apart)]
        for time in times:
            keys += [(time, shut), (time + 0.55 * beat, apart)]
        move_arm(score, side, *keys, (times[-1] + 0.55 * beat + up, HANGING))
    score.hold("head_bend", 6.0, start, times[-1] + up, up)
    score.now = times[-1] + 0.55 * beat + up


@lru_cache(maxsize=256)
def clap_poses(figure: Figure, side: str) -> tuple[ArmPose, ArmPose]:
    """Return the poses of an arm with the hands together and apart."""
    mirror = np.array([LEFT_SIGN[side], 1.0, 1.0])
    size = figure.arm / 0.5
    shut = CLAP_METRES * (1.0, size, size)
    return (
        pose_reaching(figure, side, shut * mirror, 62.0) | {"wrist": 40.0},
        pose_reaching(figure, side, CLAP_OPEN_METRES * size * mirror, 48.0) | {"wrist": 15.0},
    )


def raise_arms(score: Score, act: Act) -> None:
    """Raise one arm or both, hold, and let them down, a number of times."""
    tempo = PACES[act.pace] * score.style.tempo
    up, held = score.vary(0.85, 0.12) / tempo, score.vary(0.3, 0.3)
    pose = RAISED[act.direction]
    if act.direction == "up" and score.rng.random() < 0.5:
        pose = OVERHEAD_BY_FRONT
    pose = {name: score.vary(value, 0.04) for name, value in pose.items()}
    keys = [(score.now, HANGING)]
    for _ in range(act.count):
        start = keys[-1][0] + 0.05
        keys += [(start + up, pose), (start + up + held, pose), (start + 2 * up + held, HANGING)]
    for side in sorted(arms_of(act)):
        move_arm(score, side, *keys)
    score.now = keys[-1][0]


def punch(score: Score, act: Act) -> None:
    """Put the fists up and punch forward, with one arm or with both in turn."""
    tempo = PACES[act.pace] * score.style.tempo
    up, beat = score.vary(0.5, 0.1) / tempo**0.5, score.vary(0.62, 0.1) / tempo
    start = score.now
    arms = [SIDES[(k + 1) % 2] if act.side == "both" else act.side for k in range(act.count)]
    hits = [start + up + 0.1 + beat * k for k in range(act.count)]
    end = hits[-1] + 0.75 * beat
    for side in SIDES:
        keys = [(start, HANGING), (start + up, GUARD)]
        for arm, hit in zip(arms, hits, strict=True):
            if arm == side:
                keys += [(hit, GUARD), (hit + 0.3 * beat, PUNCHED), (hit + 0.75 * beat, GUARD)]
        keys = [key for key in keys if key[0] < end] + [(end, GUARD), (end + up, HANGING)]
        move_arm(score, side, *_apart(keys))
    for arm, hit in zip(arms, hits, strict=True):
        _twist_into(score, -LEFT_SIGN[arm], hit, beat)
    score.hold("up", -0.03 * score.figure.leg, start, end + up, up)
    score.now = end + up


def _twist_into(score: Score, sign: float, hit: float, beat: float) -> None:
    """Turn the trunk with a punch."""
    times = (hit - 0.15 * beat, hit + 0.3 * beat, hit + 0.9 * beat)
    for channel, degrees in (("spine_turn", 26.0), ("pelvis_turn", 8.0), ("head_turn", -24.0)):
        values = (0.0, sign * degrees, 0.0)
        score.key(channel, *zip(times, values, strict=True))


def _apart(keys: list[tuple[float, ArmPose]]) -> list[tuple[float, ArmPose]]:
    """Return keys without those that are at the time of the one before."""
    kept = keys[:1]
    kept += [key for before, key in zip(keys, keys[1:], strict=False) if key[0] > before[0] + 1e-6]
    return kept
