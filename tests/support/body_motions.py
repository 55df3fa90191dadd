"""Motions of the bundled body, made for tests."""

import numpy as np

from motiondata.bodies.body import Body
from motiondata.bodies.bundled import bundled_body
from motiondata.bodies.posing import shape_body
from motiondata.motion_files.body_motion import BodyMotion
from motiondata.recording import Recording
from motiondata.skeletons import JOINTS


def made_motion(
    frames: int = 5, seed: int = 0, spread: float = 0.5, body: Body | None = None
) -> BodyMotion:
    """Return a motion in random poses, standing along z; `spread` is in radians."""
    random = np.random.default_rng(seed)
    pose = random.normal(0, spread, (frames, JOINTS, 3))
    pose[:, 0] += [np.pi / 2, 0, 0]
    chosen = body or bundled_body()
    betas = random.normal(0, 1, 3)
    recording = Recording(
        pose=pose,
        trans=random.normal(0, 2, (frames, 3)),
        fps=120 / 7,
        gender="female",
        betas=betas,
        source="made/motion",
        shape_space=chosen.shape_space,
        licence="free",
    )
    return BodyMotion("made", recording, shape_body(chosen, betas), ("a person moves",))
