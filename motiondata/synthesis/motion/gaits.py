"""Gait parameters for each kind of act with steps.

Proportions and angles are rounded values for adult walking and running (Perry, Burnfield: Gait
Analysis; Novacheck: The biomechanics of running, 1998). Parameters that these sources do not give
were tuned by eye.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Gait:
    """Parameters of a gait; times are fractions of a step, lengths fractions of a leg."""

    step_seconds: float
    swing: float = 0.8
    """Duration of the swing phase; above 1, both feet are in the air for a while (running)."""
    lift: float = 0.075
    """Maximum height of the sole."""
    knee_lift: float = 0.0
    """Additional height of the foot with the knee raised in front, as in marching."""
    lift_heel_deg: float = 48.0
    """Heel-up angle at toe-off, for a foot travel of at least one leg length."""
    land_toe_deg: float = 18.0
    """Toe-up angle at heel strike, for a foot travel of at least one leg length."""
    land_heel_deg: float = 0.0
    """Heel-up angle at landing, if the ball of the foot lands first."""
    point_deg: float = 8.0
    """Toe-down angle of the foot in the air, so that the ankle follows the shin."""
    width: float | None = 0.13
    """Lateral distance between the tracks of the feet; None uses the distance in standing."""
    sway: float = 0.03
    """Lateral shift of the pelvis over the standing foot."""
    crouch: float = 0.015
    """Distance by which the pelvis is lowered."""
    ahead: float = 0.0
    """Forward offset of the pelvis from the midpoint of the feet."""
    slack: float = 0.008
    """Distance by which the legs are kept from full extension; larger for faster gaits."""
    bounce: float = 0.0
    """Rise of the pelvis between steps, in addition to the rise caused by the legs."""
    lean_deg: float = 2.0
    """Forward lean of the whole body."""
    pelvis_turn_deg: float = 5.0
    """Turn of the pelvis that moves a hip forward with its leg."""
    hip_drop_deg: float = 3.0
    """Tilt of the pelvis toward the leg in the air."""
    arm_swing_deg: float = 22.0
    """Forward swing of the arms."""
    arm_elbow_deg: float = 8.0
    """Additional bend of the elbows."""


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
    "sneak": Gait(
        step_seconds=0.66, lift=0.11, lift_heel_deg=30, land_toe_deg=0, land_heel_deg=14,
        point_deg=16, width=0.18, crouch=0.16, slack=0.03, lean_deg=20, pelvis_turn_deg=3,
        arm_swing_deg=5, arm_elbow_deg=70,
    ),
    "turn": Gait(
        step_seconds=0.34, lift=0.05, lift_heel_deg=22, land_toe_deg=0, width=None, sway=0.02,
        lean_deg=0, pelvis_turn_deg=0, arm_swing_deg=4,
    ),
}  # fmt: skip
"""Gaits by kind of act, for the default style and pace."""

STEP_LENGTHS = {"walk": 0.71, "run": 1.02, "backward": -0.5, "side_step": 0.42, "march": 0.42,
                "sneak": 0.5}  # fmt: skip
"""Step length by kind of act, as a fraction of leg length; positive is forward."""

FIRST_STEPS = {"run": (0.6, 0.9)}
LAST_STEPS = {"run": (0.8, 0.45, 0.0)}
"""First and last steps by kind of act, as fractions of a full step: starting and stopping."""
USUAL_FIRST_STEPS, USUAL_LAST_STEPS = (0.7,), (0.75, 0.0)
"""First and last steps of all other kinds."""
