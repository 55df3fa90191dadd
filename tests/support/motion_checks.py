"""Checks whether joints did what an act says; they see nothing but joints.

None knows how a motion is made, so captions and labels are compared with what a body really does.
"""

from collections.abc import Callable, Mapping

import numpy as np
from numpy.typing import NDArray
from scipy.signal import find_peaks

from motiondata.skeletons import JOINT
from motiondata.synthesis.acts import SIDES, Act
from tests.support.performances import Scene, runs, swings

Floats = NDArray[np.float64]

OTHER = {"left": "right", "right": "left"}


def headings(scene: Scene) -> Floats:
    """Return where the hips' front looks, as an angle to the left of -y, unwrapped, (frames,)."""
    left = scene.path("left_hip") - scene.path("right_hip")
    return np.unwrap(np.arctan2(left[:, 1], left[:, 0]))


def way(scene: Scene) -> tuple[float, float]:
    """Return how far somebody went ahead and to the left, by the heading at the start."""
    moved = scene.path("pelvis")[-1] - scene.path("pelvis")[0]
    yaw = headings(scene)[0]
    ahead, left = (np.sin(yaw), -np.cos(yaw)), (np.cos(yaw), np.sin(yaw))
    return float(moved[:2] @ ahead), float(moved[:2] @ left)


def turned_deg(scene: Scene) -> float:
    heading = headings(scene)
    return float(np.degrees(heading[-1] - heading[0]))


def peaks(values: Floats, prominence: float) -> int:
    """Return how often a value rises by so much and falls again."""
    padded = np.concatenate([[values.min()], values, [values.min()]])
    return len(find_peaks(padded, prominence=prominence)[0])


def sides_of(act: Act) -> tuple[str, ...]:
    return (act.side,) if act.side in SIDES else SIDES


def ahead_of_chest(scene: Scene, joint: str) -> Floats:
    """Return how far a joint is before the shoulders, level, by the hips' heading, (frames,)."""
    yaw = headings(scene)
    shoulders = (scene.path("left_shoulder") + scene.path("right_shoulder")) / 2
    reach = scene.path(joint) - shoulders
    return reach[:, 0] * np.sin(yaw) - reach[:, 1] * np.cos(yaw)


def check_steps(act: Act, scene: Scene) -> None:
    steps = {side: swings(scene, side) for side in SIDES}
    assert len(steps["left"]) + len(steps["right"]) == act.count
    assert min(SIDES, key=lambda side: steps[side][0].start) == act.side
    assert abs(turned_deg(scene) - act.turn_deg) < 8


def check_straight(act: Act, scene: Scene) -> None:
    check_steps(act, scene)
    ahead, left = way(scene)
    sign = -1 if act.direction == "backward" else 1
    assert sign * ahead > 0.15 * act.count
    assert abs(left) < 0.15


def check_bend(act: Act, scene: Scene) -> None:
    check_steps(act, scene)
    ahead, left = way(scene)
    assert ahead > 0.5
    assert left > 0.5 if act.direction == "left" else left < -0.5


def check_circle(act: Act, scene: Scene) -> None:
    check_steps(act, scene)
    assert np.hypot(*way(scene)) < 0.3
    assert np.ptp(scene.path("pelvis")[:, :2], axis=0).min() > 1.0


def check_walk(act: Act, scene: Scene) -> None:
    if not act.turn_deg:
        check_straight(act, scene)
    elif abs(act.turn_deg) < 360:
        check_bend(act, scene)
    else:
        check_circle(act, scene)
    assert not both_in_air(scene)


def check_run(act: Act, scene: Scene) -> None:
    (check_circle if act.turn_deg else check_straight)(act, scene)
    assert len(both_in_air(scene)) >= act.count - 4


def both_in_air(scene: Scene) -> list[slice]:
    lowest = np.minimum(scene.rise("left_foot"), scene.rise("right_foot"))
    return runs(lowest > 0.012)


def check_side_step(act: Act, scene: Scene) -> None:
    ahead, left = way(scene)
    assert abs(ahead) < 0.1
    assert (left if act.direction == "left" else -left) > 0.2 * act.count
    assert [len(swings(scene, side)) for side in SIDES] == [act.count, act.count]
    assert swings(scene, act.direction)[0].start < swings(scene, OTHER[act.direction])[0].start


def check_march(act: Act, scene: Scene) -> None:
    if act.direction == "forward":
        check_straight(act, scene)
    else:
        check_steps(act, scene)
        assert np.hypot(*way(scene)) < 0.1
    for side in SIDES:
        assert scene.path(f"{side}_knee")[:, 2].max() > 0.68 * scene.path("pelvis")[0, 2]


def check_turn(act: Act, scene: Scene) -> None:
    assert abs(turned_deg(scene) - act.turn_deg) < 8
    assert np.hypot(*way(scene)) < 0.15


def check_stand(act: Act, scene: Scene) -> None:
    assert not any(swings(scene, side) for side in SIDES)
    assert np.ptp(scene.path("pelvis"), axis=0).max() < 0.15


def check_wave(act: Act, scene: Scene) -> None:
    head = scene.path("neck")[:, 2]
    for side in SIDES:
        above = scene.path(f"{side}_wrist")[:, 2] > head
        assert above.any() == (side in sides_of(act))
    for side in sides_of(act):
        up = scene.path(f"{side}_wrist")[:, 2] > scene.path(f"{side}_elbow")[:, 2]
        bend = np.degrees(np.abs(scene.motion.pose[up, JOINT[f"{side}_elbow"], 1]))
        assert len(find_peaks(-bend, prominence=12.0)[0]) == act.count


def check_clap(act: Act, scene: Scene) -> None:
    apart = np.linalg.norm(scene.path("left_wrist") - scene.path("right_wrist"), axis=1)
    assert peaks(-apart, 0.1) == act.count
    assert 0.05 < apart.min() < 0.12
    assert np.argmin(apart) == np.argmax(-apart)
    for side in SIDES:
        assert ahead_of_chest(scene, f"{side}_wrist")[np.argmin(apart)] > 0.2


def check_raise_arms(act: Act, scene: Scene) -> None:
    for side in SIDES:
        shoulder, wrist = scene.path(f"{side}_shoulder"), scene.path(f"{side}_wrist")
        over = wrist[:, 2] - shoulder[:, 2]
        arm = scene.subject.skeleton.arm
        if side not in sides_of(act):
            assert over.max() < 0
            continue
        assert peaks(over, 0.6 * arm) == act.count
        highest = np.argmax(over)
        aside = np.linalg.norm((wrist - shoulder)[highest, :2])
        ahead = ahead_of_chest(scene, f"{side}_wrist")[highest]
        assert (over[highest] > 0.8 * arm) == (act.direction == "up")
        assert (aside > 0.8 * arm and ahead < 0.3 * arm) == (act.direction == "side")
        assert (ahead > 0.8 * arm) == (act.direction == "front")


def check_punch(act: Act, scene: Scene) -> None:
    straight = 0.9 * scene.subject.skeleton.arm
    hits = {}
    for side in SIDES:
        reach = scene.path(f"{side}_wrist") - scene.path(f"{side}_shoulder")
        level = np.abs(reach[:, 2]) < 0.2
        hits[side] = runs((np.linalg.norm(reach, axis=1) > straight) & level)
    assert len(hits["left"]) + len(hits["right"]) == act.count
    if act.side == "both":
        assert len(hits["right"]) - len(hits["left"]) in (0, 1)
    else:
        assert len(hits[act.side]) == act.count


def check_squat(act: Act, scene: Scene) -> None:
    depth = -scene.path("pelvis")[:, 2]
    assert peaks(depth, 0.15) == act.count
    assert not any(swings(scene, side) for side in SIDES)


def check_sit(act: Act, scene: Scene) -> None:
    height, leg = scene.path("pelvis")[:, 2], scene.subject.skeleton.leg
    assert peaks(-height, 0.2) == act.count
    low = np.argmin(height)
    thigh = scene.path("left_knee")[low] - scene.path("left_hip")[low]
    assert abs(thigh[2]) < 0.2 * leg
    assert scene.path("head")[low, 2] - height[low] > 0.4


def check_bow(act: Act, scene: Scene) -> None:
    assert peaks(-scene.path("head")[:, 2], 0.1) == act.count
    assert np.degrees(scene.motion.pose[:, [JOINT["left_knee"], JOINT["right_knee"]], 0]).max() < 30
    assert np.ptp(scene.path("pelvis")[:, 2]) < 0.1


def check_pick_up(act: Act, scene: Scene) -> None:
    for side in SIDES:
        at_floor = scene.path(f"{side}_wrist")[:, 2].min() < 0.27
        assert at_floor == (side in sides_of(act))
    assert not any(swings(scene, side) for side in SIDES)


def check_kick(act: Act, scene: Scene) -> None:
    other = OTHER[act.side]
    assert not swings(scene, other)
    ankle = scene.path(f"{act.side}_ankle") - scene.path(f"{other}_ankle")
    yaw = headings(scene)[0]
    ahead = ankle[:, 0] * np.sin(yaw) - ankle[:, 1] * np.cos(yaw)
    assert peaks(ahead, 0.4) == act.count


def check_jump(act: Act, scene: Scene) -> None:
    flights = both_in_air(scene)
    assert len(flights) == act.count
    ahead, left = way(scene)
    assert abs(left) < 0.1
    assert ahead > 0.2 * act.count if act.direction == "forward" else abs(ahead) < 0.1
    for flight in flights:
        assert -13 < falling(scene, flight) < -7


def falling(scene: Scene, flight: slice) -> float:
    """Return the mean acceleration of the pelvis in the middle of a flight."""
    length = (flight.stop - flight.start) // 4
    height = scene.path("pelvis")[flight.start + length : flight.stop - length, 2]
    return float(np.diff(height, 2).mean() * scene.fps**2)


def check_lunge(act: Act, scene: Scene) -> None:
    check_in_place(scene)
    assert not swings(scene, OTHER[act.side])
    assert peaks(-scene.path("pelvis")[:, 2], 0.1) == act.count
    ahead = scene.path(f"{act.side}_ankle") - scene.path(f"{OTHER[act.side]}_ankle")
    assert np.linalg.norm(ahead, axis=1).max() > 0.6 * scene.subject.skeleton.leg


def check_in_place(scene: Scene) -> None:
    assert np.hypot(*way(scene)) < 0.1
    assert abs(turned_deg(scene)) < 8


def check_lift_knee(act: Act, scene: Scene) -> None:
    check_in_place(scene)
    assert not swings(scene, OTHER[act.side])
    over = scene.path(f"{act.side}_knee")[:, 2] - scene.path(f"{OTHER[act.side]}_knee")[:, 2]
    assert peaks(over, 0.2) == act.count


def check_side_kick(act: Act, scene: Scene) -> None:
    check_in_place(scene)
    assert not swings(scene, OTHER[act.side])
    ankles = [scene.path(f"{side}_ankle")[:, 0] for side in SIDES]
    assert peaks(ankles[0] - ankles[1], 0.25) == act.count


def check_jumping_jack(act: Act, scene: Scene) -> None:
    check_in_place(scene)
    apart = scene.path("left_ankle")[:, 0] - scene.path("right_ankle")[:, 0]
    assert peaks(np.round(apart, 3), 0.2) == act.count
    assert len(both_in_air(scene)) == 2 * act.count
    for side in SIDES:
        assert peaks(scene.path(f"{side}_wrist")[:, 2], 0.5) == act.count


def check_lean(act: Act, scene: Scene) -> None:
    check_in_place(scene)
    sign = 1 if act.direction == "left" else -1
    aside = scene.path("head")[:, 0] - scene.path("pelvis")[:, 0]
    assert peaks(sign * aside, 0.1) == act.count
    assert (-sign * aside).max() < 0.05


def check_twist(act: Act, scene: Scene) -> None:
    check_in_place(scene)
    left = scene.path("left_shoulder") - scene.path("right_shoulder")
    turned = np.degrees(np.arctan2(left[:, 1], left[:, 0]))
    assert peaks(turned, 55) == peaks(-turned, 55) == act.count
    assert turned.max() > 30 > -30 > turned.min()


def check_near(part: str, farthest: float) -> Callable[[Act, Scene], None]:
    """Return a check whether the hands of an act, and no other, come near a joint, meters."""

    def check(act: Act, scene: Scene) -> None:
        check_in_place(scene)
        for side in SIDES:
            apart = np.linalg.norm(scene.path(f"{side}_wrist") - scene.path(part), axis=1)
            assert (apart.min() < farthest) == (side in sides_of(act)), (side, apart.min())

    return check


def check_knock(act: Act, scene: Scene) -> None:
    check_in_place(scene)
    for side in SIDES:
        bend = np.degrees(np.abs(scene.motion.pose[:, JOINT[f"{side}_elbow"], 1]))
        assert len(find_peaks(-bend, prominence=30)[0]) == act.count * (side in sides_of(act))


def check_throw(act: Act, scene: Scene) -> None:
    check_in_place(scene)
    for side in SIDES:
        ahead = ahead_of_chest(scene, f"{side}_wrist")
        throws = scene.path(f"{side}_wrist")[:, 2].max() > scene.path("neck")[:, 2].min()
        assert throws == (side in sides_of(act))
        if throws:
            assert np.argmin(ahead) < np.argmax(ahead)
            assert np.ptp(ahead) > 0.5


def check_push(act: Act, scene: Scene) -> None:
    check_in_place(scene)
    for side in SIDES:
        assert peaks(ahead_of_chest(scene, f"{side}_wrist"), 0.15) == act.count


def check_flap(act: Act, scene: Scene) -> None:
    check_in_place(scene)
    for side in SIDES:
        assert peaks(scene.path(f"{side}_wrist")[:, 2], 0.25) == act.count


def check_circle_arms(act: Act, scene: Scene) -> None:
    check_in_place(scene)
    for side in SIDES:
        wrist, shoulder = scene.path(f"{side}_wrist"), scene.path(f"{side}_shoulder")
        assert (wrist[:, 2].max() > shoulder[:, 2].min()) == (side in sides_of(act))
        if side in sides_of(act):
            assert peaks(wrist[:, 2], 0.3) == act.count


CHECKS: Mapping[str, Callable[[Act, Scene], None]] = {
    "walk": check_walk,
    "run": check_run,
    "backward": check_straight,
    "side_step": check_side_step,
    "march": check_march,
    "turn": check_turn,
    "stand": check_stand,
    "wave": check_wave,
    "clap": check_clap,
    "raise_arms": check_raise_arms,
    "punch": check_punch,
    "squat": check_squat,
    "sit": check_sit,
    "bow": check_bow,
    "pick_up": check_pick_up,
    "kick": check_kick,
    "jump": check_jump,
    "sneak": check_straight,
    "lunge": check_lunge,
    "lift_knee": check_lift_knee,
    "side_kick": check_side_kick,
    "jumping_jack": check_jumping_jack,
    "lean": check_lean,
    "twist": check_twist,
    "salute": check_near("head", 0.3),
    "drink": check_near("head", 0.32),
    "scratch": check_near("head", 0.25),
    "knock": check_knock,
    "throw": check_throw,
    "push": check_push,
    "flap": check_flap,
    "circle_arms": check_circle_arms,
    "hands_on_hips": check_near("pelvis", 0.35),
    "cross_arms": check_near("spine3", 0.3),
}


def check_act(act: Act, scene: Scene) -> None:
    """Assert that somebody did what an act says, and its gesture with it."""
    CHECKS[act.kind](act, scene)
    if act.gesture:
        CHECKS[act.gesture.kind](act.gesture, scene)
