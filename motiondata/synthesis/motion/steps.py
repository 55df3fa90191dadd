"""Steps: the times and positions of footfalls, and the matching motion of pelvis, trunk and arms.

The feet determine the motion: one foot is set down at each place of a route, and the root passes
midway between the two feet. The same code therefore walks, runs, side-steps, marches and turns on
the spot.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from motiondata.synthesis.acts import SIDES
from motiondata.synthesis.motion.gaits import Gait
from motiondata.synthesis.motion.rest_skeleton import LEFT_SIGN
from motiondata.synthesis.motion.timeline import GroundPose, Key, Timeline, between

OTHER = {"left": "right", "right": "left"}

WALKING_SWING = 0.8
"""Maximum swing phase of the first and last step, as a fraction of a step.

A run begins and ends with a walking step.
"""


@dataclass(frozen=True)
class Footfall:
    """One step of one foot."""

    side: str
    lift: float
    """Time when the foot leaves the floor, seconds."""
    land: float
    """Time when the foot lands, seconds."""
    before: GroundPose
    """Ground pose of the root for the previous step."""
    place: GroundPose
    """Ground pose of the root for this step."""

    @property
    def middle(self) -> float:
        """The time when the foot passes the other foot, seconds."""
        return (self.lift + self.land) / 2


@dataclass(frozen=True)
class Steps:
    """A sequence of steps that begins and ends standing; times in seconds."""

    gait: Gait
    footfalls: tuple[Footfall, ...]
    start: float
    end: float

    @property
    def away(self) -> list[float]:
        """The sign of the side opposite to the foot of each step; left is positive."""
        return [-LEFT_SIGN[footfall.side] for footfall in self.footfalls]


def take_steps(timeline: Timeline, gait: Gait, first: str, route: Sequence[GroundPose]) -> None:
    """Write alternating steps to the ground poses of `route`, beginning with the foot `first`."""
    steps = _timed(timeline, gait, first, route)
    _lead_root(timeline, steps)
    _set_feet(timeline, steps)
    _move_trunk(timeline, steps)
    for arm in SIDES:
        if arm not in timeline.busy_arms:
            _swing_arm(timeline, steps, arm)
    timeline.now = steps.end


def _timed(timeline: Timeline, gait: Gait, first: str, route: Sequence[GroundPose]) -> Steps:
    """Return the steps with the lift and landing time of each foot."""
    step, start, last = gait.step_seconds, timeline.now, len(route) - 1
    footfalls = []
    for k, (before, place) in enumerate(pairwise((timeline.place, *route))):
        swing = min(gait.swing, WALKING_SWING) if k in (0, last) else gait.swing
        land = start + step * (k + 1)
        side = first if k % 2 == 0 else OTHER[first]
        footfalls.append(Footfall(side, land - step * swing, land, before, place))
    return Steps(gait, tuple(footfalls), start, footfalls[-1].land + 0.3 * step)


def _lead_root(timeline: Timeline, steps: Steps) -> None:
    """Move the root through the midpoint of the feet when both stand or both are in the air."""
    step = steps.gait.step_seconds
    timeline.pass_by(steps.start + 0.05, timeline.place)
    for footfall in steps.footfalls:
        both = footfall.land + (step - footfall.land + footfall.lift) / 2
        timeline.pass_by(both, between(footfall.before, footfall.place))
    timeline.pass_by(steps.end, steps.footfalls[-1].place)


def _set_feet(timeline: Timeline, steps: Steps) -> None:
    """Move each foot to its place; the last two footfalls have the stance width of standing."""
    width = steps.gait.width
    for left, footfall in zip(range(len(steps.footfalls), 0, -1), steps.footfalls, strict=True):
        narrow = None if width is None or left <= 2 else width * timeline.skeleton.leg
        to, before = (
            timeline.stance(footfall.side, footfall.place, narrow),
            timeline.feet[footfall.side],
        )
        way = ((to.x - before.x) ** 2 + (to.y - before.y) ** 2) ** 0.5
        timeline.step(footfall.side, footfall.lift, footfall.land, to)
        _roll_foot(timeline, steps.gait, footfall, min(1.0, way / timeline.skeleton.leg))


def _roll_foot(timeline: Timeline, gait: Gait, footfall: Footfall, part: float) -> None:
    """Lift a foot, heel first, and land it.

    `part` is the distance that the foot travels, in leg lengths, at most 1.
    """
    side, lift, land = footfall.side, footfall.lift, footfall.land
    leg, step, swing = timeline.skeleton.leg, gait.step_seconds, land - lift
    highest = lift + 0.45 * swing
    curves: dict[str, list[tuple[Key, ...]]] = {
        "lift": [((lift, 0.0), (highest, (gait.lift + gait.knee_lift) * leg), (land, 0.0))],
        "forward": [((lift, 0.0), (highest, 0.35 * gait.knee_lift * leg), (land, 0.0))],
        "point": [((lift, 0.0), (highest, gait.point_deg), (land, 0.0))],
        "heel": [
            (
                (lift - 0.55 * step, 0.0),
                (lift + 0.1 * swing, gait.lift_heel_deg * (0.25 + 0.75 * part)),
                (lift + 0.75 * swing, 0.0),
            ),
            ((lift + 0.6 * swing, 0.0), (land, gait.land_heel_deg), (land + 0.4 * step, 0.0)),
        ],
        "toe": [
            (
                (lift + 0.45 * swing, 0.0),
                (land, gait.land_toe_deg * part),
                (land + 0.25 * step, 0.0),
            )
        ],
    }
    for channel, keys in curves.items():
        for curve in keys:
            timeline.key(f"{side}_{channel}", *curve)


def _move_trunk(timeline: Timeline, steps: Steps) -> None:
    """Sway over the standing foot, turn the trunk against the legs, and lean forward."""
    gait, leg = steps.gait, timeline.skeleton.leg
    lands = [footfall.land for footfall in steps.footfalls]
    middles = [footfall.middle for footfall in steps.footfalls]
    for channel, times, value in (
        ("leftward", middles, gait.sway * leg),
        ("pelvis_tilt", middles, gait.hip_drop_deg),
        ("spine_tilt", middles, -gait.hip_drop_deg),
        ("pelvis_turn", lands, gait.pelvis_turn_deg),
        ("spine_turn", lands, -1.8 * gait.pelvis_turn_deg),
    ):
        _beat(timeline, steps, channel, times, [value * sign for sign in steps.away])
    kept = {
        "pelvis_bend": gait.lean_deg,
        "up": -gait.crouch * leg,
        "forward": gait.ahead * leg,
        "slack": gait.slack,
    }
    ease = gait.step_seconds
    timeline.visit(kept, steps.start, steps.start + ease, steps.end - ease, steps.end)
    _bounce(timeline, steps)


def _bounce(timeline: Timeline, steps: Steps) -> None:
    """Raise the pelvis while both feet are in the air, and lower it over the standing foot."""
    high, step = steps.gait.bounce * timeline.skeleton.leg, steps.gait.step_seconds
    keys: list[Key] = []
    for footfall in steps.footfalls[1:-1]:
        in_air = footfall.land - (footfall.land - footfall.lift - step) / 2
        keys += [(in_air, high), (in_air + step / 2, -high)]
    timeline.key("up", (steps.start, 0.0), *keys, (steps.end, 0.0))


def _swing_arm(timeline: Timeline, steps: Steps, arm: str) -> None:
    """Swing an arm in phase with the opposite leg."""
    gait = steps.gait
    swing_deg, late = gait.arm_swing_deg * timeline.style.arm_swing, 0.5 * gait.step_seconds
    ahead = [1.0 if footfall.side != arm else -0.75 for footfall in steps.footfalls]
    lands = [footfall.land for footfall in steps.footfalls]
    for channel, degrees in (("swing", swing_deg), ("elbow", 0.4 * swing_deg)):
        _beat(timeline, steps, f"{arm}_{channel}", lands, [degrees * part for part in ahead], late)
    end, ease = steps.end + late, 1.1 * gait.step_seconds
    bent = {f"{arm}_elbow": gait.arm_elbow_deg}
    timeline.visit(bent, steps.start, steps.start + ease, end - ease, end)


def _beat(
    timeline: Timeline,
    steps: Steps,
    channel: str,
    times: Sequence[float],
    values: Sequence[float],
    late: float = 0.0,
) -> None:
    """Move a channel through one value per step and back to zero, `late` seconds after the end.

    The first and last values are halved.
    """
    values = (values[0] / 2, *values[1:-1], values[-1] / 2)
    keys = zip(times, values, strict=True)
    timeline.key(channel, (steps.start, 0.0), *keys, (steps.end + late, 0.0))
