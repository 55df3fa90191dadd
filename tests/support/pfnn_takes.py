"""Takes of the phase-functioned network: synthetic walks, with the footfalls that made them."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from motiondata.bodies.bundled import bundled_body
from motiondata.bodies.posing import ShapedBody, shape_body
from motiondata.representations.pfnn.layout import FPS
from motiondata.representations.pfnn.smpl_takes import pose_take
from motiondata.representations.pfnn.take import Take
from motiondata.synthesis.acts import Act
from motiondata.synthesis.corpus.subjects import make_subject
from motiondata.synthesis.motion.locomotion import go
from motiondata.synthesis.motion.timeline import CHANNELS, Timeline
from motiondata.synthesis.motion.timeline_to_motion import Motion, timeline_to_motion

STILL_SECONDS = 1.2
"""Time of standing before and after the steps: a window needs a second on each side."""


@dataclass(frozen=True)
class MadeTake:
    """A take, and when its feet land."""

    take: Take
    lands: dict[str, list[float]]
    """The times at which the left and the right foot land, seconds."""


@lru_cache(maxsize=16)
def made_take(
    kind: str = "walk", pace: str = "", count: int = 10, turn_deg: int = 0, subject: int = 0
) -> MadeTake:
    """Return a take of steps at 60 Hz by one of the synthetic subjects."""
    motion, shaped, lands = make_steps(kind, pace, count, turn_deg, subject)
    return MadeTake(pose_take(shaped, motion.pose, motion.trans), lands)


def make_steps(
    kind: str, pace: str, count: int, turn_deg: int, subject: int, fps: float = FPS
) -> tuple[Motion, ShapedBody, dict[str, list[float]]]:
    """Return the motion of steps, the body that makes them, and when its feet land, seconds."""
    person = make_subject(0, subject)
    timeline = Timeline(person.skeleton, person.style, np.random.default_rng(subject))
    timeline.now = STILL_SECONDS
    go(timeline, Act(kind, "right", "forward", count, pace, turn_deg=turn_deg))
    motion = timeline_to_motion(timeline, timeline.now + STILL_SECONDS, fps)
    return motion, shape_body(bundled_body(), person.betas), _lands(timeline)


def _lands(timeline: Timeline) -> dict[str, list[float]]:
    """Return the ends of the curves that lift a foot: it lands there."""
    return {
        side: [
            float(keys[-1, 0])
            for channel, keys in timeline.curves
            if channel == CHANNELS.index(f"{side}_lift")
        ]
        for side in ("left", "right")
    }
