"""The limits of the measures of a clip, apart from the measuring, for what only reads a dataset.

Limits are chosen so that recorded and synthetic motion exceeds them only where a person can see
why. `python -m benchmarks.motion_quality.measure` measures sound clips and clips with faults.
"""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Limit:
    """The limit above which a measure is a flag."""

    value: float
    unit: str
    reason: str
    """Why this value; docs/representations.md has the sources and the measured values."""


LIMITS: Mapping[str, Limit] = {
    "foot_skating": Limit(
        0.1, "share of the time with standing feet", "twice the highest of sound clips"
    ),
    "foot_penetration": Limit(0.06, "m", "bodies fitted to CMU's trials sink in by less"),
    "body_penetration": Limit(0.03, "m", "the skin is then 4.7 cm or more below the floor"),
    "floating": Limit(1.0, "s", "a flight of one second is a jump of 1.2 m"),
    "frame_jump": Limit(80.0, "m/s^2", "8 g, over three times the highest of sound clips"),
    "jitter": Limit(0.003, "m", "optical motion capture is off by less than 2 mm"),
    "treadmill": Limit(0.3, "m/s", "four times the highest of sound clips"),
    "t_pose": Limit(0.5, "s", "gestures of sound clips hold it for less"),
}
"""The limits by the name of their measure, which is also the name of the flag."""
