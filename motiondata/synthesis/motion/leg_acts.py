"""Acts of the legs and the trunk without steps: lunges, knees, kicks to a side, jumping jacks.

A foot in the air is moved by offsets from its place, to which it returns.
"""

from motiondata.synthesis.acts import SIDES, Act
from motiondata.synthesis.motion.arms import BALANCING, HANGING, ArmPose, hold_pose, move_arm
from motiondata.synthesis.motion.leaping import JUMP_SLACK, WEIGHT_SHIFT_SECONDS
from motiondata.synthesis.motion.rest_skeleton import LEFT_SIGN
from motiondata.synthesis.motion.steps import OTHER
from motiondata.synthesis.motion.timeline import Timeline

KNEE_LIFT = {"lift": 0.42, "forward": 0.34}
"""Offsets of the foot of a raised knee, as fractions of a leg."""
SIDE_KICK = {"lift": 0.4, "leftward": 0.52}
SIDE_KICK_TILT_DEG = 16.0
"""Tilt of the pelvis away from the kicking leg; the spine tilts back by half of it."""
LUNGE = {"forward": 0.68, "down": 0.2, "ahead": 0.36}
"""Step of the foot, and the pelvis's way down and ahead, as fractions of a leg."""
LUNGE_HEEL_DEG = 46.0
LEAN_DEG = {"spine_tilt": 26.0, "pelvis_tilt": 7.0, "head_tilt": 8.0}
TWIST_DEG = {"spine_turn": 38.0, "pelvis_turn": 12.0}
TWIST_ARMS: ArmPose = {"raise": 60, "swing": 20, "elbow": 100}
JACK_WIDTH = 0.24
"""Way of each foot to its side in a jumping jack, as a fraction of a leg."""
JACK_HEIGHT = 0.05
JACK_ARMS: ArmPose = {"raise": 158, "elbow": 10}


def lift_knee(timeline: Timeline, act: Act) -> None:
    """Raise a knee in front, `act.count` times, standing on the other foot."""
    beat = timeline.vary(1.0, 0.1) / timeline.tempo(act.pace)
    start = _stand_on_other(timeline, act, beat)
    leg = timeline.skeleton.leg
    for k in range(act.count):
        lift, top, land = _phases(start + beat * k, beat)
        _raise_foot(timeline, act.side, lift, top, land, KNEE_LIFT["lift"] * leg)
        forward = ((lift, 0.0), (top, KNEE_LIFT["forward"] * leg), (land, 0.0))
        timeline.key(f"{act.side}_forward", *forward)
        timeline.key(f"{act.side}_point", (lift, 0.0), (top, 28.0), (land, 0.0))


def side_kick(timeline: Timeline, act: Act) -> None:
    """Kick out to the side of a leg, `act.count` times, standing on the other foot."""
    beat = timeline.vary(1.15, 0.1) / timeline.tempo(act.pace)
    start, sign = _stand_on_other(timeline, act, beat), LEFT_SIGN[act.side]
    leg = timeline.skeleton.leg
    for k in range(act.count):
        lift, top, land = _phases(start + beat * k, beat)
        _raise_foot(timeline, act.side, lift, top, land, SIDE_KICK["lift"] * leg)
        _move_aside(timeline, act.side, SIDE_KICK["leftward"] * leg * sign, lift, top, top, land)
        for channel, part in (("pelvis_tilt", 1.0), ("spine_tilt", -0.5)):
            tilt = sign * part * SIDE_KICK_TILT_DEG
            timeline.key(channel, (lift, 0.0), (top, tilt), (land, 0.0))


def _stand_on_other(timeline: Timeline, act: Act, beat: float) -> float:
    """Shift the weight to the other foot for `act.count` beats; return when the first begins."""
    start, shift = timeline.now, WEIGHT_SHIFT_SECONDS
    end = start + shift + beat * act.count + 0.1
    aside = -LEFT_SIGN[act.side] * 0.42 * timeline.style.stance_width
    over_foot = {"leftward": aside, "up": -0.02 * timeline.skeleton.leg}
    timeline.visit(over_foot, start, start + shift + 0.1, end - 0.1, end + shift)
    for side in SIDES:
        hold_pose(timeline, side, BALANCING, start, start + shift + 0.2, end - 0.1, end + shift)
    timeline.now = end + shift
    return start + shift


def _phases(start: float, beat: float) -> tuple[float, float, float]:
    """Return when a foot lifts, is highest, and lands."""
    return start + 0.05 * beat, start + 0.45 * beat, start + 0.95 * beat


def _raise_foot(
    timeline: Timeline, side: str, lift: float, top: float, land: float, high: float
) -> None:
    timeline.key(f"{side}_lift", (lift, 0.0), (top, high), (land, 0.0))


def _move_aside(
    timeline: Timeline, side: str, way: float, start: float, reach: float, leave: float, end: float
) -> None:
    """Move a foot to the left by `way`, meters, and back; it is in the air while it moves."""
    aside = timeline.place.moved(leftward=way)
    clear = 0.12 * (reach - start)
    for name in ("x", "y"):
        value = getattr(aside, name) - getattr(timeline.place, name)
        times = (start + clear, reach - clear, leave + clear, end - clear)
        if reach == leave:
            times = (start + clear, reach, reach, end - clear)
        keys = dict(zip(times, (0.0, value, value, 0.0), strict=True))
        timeline.key(f"{side}_{name}", *keys.items())


def lunge(timeline: Timeline, act: Act) -> None:
    """Step far forward with one foot, lower the body, and step back, `act.count` times."""
    for _ in range(act.count):
        _lunge_once(timeline, act)


def _lunge_once(timeline: Timeline, act: Act) -> None:
    beat = timeline.vary(0.75, 0.1) / timeline.tempo(act.pace)
    start, leg = timeline.now, timeline.skeleton.leg
    land, rise = start + beat, start + 1.9 * beat
    end = rise + beat
    clear = 0.1 * beat
    far = LUNGE["forward"] * leg
    keys = ((start + clear, 0.0), (land - clear, far), (rise + clear, far), (end - clear, 0.0))
    timeline.key(f"{act.side}_forward", *keys)
    for first, last in ((start, land), (rise, end)):
        _raise_foot(timeline, act.side, first, (first + last) / 2, last, 0.12 * leg)
    low, up = land + 0.35 * beat, rise - 0.1 * beat
    timeline.visit({"up": -LUNGE["down"] * leg, "forward": LUNGE["ahead"] * leg},
                   start, low, up, end)  # fmt: skip
    timeline.visit({f"{OTHER[act.side]}_heel": LUNGE_HEEL_DEG}, start, low, up, end)
    timeline.now = end + 0.1


def lean(timeline: Timeline, act: Act) -> None:
    """Bend the trunk to a side, `act.count` times."""
    ease = timeline.vary(0.75, 0.1) / timeline.tempo(act.pace)
    held, sign = timeline.vary(0.35, 0.3), -LEFT_SIGN[act.direction]
    for _ in range(act.count):
        reach = timeline.now + ease
        end = reach + held + ease
        bent = {channel: sign * degrees for channel, degrees in LEAN_DEG.items()}
        timeline.visit(bent, timeline.now, reach, reach + held, end)
        timeline.now = end + 0.05


def twist(timeline: Timeline, act: Act) -> None:
    """Turn the trunk to both sides, `act.count` times, with bent arms."""
    beat = timeline.vary(1.5, 0.1) / timeline.tempo(act.pace)
    start = timeline.now
    end = start + beat * act.count + 0.4
    sides = [(start + beat * (k / 2 + 0.35), (-1) ** k) for k in range(2 * act.count)]
    for channel, degrees in TWIST_DEG.items():
        keys = [(time, sign * degrees) for time, sign in sides]
        timeline.key(channel, (start, 0.0), *keys, (end, 0.0))
    for side in SIDES:
        hold_pose(timeline, side, TWIST_ARMS, start, start + 0.5, end - 0.5, end)
    timeline.now = end


def jumping_jack(timeline: Timeline, act: Act) -> None:
    """Jump with the feet apart and the arms up, and back, `act.count` times."""
    flight = timeline.vary(0.34, 0.06) / timeline.tempo(act.pace)
    start, leg = timeline.now, timeline.skeleton.leg
    for k in range(act.count):
        out = start + 0.25 + 3.2 * flight * k
        back = out + 1.6 * flight
        for side in SIDES:
            aside = LEFT_SIGN[side] * JACK_WIDTH * leg
            _move_aside(timeline, side, aside, out, out + flight, back, back + flight)
            apart = ((out - 0.2, HANGING), (out + flight, JACK_ARMS))
            together = ((back, JACK_ARMS), (back + flight + 0.2, HANGING))
            move_arm(timeline, side, *apart, *together)
            for first in (out, back):
                _raise_foot(timeline, side, first, first + flight / 2, first + flight, 0.08)
        for first in (out, back):
            keys = ((first - 0.12, -0.03 * leg), (first + flight / 2, JACK_HEIGHT))
            timeline.key("up", (first - 0.22, 0.0), *keys, (first + flight + 0.1, 0.0))
    end = start + 0.25 + 3.2 * flight * act.count
    timeline.visit({"slack": JUMP_SLACK}, start, start + 0.2, end - 0.1, end + 0.15)
    timeline.now = end + 0.2
