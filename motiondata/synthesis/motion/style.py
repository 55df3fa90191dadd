"""Movement style of a subject, which applies to all acts.

The ranges were chosen for this project from everyday observation. They make subjects differ in more
than shape.
"""

from dataclasses import dataclass
from math import radians

import numpy as np


@dataclass(frozen=True)
class Style:
    """Movement habits of one subject."""

    tempo: float = 1.0
    """Speed factor for all acts."""
    stance_width: float = 0.18
    """Distance between the ankles in standing, meters."""
    toe_out: float = radians(6.0)
    """Outward angle of each foot in standing, radians."""
    arm_swing: float = 1.0
    """Factor for the swing of the arms during steps."""
    arm_raise_deg: float = 12.0
    """Angle between the hanging arms and the body."""
    elbow_deg: float = 18.0
    """Bend of the elbows at rest."""
    lean_deg: float = 2.0
    """Forward lean of the trunk."""
    sway: float = 1.0
    """Factor for the sway at rest."""


def draw_style(rng: np.random.Generator, hip_width: float) -> Style:
    """Sample a style for a subject whose hip joints are `hip_width` meters apart."""
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
