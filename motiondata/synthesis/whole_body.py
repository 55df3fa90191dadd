"""Acts of the whole body in one place: squatting, sitting, bowing, picking up, kicking, jumping."""

from math import cos, radians, sin, sqrt

from motiondata.synthesis.acts import PACES, SIZES, Act
from motiondata.synthesis.arms import ArmPose, move_arm
from motiondata.synthesis.figure import LEFT_SIGN, SIDES, Figure
from motiondata.synthesis.score import Score
from motiondata.synthesis.steps import OTHER

HANGING: ArmPose = {}
ARMS_AHEAD: ArmPose = {"raise": 8, "swing": 76, "elbow": 12}
HANDS_ON_THIGHS: ArmPose = {"raise": 12, "swing": 15, "elbow": 50, "twist": -8}
CARRYING: ArmPose = {"raise": 8, "swing": 12, "elbow": 86, "twist": -10}
ARMS_BACK: ArmPose = {"raise": 14, "swing": -32, "elbow": 12}
ARMS_THROWN_UP: ArmPose = {"raise": 12, "swing": 100, "elbow": 30}
BALANCING: ArmPose = {"raise": 38, "swing": 10, "elbow": 30}

GRAVITY = 9.81
"""Metres a second squared."""


def stand(score: Score, act: Act) -> None:
    """Stand, the weight going from one leg to the other."""
    start, lasting = score.now, score.vary(3.6, 0.3) / PACES[act.pace]
    score.now = start + lasting
    aside = 0.25 * score.style.stance_width * (1.0 if score.rng.random() < 0.5 else -1.0)
    score.hold("leftward", aside, start, score.now, 0.4 * lasting)
    score.hold("pelvis_tilt", -50.0 * aside, start, score.now, 0.4 * lasting)


def squat(score: Score, act: Act) -> None:
    """Bend the knees and come up again, a number of times."""
    tempo = PACES[act.pace] * score.style.tempo
    down, held = score.vary(0.9, 0.1) / tempo**0.7, score.vary(0.25, 0.4)
    deep = score.vary(0.4, 0.06) * SIZES[act.size] * score.figure.leg
    start = score.now
    for _ in range(act.count):
        low, rise, end = score.now + down, score.now + down + held, score.now + 2 * down + held
        depths = {
            "up": -deep, "forward": -0.5 * deep, "pelvis_bend": 75 * deep, "spine_bend": 45 * deep,
            "head_bend": -40 * deep,
        }  # fmt: skip
        for channel, value in depths.items():
            score.key(channel, (score.now, 0.0), (low, value), (rise, value), (end, 0.0))
        score.now = end + 0.1
    ahead = ARMS_AHEAD | {"swing": ARMS_AHEAD["swing"] + 80 * deep}
    for side in SIDES:
        reached = (start + 0.8 * down, score.now - 0.8 * down)
        move_arm(
            score, side,
            (start, HANGING), *((time, ahead) for time in reached), (score.now, HANGING),
        )  # fmt: skip


def sit(score: Score, act: Act) -> None:
    """Sit down as on a chair, stay a moment, and stand up again."""
    tempo = PACES[act.pace] * score.style.tempo
    down, held = score.vary(1.2, 0.1) / tempo, score.vary(1.2, 0.4)
    figure, start = score.figure, score.now
    low, rise, end = start + down, start + down + held, start + 2 * down + held
    thigh = figure.length("left_hip", "left_knee")
    for channel, value in (("up", -1.02 * thigh), ("forward", -0.86 * thigh)):
        score.key(channel, (start, 0.0), (low, value), (rise, value), (end, 0.0))
    for channel, over, seated in (("pelvis_bend", 26.0, -6.0), ("spine_bend", 18.0, 4.0)):
        score.key(
            channel,
            (start, 0.0), (start + 0.6 * down, over), (low + 0.25, seated), (rise - 0.2, seated),
            (rise + 0.4 * down, over), (end, 0.0),
        )  # fmt: skip
    for side in SIDES:
        move_arm(
            score, side,
            (start + 0.2, HANGING), (low, HANDS_ON_THIGHS), (rise, HANDS_ON_THIGHS), (end, HANGING),
        )  # fmt: skip
    score.now = end


def bow(score: Score, act: Act) -> None:
    """Bend forward from the hips with straight legs, a number of times."""
    tempo = PACES[act.pace] * score.style.tempo
    down, held = score.vary(0.9, 0.1) / tempo, score.vary(0.5, 0.4)
    deep = SIZES[act.size] * score.vary(1.0, 0.05)
    for _ in range(act.count):
        start, low = score.now, score.now + down
        rise, end = low + held, low + held + 1.1 * down
        bends = {
            "pelvis_bend": 38 * deep, "spine_bend": 26 * deep, "head_bend": 14 * deep,
            "forward": -0.1 * deep * score.figure.leg,
        }  # fmt: skip
        for channel, value in bends.items():
            score.key(channel, (start, 0.0), (low, value), (rise, value), (end, 0.0))
        score.now = end + 0.1


def pick_up(score: Score, act: Act) -> None:
    """Reach down to the floor with one hand or both, and come up holding something."""
    tempo = PACES[act.pace] * score.style.tempo
    down, held = score.vary(1.1, 0.1) / tempo, score.vary(0.35, 0.3)
    start = score.now
    low, rise, up = start + down, start + down + held, start + 2.1 * down + held
    end = up + score.vary(0.6, 0.2) + 0.6
    pelvis_bend, spine_bend, reach_deg = 50.0, 45.0, 12.0
    drop = _drop_to_floor(score.figure, pelvis_bend, spine_bend, reach_deg)
    for channel, value in (
        ("up", -drop), ("forward", -0.42 * drop), ("pelvis_bend", pelvis_bend),
        ("spine_bend", spine_bend), ("head_bend", -10.0),
    ):  # fmt: skip
        score.key(channel, (start, 0.0), (low, value), (rise, value), (up, 0.0))
    reaching = {"raise": 10, "swing": pelvis_bend + spine_bend + reach_deg, "elbow": 6.0}
    for side in SIDES:
        if act.side in (side, "both"):
            poses = (reaching, reaching, CARRYING, CARRYING)
        else:
            poses = (HANDS_ON_THIGHS, HANDS_ON_THIGHS, HANGING, HANGING)
        move_arm(
            score, side,
            (start, HANGING), *zip((low, rise, up, end - 0.6), poses, strict=True), (end, HANGING),
        )  # fmt: skip
    score.now = end


HAND_METRES = 0.14
"""How far the fingers' middle is beyond the wrist, hanging down to what is picked up."""


def _drop_to_floor(figure: Figure, pelvis_bend: float, spine_bend: float, reach: float) -> float:
    """Return how far the pelvis must come down for the hands to touch the floor."""
    chain = ("pelvis", "spine1", "spine2", "spine3", "left_collar", "left_shoulder")
    height, bend = figure.height_over_sole("pelvis"), radians(pelvis_bend)
    for parent, child in zip(chain, chain[1:], strict=False):
        bone = figure.bone(parent, child)
        if parent.startswith("spine"):
            bend += radians(spine_bend) / 3
        height += bone[1] * cos(bend) - bone[2] * sin(bend)
    return float(height - (figure.arm + HAND_METRES) * cos(radians(reach)))


KICKS = {
    "small": {"back": (-0.28, 0.12, 30), "strike": (0.55, 0.21, -8), "lean": 2},
    "": {"back": (-0.34, 0.16, 36), "strike": (0.8, 0.46, -32), "lean": -6},
    "large": {"back": (0.02, 0.36, 10), "strike": (0.92, 0.82, -62), "lean": -16},
}
"""Where a kicking foot goes, ahead and up in parts of a leg, and how far its toes point down."""


def kick(score: Score, act: Act) -> None:
    """Kick forward with one foot, a number of times, standing on the other."""
    tempo = PACES[act.pace] * score.style.tempo
    leg, side = score.figure.leg, act.side
    swing = score.vary(0.95, 0.1) / tempo
    shift = 0.4
    start = score.now
    end = start + shift + swing * act.count + 0.1
    aside = -LEFT_SIGN[side] * 0.42 * score.style.stance_width
    score.hold("leftward", aside, start, end + shift, shift + 0.1)
    score.hold("up", -0.02 * leg, start, end + shift, shift)
    for k in range(act.count):
        _kick_once(score, side, KICKS[act.size], start + shift + swing * k, swing)
    for arm, swing_deg in ((OTHER[side], 22.0), (side, -18.0)):
        pose = BALANCING | {"swing": swing_deg}
        move_arm(
            score, arm,
            (start, HANGING), (start + shift + 0.2, pose), (end - 0.1, pose), (end + shift, HANGING),
        )  # fmt: skip
    score.now = end + shift


def _kick_once(score: Score, side: str, path: dict, start: float, swing: float) -> None:
    leg = score.figure.leg
    times = (start, start + 0.34 * swing, start + 0.62 * swing, start + swing)
    for index, channel in enumerate(("forward", "lift", "point")):
        scale = 1.0 if channel == "point" else leg
        values = (0.0, path["back"][index] * scale, path["strike"][index] * scale, 0.0)
        score.key(f"{side}_{channel}", *zip(times, values, strict=True))
    score.key("pelvis_bend", (start, 0.0), (times[2], path["lean"]), (times[3], 0.0))
    sign = -LEFT_SIGN[side]
    score.key("pelvis_turn", *zip(times, (0.0, -8 * sign, 12 * sign, 0.0), strict=True))


def jump(score: Score, act: Act) -> None:
    """Jump up or forward off both feet, a number of times."""
    for _ in range(act.count):
        _jump_once(score, act)


def _jump_once(score: Score, act: Act) -> None:
    tempo, size = (PACES[act.pace] * score.style.tempo) ** 0.5, SIZES[act.size]
    leg, start = score.figure.leg, score.now
    deep, high = 0.24 * leg * size, score.vary(0.17, 0.1) * size
    speed = sqrt(2 * GRAVITY * high)
    off = start + 0.5 / tempo + 2 * deep / speed
    crouched, land = start + 0.5 / tempo, off + 2 * speed / GRAVITY
    low, end = land + 0.2, land + 0.75 / tempo
    score.key(
        "up", (start, 0.0), (crouched, -deep), (off, 0.0, speed, -GRAVITY),
        (land, 0.0, -speed, -GRAVITY), (low, -0.7 * deep), (end, 0.0),
    )  # fmt: skip
    for channel, crouch in (("pelvis_bend", 30.0), ("spine_bend", 18.0), ("forward", -0.32 * deep)):
        score.key(
            channel, (start, 0.0), (crouched, crouch * size), (off + 0.05, 0.0), (land - 0.05, 0.0),
            (low, 0.6 * crouch * size), (end, 0.0),
        )  # fmt: skip
    for side in SIDES:
        move_arm(
            score, side, (start, HANGING), (crouched - 0.12, ARMS_BACK), (off + 0.12, ARMS_THROWN_UP),
            (land + 0.1, BALANCING), (end, HANGING),
        )  # fmt: skip
    _fly(score, act, off, land, high)
    score.now = end + 0.05


def _fly(score: Score, act: Act, off: float, land: float, high: float) -> None:
    """Take both feet through the air, and the root with them."""
    leg = score.figure.leg
    far = 0.55 * leg * SIZES[act.size] if act.direction == "forward" else 0.0
    score.pass_by(off - 0.1, score.place)
    to = score.place.moved(far)
    for side in SIDES:
        score.step(side, off, land, score.stance(side, to))
        score.key(f"{side}_lift", (off - 0.02, 0.0), ((off + land) / 2, high + 0.06), (land, 0.0))
        score.key(
            f"{side}_heel", (off - 0.22, 0.0), (off + 0.04, 48.0), (land, 18.0), (land + 0.12, 0.0)
        )
    score.pass_by(land + 0.1, to)
