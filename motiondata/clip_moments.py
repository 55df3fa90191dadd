"""The motion of a clip at other times than those of its frames: within a turn of a sensor.

Poses are interpolated between the recording's own frames, whose rate is that of motion capture, and
not between those of the clip: rotations by slerp, translations linearly.
"""

import math
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from motiondata.clip import Clip
from motiondata.inverse_trigonometry import arc_tangent
from motiondata.jit import kernel, step
from motiondata.recording import Recording
from motiondata.trigonometry import sine

NEAR_ZERO = 1e-9
"""Half angles below this value, radians, have no axis."""

SMALL = 0.05
"""Quaternions at a smaller angle, radians, are interpolated linearly: rotations are then off by
less than 0.016 x 2 x `SMALL`^3, 4e-6 radians."""


def clip_at(clip: Clip, seconds: NDArray[np.float64]) -> Clip:
    """Return a clip, as cut from its recording, with each frame moved in time.

    `seconds`, shaped (frames,), is how much later than the clip's frame each pose is. At the ends
    of the recording, the pose is that of its first or last frame. Frames of the recording that are
    not finite are skipped. A clip that was mirrored or changed otherwise is not supported.
    """
    recording = clip.recording
    places = np.clip(clip.places + seconds * recording.fps, 0, recording.frames - 1)
    first, last = (
        min(clip.first_frame, int(places.min())),
        max(clip.last_frame, int(np.ceil(places.max()))),
    )
    known = _finite_frames(recording, first, last)
    after = np.minimum(np.searchsorted(known, places), len(known) - 1)
    earlier, later = known[np.maximum(after - 1, 0)], known[after]
    share = np.clip((places - earlier) / np.maximum(later - earlier, 1), 0.0, 1.0)
    trans = recording.trans[earlier]
    trans = trans + share[:, None] * (recording.trans[later] - trans)
    pose = np.empty((clip.frames, *recording.pose.shape[1:]))
    _interpolate(recording.pose, earlier, later, share, pose)
    return replace(clip, pose=pose, trans=trans)


def _finite_frames(recording: Recording, first: int, last: int) -> NDArray[np.intp]:
    """Return the numbers of the finite frames from `first` to `last`."""
    part = slice(first, last + 1)
    finite = np.isfinite(recording.pose[part]).all(axis=(1, 2))
    finite &= np.isfinite(recording.trans[part]).all(axis=1)
    return first + np.flatnonzero(finite)


@kernel
def _interpolate(pose: Any, earlier: Any, later: Any, share: Any, found: Any) -> None:
    """Write the rotations at shares of the ways between frames, by slerp (Shoemake 1985)."""
    for frame in range(len(found)):
        for joint in range(found.shape[1]):
            first = _quaternion(pose[earlier[frame], joint])
            last = _quaternion(pose[later[frame], joint])
            x, y, z = _rotvec(_slerp(first, last, share[frame]))
            found[frame, joint, 0], found[frame, joint, 1], found[frame, joint, 2] = x, y, z


@step
def _quaternion(rotvec: Any) -> tuple[float, float, float, float]:
    x, y, z = rotvec[0], rotvec[1], rotvec[2]
    angle = math.sqrt(x * x + y * y + z * z)
    scale = 0.5 if angle < NEAR_ZERO else sine(angle / 2) / angle
    return sine(angle / 2 + math.pi / 2), scale * x, scale * y, scale * z


@step
def _slerp(
    start: tuple[float, float, float, float], end: tuple[float, float, float, float], share: float
) -> tuple[float, float, float, float]:
    """Return a multiple of the quaternion on the shortest way between others."""
    w, x, y, z = end
    cosine = start[0] * w + start[1] * x + start[2] * y + start[3] * z
    if cosine < 0:
        cosine, w, x, y, z = -cosine, -w, -x, -y, -z
    first, last = 1 - share, share
    square = (start[0] - w) ** 2 + (start[1] - x) ** 2 + (start[2] - y) ** 2 + (start[3] - z) ** 2
    if square > SMALL * SMALL:
        angle = arc_tangent(math.sqrt(square * max(0.0, 4.0 - square)) / 2, cosine)
        first, last = sine((1 - share) * angle), sine(share * angle)
    return (
        first * start[0] + last * w, first * start[1] + last * x,
        first * start[2] + last * y, first * start[3] + last * z,
    )  # fmt: skip


@step
def _rotvec(quaternion: tuple[float, float, float, float]) -> tuple[float, float, float]:
    w, x, y, z = quaternion
    if w < 0:
        w, x, y, z = -w, -x, -y, -z
    length = math.sqrt(x * x + y * y + z * z)
    scale = 2.0 / w if length < NEAR_ZERO * w else 2 * arc_tangent(length, w) / length
    return scale * x, scale * y, scale * z
