"""Raise the frame rate of recordings that are too slow for clips."""

import math
from dataclasses import replace

from motiondata.recording import Recording
from motiondata.resampling import Span, resample_points, resample_rotations, resampling
from motiondata.sources.humanml3d.trimming import INDEX_FPS

LEAST_FPS = 10.0
"""The lowest rate that is raised, Hz. Steps and turns are lost at lower ones: that of KIT-ML is
12.5."""


def reach_clip_rate(recording: Recording) -> tuple[Recording, tuple[str, ...]]:
    """Return a recording of at least 20 fps, and a sentence on what was done.

    A slower one gets the least multiple of its rate, so that its own frames are kept; those between
    are interpolated. One below `LEAST_FPS` is returned as it is.
    """
    if recording.fps >= INDEX_FPS or recording.fps < LEAST_FPS:
        return recording, ()
    fps = recording.fps * math.ceil(INDEX_FPS / recording.fps)
    span = Span(0.0, recording.frames / recording.fps)
    plan = resampling(span, recording.fps, recording.frames, fps)
    faster = replace(
        recording,
        pose=resample_rotations(recording.pose, plan),
        trans=resample_points(recording.trans, plan),
        fps=fps,
    )
    return faster, (f"{recording.fps:g} frames a second were interpolated to {fps:g}",)
