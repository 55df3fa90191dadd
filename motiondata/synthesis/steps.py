"""Steps: where each foot goes when, and what pelvis, trunk and arms do with it.

Feet lead: a gait is a route of places, one foot set down at each, and the root passes midway
between the two feet, so the same few lines walk, run, side-step, march and turn on the spot.
"""

from dataclasses import dataclass
from itertools import pairwise

from motiondata.synthesis.figure import LEFT_SIGN
from motiondata.synthesis.score import Place, Score, between

OTHER = {"left": "right", "right": "left"}


@dataclass(frozen=True)
class Gait:
    """How somebody steps; times are parts of a step, lengths parts of a leg, angles degrees."""

    step_seconds: float
    swing: float = 0.8
    """How long a foot is in the air; beyond 1 both are for a while, which is running."""
    lift: float = 0.075
    """How high the sole goes."""
    heel_deg: float = 48.0
    """How far the heel is up when the foot leaves the floor."""
    toe_deg: float = 18.0
    """How far the toes are up when the heel lands."""
    land_heel_deg: float = 0.0
    """How far the heel is up when the ball lands first."""
    width: float | None = 0.13
    """The distance of the tracks of both feet; none is as in standing."""
    sway: float = 0.03
    """How far the pelvis goes over the standing foot."""
    crouch: float = 0.015
    """How much lower the pelvis is kept."""
    bounce: float = 0.0
    """How far the pelvis rises between steps, beyond what legs enforce."""
    lean_deg: float = 2.0
    pelvis_turn_deg: float = 5.0
    hip_drop_deg: float = 3.0
    arm_swing_deg: float = 22.0
    arm_elbow_deg: float = 8.0
    """How much more the elbows bend."""
    knee_lift: float = 0.0
    """How much higher the foot is lifted with the knee in front, as in marching."""


def take_steps(score: Score, gait: Gait, first: str, route: list[Place]) -> None:
    """Write steps, the feet set down at the places of `route` in turn."""
    walk = _Walk(score, gait, first, [score.place, *route])
    walk.write_path()
    walk.write_feet()
    walk.write_trunk()
    walk.write_arms()
    score.now = walk.end


class _Walk:
    """One run of steps: its times, and what they do to each channel."""

    def __init__(self, score: Score, gait: Gait, first: str, route: list[Place]) -> None:
        self.score, self.gait, self.route = score, gait, route
        count = len(route) - 1
        step = gait.step_seconds
        self.sides = [first if k % 2 == 0 else OTHER[first] for k in range(count)]
        self.lands = [score.now + step * (k + 1) for k in range(count)]
        gentle = min(gait.swing, 0.8)
        outer = {0, count - 1}
        self.swings = [step * (gentle if k in outer else gait.swing) for k in range(count)]
        self.start, self.end = score.now, self.lands[-1] + 0.3 * step

    def write_path(self) -> None:
        """Lead the root midway between the feet."""
        self.score.pass_by(self.start + 0.05, self.route[0])
        step = self.gait.step_seconds
        for land, swing, (before, after) in zip(
            self.lands, self.swings, pairwise(self.route), strict=True
        ):
            self.score.pass_by(land + (step - swing) / 2, between(before, after))
        self.score.pass_by(self.end, self.route[-1])

    def write_feet(self) -> None:
        """Set the feet down at their places."""
        closing = len(self.route) - 3
        for k, (side, land, swing) in enumerate(
            zip(self.sides, self.lands, self.swings, strict=True)
        ):
            width = self.gait.width
            if width is not None:
                width = None if k >= closing else width * self.score.figure.leg
            to = self.score.stance(side, self.route[k + 1], width)
            self._swing_foot(side, land - swing, land, to)

    def _swing_foot(self, side: str, lift: float, land: float, to: Place) -> None:
        gait, score, swing = self.gait, self.score, land - lift
        leg, step = score.figure.leg, gait.step_seconds
        before = score.feet[side]
        length = ((to.x - before.x) ** 2 + (to.y - before.y) ** 2) ** 0.5
        part = min(1.0, length / leg)
        score.step(side, lift, land, to)
        middle = lift + 0.45 * swing
        height = gait.lift * leg + gait.knee_lift * leg
        score.key(f"{side}_lift", (lift, 0.0), (middle, height), (land, 0.0))
        score.key(f"{side}_forward", (lift, 0.0), (middle, 0.35 * gait.knee_lift * leg), (land, 0.0))
        heel = gait.heel_deg * (0.25 + 0.75 * part)
        score.key(
            f"{side}_heel",
            (lift - 0.55 * step, 0.0), (lift + 0.1 * swing, heel), (lift + 0.75 * swing, 0.0),
        )  # fmt: skip
        score.key(
            f"{side}_toe",
            (lift + 0.45 * swing, 0.0), (land, gait.toe_deg * part), (land + 0.25 * step, 0.0),
        )  # fmt: skip
        if gait.land_heel_deg:
            score.key(
                f"{side}_heel",
                (lift + 0.6 * swing, 0.0), (land, gait.land_heel_deg), (land + 0.4 * step, 0.0),
            )  # fmt: skip
        if gait.knee_lift:
            score.key(f"{side}_point", (lift, 0.0), (middle, 25.0), (land, 0.0))

    def write_trunk(self) -> None:
        """Sway over the standing foot, and turn against the legs."""
        gait, score, leg = self.gait, self.score, self.score.figure.leg
        away = [-LEFT_SIGN[side] for side in self.sides]
        middles = [land - swing / 2 for land, swing in zip(self.lands, self.swings, strict=True)]
        self._beat("leftward", middles, [gait.sway * leg * sign for sign in away])
        self._beat("pelvis_tilt", middles, [gait.hip_drop_deg * sign for sign in away])
        self._beat("spine_tilt", middles, [-gait.hip_drop_deg * sign for sign in away])
        self._beat("pelvis_turn", self.lands, [gait.pelvis_turn_deg * sign for sign in away])
        self._beat("spine_turn", self.lands, [-1.8 * gait.pelvis_turn_deg * sign for sign in away])
        ease = gait.step_seconds
        score.hold("pelvis_bend", gait.lean_deg, self.start, self.end, ease)
        score.hold("up", -gait.crouch * leg, self.start, self.end, ease)
        if gait.bounce:
            self._bounce()

    def _bounce(self) -> None:
        """Rise while both feet are in the air, sink over the standing one."""
        keys = [(self.start, 0.0)]
        high = self.gait.bounce * self.score.figure.leg
        for k in range(1, len(self.lands) - 1):
            in_air = self.lands[k] - (self.swings[k] - self.gait.step_seconds) / 2
            keys += [(in_air, high), (in_air + self.gait.step_seconds / 2, -high)]
        self.score.key("up", *keys, (self.end, 0.0))

    def write_arms(self) -> None:
        """Swing each arm with the other side's leg."""
        gait, score = self.gait, self.score
        swing = gait.arm_swing_deg * score.style.arm_swing
        for arm in ("left", "right"):
            if arm in score.busy_arms:
                continue
            ahead = [1.0 if side != arm else -0.75 for side in self.sides]
            self._beat(f"{arm}_swing", self.lands, [swing * part for part in ahead])
            self._beat(f"{arm}_elbow", self.lands, [0.4 * swing * part for part in ahead])
            ease = 1.2 * gait.step_seconds
            score.hold(f"{arm}_elbow", gait.arm_elbow_deg, self.start, self.end, ease)

    def _beat(self, channel: str, times: list[float], values: list[float]) -> None:
        """Take a channel through one value a step, from nought and back, the ends at half."""
        values = [values[0] / 2, *values[1:-1], values[-1] / 2]
        keys = list(zip(times, values, strict=True))
        self.score.key(channel, (self.start, 0.0), *keys, (self.end, 0.0))
