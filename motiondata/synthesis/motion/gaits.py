"""Gaits: how each kind of act steps.

Proportions and angles are those of adult walking and running as textbooks give them (Perry,
Burnfield: Gait Analysis; Novacheck, The biomechanics of running, 1998), rounded; what no textbook
says was judged by eye.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Gait:
    """How somebody steps; times are parts of a step, lengths parts of a leg, angles degrees."""

    step_seconds: float
    swing: float = 0.8
    """How long a foot is in the air; beyond 1 both are for a while, which is running."""
    lift: float = 0.075
    """How high the sole goes."""
    knee_lift: float = 0.0
    """How much higher it goes with the knee in front, as in marching."""
    lift_heel_deg: float = 48.0
    """How far the heel is up when the foot leaves the floor with a step of a leg's length."""
    land_toe_deg: float = 18.0
    """How far the toes are up when the heel lands after such a step."""
    land_heel_deg: float = 0.0
    """How far the heel is up when the ball lands first."""
    point_deg: float = 8.0
    """How far the toes point down in the air, so that the ankle follows the shin."""
    width: float | None = 0.13
    """The distance of the tracks of both feet; none is as in standing."""
    sway: float = 0.03
    """How far the pelvis goes over the standing foot."""
    crouch: float = 0.015
    """How much lower the pelvis is kept."""
    ahead: float = 0.0
    """How far the pelvis goes before the middle of the feet."""
    slack: float = 0.008
    """How far from straight the legs are kept, the more so the quicker they are."""
    bounce: float = 0.0
    """How far the pelvis rises between steps, beyond what legs enforce."""
    lean_deg: float = 2.0
    """How far the whole body leans forward."""
    pelvis_turn_deg: float = 5.0
    """How far a hip goes ahead with its leg, as a turn of the pelvis."""
    hip_drop_deg: float = 3.0
    """How far the pelvis tilts down to the leg in the air."""
    arm_swing_deg: float = 22.0
    """How far arms swing ahead."""
    arm_elbow_deg: float = 8.0
    """How much more the elbows bend than at rest."""


GAITS = {
    "walk": Gait(step_seconds=0.53),
    "run": Gait(
        step_seconds=0.33, swing=1.3, lift=0.2, lift_heel_deg=60, land_toe_deg=6, point_deg=34,
        width=0.1, crouch=0.06, ahead=0.1, slack=0.03, bounce=0.03, lean_deg=9, pelvis_turn_deg=7,
        arm_swing_deg=34, arm_elbow_deg=68,
    ),
    "backward": Gait(
        step_seconds=0.56, lift=0.06, lift_heel_deg=14, land_toe_deg=0, land_heel_deg=16,
        width=0.2, lean_deg=1, pelvis_turn_deg=2, arm_swing_deg=9, arm_elbow_deg=4,
    ),
    "side_step": Gait(
        step_seconds=0.42, lift=0.06, lift_heel_deg=16, land_toe_deg=0, width=None, lean_deg=1,
        pelvis_turn_deg=0, arm_swing_deg=3,
    ),
    "march": Gait(
        step_seconds=0.5, lift=0.05, knee_lift=0.3, lift_heel_deg=24, land_toe_deg=6, point_deg=28,
        width=0.18, lean_deg=0, pelvis_turn_deg=2, arm_swing_deg=36, arm_elbow_deg=45,
    ),
    "turn": Gait(
        step_seconds=0.34, lift=0.05, lift_heel_deg=22, land_toe_deg=0, width=None, sway=0.02,
        lean_deg=0, pelvis_turn_deg=0, arm_swing_deg=4,
    ),
}  # fmt: skip
"""For somebody of usual habits in no hurry."""

STEP_LENGTHS = {"walk": 0.71, "run": 1.02, "backward": -0.5, "side_step": 0.42, "march": 0.42}
"""The length of a step forward as a part of a leg's."""

FIRST_STEPS = {"run": (0.6, 0.9)}
LAST_STEPS = {"run": (0.8, 0.45, 0.0)}
"""The first and last steps of a kind as parts of a full one: getting going and closing up."""
USUAL_FIRST_STEPS, USUAL_LAST_STEPS = (0.7,), (0.75, 0.0)
"""The same for all other kinds."""
