"""How a person moves whatever they do.

Ranges are ours, from what one sees in the street; they make subjects differ by more than shape.
"""

from dataclasses import dataclass
from math import radians

import numpy as np


@dataclass(frozen=True)
class Style:
    """Habits of one subject."""

    tempo: float = 1.0
    """How quickly they do things, as a factor."""
    stance_width: float = 0.18
    """The distance of the ankles in standing, metres."""
    toe_out: float = radians(6.0)
    """The angle that each foot points outward in standing, radians."""
    arm_swing: float = 1.0
    """How far the arms swing in walking, as a factor."""
    arm_raise_deg: float = 12.0
    """How far the arms hang from the body."""
    elbow_deg: float = 18.0
    """How much the elbows bend at rest."""
    lean_deg: float = 2.0
    """How far the trunk leans forward."""
    sway: float = 1.0
    """How much they sway at rest, as a factor."""


def draw_style(rng: np.random.Generator, hip_width: float) -> Style:
    """Return a style drawn for somebody whose hips are `hip_width` metres apart."""
    return Style(
        tempo=float(rng.uniform(0.92, 1.1)),
        stance_width=float(hip_width * rng.uniform(1.1, 1.6)),
        toe_out=radians(float(rng.uniform(2.0, 10.0))),
        arm_swing=float(rng.uniform(0.7, 1.3)),
        arm_raise_deg=float(rng.uniform(9.0, 15.0)),
        elbow_deg=float(rng.uniform(10.0, 24.0)),
        lean_deg=float(rng.uniform(-0.5, 4.0)),
        sway=float(rng.uniform(0.6, 1.4)),
    )
