"""The option of the frame rate of clips: a number, or HumanML3D's stride rule."""

import math

from motiondata.errors import InputError

REFERENCE = "reference"
"""The frame rate that HumanML3D's stride rule gives, about 20 Hz."""
MAX_FPS = 1000.0
"""Above this, Hz, a number is not a frame rate of motion capture."""
INDEX_FPS = 20.0
"""The frame rate of the frames that an index counts, Hz."""


def rate_of(fps: str) -> float | None:
    """Return the frame rate of an option in Hz; None for HumanML3D's stride rule.

    Raises `InputError` if it is neither.
    """
    if fps == REFERENCE:
        return None
    try:
        rate = float(fps)
    except ValueError:
        rate = math.nan
    if not 0 < rate <= MAX_FPS:
        raise InputError(
            f"fps: expected {REFERENCE}, or a number of frames per second up to {MAX_FPS:g}, "
            f"found {fps}"
        )
    return rate


def frames_per_index_frame(rate: float | None) -> float:
    """Return the number of frames at a rate, Hz, during one of the index; None: one."""
    return (rate or INDEX_FPS) / INDEX_FPS
