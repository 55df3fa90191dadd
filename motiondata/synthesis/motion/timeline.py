"""The timeline of a motion: curves of all body channels over time, before frames are sampled.

The curves of a channel are summed. Each act adds its curves and returns every channel to its
previous value, so acts follow each other smoothly and a gesture can be combined with steps.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from math import cos, sin

import numpy as np
from numpy.typing import NDArray

from motiondata.synthesis.acts import PACES, SIDES
from motiondata.synthesis.motion.curves import smooth_line, sum_curves
from motiondata.synthesis.motion.rest_skeleton import LEFT_SIGN, RestSkeleton
from motiondata.synthesis.motion.style import Style

Floats = NDArray[np.float64]
Key = tuple[float, ...]
"""Time in seconds and value, optionally followed by speed and acceleration.

In `Timeline.path`: time, x, y and yaw.
"""

TRUNK_CHANNELS = {
    "forward": "meters: the pelvis before its path",
    "leftward": "meters: the pelvis to the left of its path",
    "up": "meters: the pelvis over its height in standing",
    "slack": "parts of a leg: how far from straight the legs are kept",
    **{
        f"{part}_{motion}": f"degrees: {how}"
        for part in ("pelvis", "spine", "head")
        for motion, how in (("bend", "forward"), ("turn", "to the left"), ("tilt", "to the right"))
    },
}

ARM_CHANNELS = {
    "raise": "degrees: the arm to its side, 0 hangs, 90 is level",
    "swing": "degrees: the arm forward, about the shoulders' line",
    "twist": "degrees: the arm about itself, outward",
    "elbow": "degrees: bend",
    "wrist": "degrees: the hand up",
}

FOOT_CHANNELS = {
    "x": "meters: the ankle's place in the world",
    "y": "meters: the ankle's place in the world",
    "yaw": "radians: the foot's heading in the world",
    "forward": "meters: the ankle before that place",
    "lift": "meters: the foot over the floor",
    "heel": "degrees: the heel up, about the ball",
    "toe": "degrees: the toes up, about the heel",
    "point": "degrees: the toes down, about the ankle",
}

CHANNELS = (
    *TRUNK_CHANNELS,
    *(f"{side}_{name}" for side in SIDES for name in (*ARM_CHANNELS, *FOOT_CHANNELS)),
)
"""Names of all channels of a timeline; the tables above give their units and directions."""

_ROW = {channel: row for row, channel in enumerate(CHANNELS)}

STANCE_BACK_METERS = 0.03
"""Distance of the ankles behind the root in standing; the weight is over the middle of the feet."""

CLEAR_OF_FLOOR = 0.08
"""Fraction of the swing phase, at its start and end, in which a foot moves only vertically."""

LANDING_BRAKE = 6.0
"""Deceleration of a foot when it stops, in units of its travel over travel time squared.

A foot that slowed down gradually would be stretched out in front, waiting for the body.
"""

PATH_SMOOTHING_SECONDS = 0.45
"""Time over which the root's path is smoothed: about one step, to avoid a jerk at each step."""


@dataclass(frozen=True)
class GroundPose:
    """Position and heading on the ground: world frame, meters, radians, yaw positive to the left.

    At yaw 0, the person faces -y and the left is +x, as in SMPL's rest pose after the rotation to
    z up that AMASS uses.
    """

    x: float = 0.0
    y: float = 0.0
    yaw: float = 0.0

    def moved(self, forward: float = 0.0, leftward: float = 0.0, turn: float = 0.0) -> "GroundPose":
        """Return the pose moved forward and to the left, meters, then turned left, radians."""
        ahead, left = (sin(self.yaw), -cos(self.yaw)), (cos(self.yaw), sin(self.yaw))
        x = self.x + forward * ahead[0] + leftward * left[0]
        y = self.y + forward * ahead[1] + leftward * left[1]
        return GroundPose(x, y, self.yaw + turn)


def between(first: GroundPose, second: GroundPose) -> GroundPose:
    """Return the mean of two ground poses."""
    return GroundPose(
        (first.x + second.x) / 2, (first.y + second.y) / 2, (first.yaw + second.yaw) / 2
    )


@dataclass
class Timeline:
    """A motion in preparation; `now` is the time, seconds, when the next act begins."""

    skeleton: RestSkeleton
    style: Style
    rng: np.random.Generator
    place: GroundPose = field(default_factory=GroundPose)
    now: float = 0.0
    curves: list[tuple[int, Floats]] = field(default_factory=list)
    path: list[Key] = field(default_factory=list)
    feet: dict[str, GroundPose] = field(default_factory=dict)
    busy_arms: frozenset[str] = frozenset()
    """Arms that a simultaneous gesture moves; steps do not swing them."""

    def __post_init__(self) -> None:
        for side in SIDES:
            self.feet[side] = start = self.stance(side, self.place)
            for name in ("x", "y", "yaw"):
                self.key(f"{side}_{name}", (0.0, getattr(start, name)))
            self.key(f"{side}_raise", (0.0, self.style.arm_raise_deg))
            self.key(f"{side}_elbow", (0.0, self.style.elbow_deg))
        self.key("spine_bend", (0.0, self.style.lean_deg))
        self.pass_by(0.0, self.place)

    def key(self, channel: str, *keys: Key) -> None:
        """Add a curve through `keys` to a channel; omitted speeds and accelerations are zero."""
        rows = np.array([(*key, 0.0, 0.0)[:4] for key in keys])
        self.curves.append((_ROW[channel], rows))

    def visit(
        self, values: Mapping[str, float], start: float, reach: float, leave: float, end: float
    ) -> None:
        """Move channels to values, hold them from `reach` to `leave`, and move back by `end`."""
        for channel, value in values.items():
            self.key(channel, (start, 0.0), (reach, value), (leave, value), (end, 0.0))

    def pass_by(self, time: float, place: GroundPose) -> None:
        """Add a knot to the root's path; times must increase."""
        self.path.append((time, place.x, place.y, place.yaw))
        self.place = place

    def stance(self, side: str, place: GroundPose, width: float | None = None) -> GroundPose:
        """Return the standing pose of one ankle when the root is at `place`; `width` in meters."""
        half = (self.style.stance_width if width is None else width) / 2 * LEFT_SIGN[side]
        toe_out = LEFT_SIGN[side] * self.style.toe_out
        return place.moved(-STANCE_BACK_METERS, half, toe_out)

    def step(self, side: str, lift: float, land: float, to: GroundPose) -> None:
        """Move a foot from its current place to another between the times `lift` and `land`.

        The horizontal movement starts shortly after the lift and ends shortly before the landing,
        so that the foot never slides along the floor.
        """
        before, clear = self.feet[side], CLEAR_OF_FLOOR * (land - lift)
        start, end = lift + clear, land - clear
        for name in ("x", "y", "yaw"):
            way = getattr(to, name) - getattr(before, name)
            braking = -LANDING_BRAKE * way / (end - start) ** 2
            self.key(f"{side}_{name}", (start, 0.0), (end, way, 0.0, braking))
        self.feet[side] = to

    def tempo(self, pace: str) -> float:
        """Return the speed factor of the subject at a pace."""
        return PACES[pace] * self.style.tempo

    def vary(self, value: float, part: float) -> float:
        """Return `value` changed by a random relative amount of at most `part`."""
        return value * float(self.rng.uniform(1.0 - part, 1.0 + part))

    def sample(self, times: Floats) -> dict[str, Floats]:
        """Return the values of every channel at increasing `times`, each shaped (frames,)."""
        values = sum_curves(self.curves, len(CHANNELS), times)
        return dict(zip(CHANNELS, values, strict=True))

    def sample_path(self, times: Floats) -> Floats:
        """Return the root's x, y and yaw at `times`, shaped (frames, 3)."""
        knots = np.array(self.path)
        return smooth_line(times, knots, PATH_SMOOTHING_SECONDS)
