"""Acts with both feet in place: standing, squatting, sitting, bowing, picking something up.

Each act moves a few channels to target values, holds them, and moves them back. The legs follow by
inverse kinematics, since the feet do not move.
"""

from itertools import pairwise
from math import cos, radians, sin

from motiondata.synthesis.acts import SIDES, SIZES, Act
from motiondata.synthesis.motion.arms import CARRYING, HANDS_ON_THIGHS, HANGING, hold_pose, move_arm
from motiondata.synthesis.motion.rest_skeleton import RestSkeleton
from motiondata.synthesis.motion.timeline import Timeline

HAND_METERS = 0.19
"""Height of the wrist above the floor when the fingers touch the floor."""

FLOOR_BENDS_DEG = {"pelvis_bend": 50.0, "spine_bend": 45.0, "head_bend": -10.0}
"""Angles of the trunk channels for picking something up from the floor."""
REACHING_AHEAD_DEG = 12.0
"""Angle between the arms and the vertical while they reach for the floor."""


def stand(timeline: Timeline, act: Act) -> None:
    """Stand, with the weight on one leg for a while."""
    lasting = timeline.vary(3.6, 0.3) / timeline.tempo(act.pace)
    start, end, ease = timeline.now, timeline.now + lasting, 0.4 * lasting
    aside = 0.25 * timeline.style.stance_width * (1.0 if timeline.rng.random() < 0.5 else -1.0)
    tilt_deg = -50.0 * aside
    timeline.visit(
        {"leftward": aside, "pelvis_tilt": tilt_deg}, start, start + ease, end - ease, end
    )
    timeline.now = end


def squat(timeline: Timeline, act: Act) -> None:
    """Bend the knees and stand up again, `act.count` times."""
    down = timeline.vary(0.9, 0.1) / timeline.tempo(act.pace) ** 0.7
    held = timeline.vary(0.25, 0.4)
    deep = timeline.vary(0.4, 0.06) * SIZES[act.size]
    depth = deep * timeline.skeleton.leg
    lowered = {
        "up": -depth, "forward": -0.5 * depth,
        "pelvis_bend": 63.0 * deep, "spine_bend": 38.0 * deep, "head_bend": -34.0 * deep,
    }  # fmt: skip
    start = timeline.now
    for _ in range(act.count):
        low = timeline.now + down
        timeline.visit(lowered, timeline.now, low, low + held, low + held + down)
        timeline.now = low + held + down + 0.1
    arms_ahead = {"raise": 8.0, "swing": 76.0 + 68.0 * deep, "elbow": 12.0}
    for side in SIDES:
        times = (start, start + 0.8 * down, timeline.now - 0.8 * down, timeline.now)
        hold_pose(timeline, side, arms_ahead, *times)


def sit(timeline: Timeline, act: Act) -> None:
    """Sit down as if on a chair, stay for a moment, and stand up again."""
    down, held = timeline.vary(1.2, 0.1) / timeline.tempo(act.pace), timeline.vary(1.2, 0.4)
    start = timeline.now
    low, rise, end = start + down, start + down + held, start + 2 * down + held
    thigh = timeline.skeleton.length("left_hip", "left_knee")
    timeline.visit({"up": -1.02 * thigh, "forward": -0.86 * thigh}, start, low, rise, end)
    for channel, on_the_way, seated in (("pelvis_bend", 26.0, -6.0), ("spine_bend", 18.0, 4.0)):
        timeline.key(
            channel,
            (start, 0.0), (start + 0.6 * down, on_the_way), (low + 0.25, seated),
            (rise - 0.2, seated), (rise + 0.4 * down, on_the_way), (end, 0.0),
        )  # fmt: skip
    for side in SIDES:
        hold_pose(timeline, side, HANDS_ON_THIGHS, start + 0.2, low, rise, end)
    timeline.now = end


def bow(timeline: Timeline, act: Act) -> None:
    """Bend forward from the hips with straight legs, `act.count` times."""
    down = timeline.vary(0.9, 0.1) / timeline.tempo(act.pace)
    held, deep = timeline.vary(0.5, 0.4), SIZES[act.size] * timeline.vary(1.0, 0.05)
    bent = {
        "pelvis_bend": 38.0 * deep, "spine_bend": 26.0 * deep, "head_bend": 14.0 * deep,
        "left_swing": 26.0 * deep, "right_swing": 26.0 * deep,
        "forward": -0.1 * deep * timeline.skeleton.leg,
    }  # fmt: skip
    for _ in range(act.count):
        low = timeline.now + down
        end = low + held + 1.1 * down
        timeline.visit(bent, timeline.now, low, low + held, end)
        timeline.now = end + 0.1


def pick_up(timeline: Timeline, act: Act) -> None:
    """Reach down to the floor with one or both hands, and stand up holding something."""
    down, held = timeline.vary(1.1, 0.1) / timeline.tempo(act.pace), timeline.vary(0.35, 0.3)
    start = timeline.now
    low, rise, up = start + down, start + down + held, start + 2.1 * down + held
    letting_go = up + timeline.vary(0.6, 0.2)
    end = letting_go + 0.6
    drop = _drop_to_floor(timeline.skeleton)
    timeline.visit({"up": -drop, "forward": -0.42 * drop, **FLOOR_BENDS_DEG}, start, low, rise, up)
    bend_deg = FLOOR_BENDS_DEG["pelvis_bend"] + FLOOR_BENDS_DEG["spine_bend"]
    reaching = {"raise": 10.0, "swing": bend_deg + REACHING_AHEAD_DEG, "elbow": 6.0}
    on_knee = {"raise": 14.0, "swing": bend_deg - 25.0, "elbow": 95.0}
    for side in SIDES:
        if act.side in (side, "both"):
            keys = ((low, reaching), (rise, reaching), (up, CARRYING), (letting_go, CARRYING))
            move_arm(timeline, side, (start, HANGING), *keys, (end, HANGING))
        else:
            hold_pose(timeline, side, on_knee, start, low, rise, up)
    timeline.now = end


def _drop_to_floor(skeleton: RestSkeleton) -> float:
    """Return how far the pelvis must be lowered for the fingers to touch the floor, meters."""
    chain = ("pelvis", "spine1", "spine2", "spine3", "left_collar", "left_shoulder")
    height = skeleton.height_over_sole("pelvis")
    bend = radians(FLOOR_BENDS_DEG["pelvis_bend"])
    for parent, child in pairwise(chain):
        if parent.startswith("spine"):
            bend += radians(FLOOR_BENDS_DEG["spine_bend"]) / 3
        _, up, ahead = skeleton.bone(parent, child)
        height += up * cos(bend) - ahead * sin(bend)
    hanging = skeleton.arm * cos(radians(REACHING_AHEAD_DEG)) + HAND_METERS
    return float(height - hanging)
