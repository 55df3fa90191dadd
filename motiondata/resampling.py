"""Resample a motion by time: rotations by slerp, translations linearly or by cubic curves.

Where the rate falls by a lot, the motion is filtered first, because fast movements would otherwise
appear as slow ones. Bits do not depend on the processor. Sources: Shoemake, "Animating rotation
with quaternion curves" (1985); Catmull and Rom, "A class of local interpolating splines" (1974).
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from motiondata.counting import counted
from motiondata.errors import InputError
from motiondata.inverse_trigonometry import arc_tangents
from motiondata.trigonometry import sines_and_cosines

Floats = NDArray[np.float64]

FILTER_RATIO = 3.0
"""A motion is filtered if there are more source frames than this in an interval of the target."""
SAME_FRAME = 1e-6
"""A time this close to a frame, in frames, is the time of the frame."""
NEAR_ZERO = 1e-9
"""Half angles below this value, radians, are interpolated linearly."""
METHODS = ("linear", "cubic")


@dataclass(frozen=True)
class Span:
    """A part of a recording, in seconds from its first frame."""

    start: float
    end: float
    """The end of the last frame of the part: a frame lasts until the next one."""

    @property
    def seconds(self) -> float:
        """The duration."""
        return self.end - self.start


@dataclass(frozen=True)
class Resampling:
    """The places of the target's frames in a recording."""

    places: Floats
    """In source frames, in order, shaped (frames,)."""
    ratio: float
    """Source frames per target frame."""

    @property
    def is_filtered(self) -> bool:
        """Whether the rate falls by so much that the motion is filtered."""
        return self.ratio > FILTER_RATIO


def resampling(span: Span, source_fps: float, frames: int, fps: float) -> Resampling:
    """Return the places of frames at `fps`, Hz, from the start of a part of a recording.

    The recording has `frames` frames at `source_fps`. The duration of the result is that of the
    part within half a frame, unless the recording ends earlier. A part of at least half a frame has
    at least one frame. Raises `InputError` for a rate that is not positive and for a part that does
    not begin in the recording.
    """
    if not fps > 0:
        raise InputError(f"the frame rate is {fps:g}; expected a positive number, Hz")
    first = span.start * source_fps
    if not 0 <= first <= frames - 1 + SAME_FRAME:
        raise InputError(
            f"the part begins at {span.start:g} s; expected a time in the recording, which has "
            f"{counted(frames, 'frame')} at {source_fps:g} fps"
        )
    count = max(1, int(np.floor(span.seconds * fps + 0.5)))
    places: Floats = np.asarray(first + np.arange(count) * (source_fps / fps), np.float64)
    nearest = np.rint(places)
    places[:] = np.where(np.abs(places - nearest) < SAME_FRAME, nearest, places)
    return Resampling(places[places <= frames - 1], source_fps / fps)


def resample_rotations(rotvecs: Floats, plan: Resampling) -> Floats:
    """Return axis-angle rotations (frames, ..., 3), radians, at the places of a plan.

    Where all places are those of frames and nothing is filtered, the rotations are copies.
    Otherwise their angles are at most pi.
    """
    whole = plan.places.astype(np.intp)
    if not plan.is_filtered and (whole == plan.places).all():
        return rotvecs[whole]
    quaternions = _continuous(_rotvec_to_quaternion(rotvecs))
    if plan.is_filtered:
        quaternions = _unit(_filtered(quaternions, plan.ratio))
    before, after, share = _neighbors(plan.places, len(rotvecs))
    return _quaternion_to_rotvec(_slerp(quaternions[before], quaternions[after], share))


def resample_points(points: Floats, plan: Resampling, method: str = "linear") -> Floats:
    """Return points (frames, ..., 3) at the places of a plan; `method` is linear or cubic."""
    if method not in METHODS:
        raise InputError(f"the method is {method!r}; expected one of {', '.join(METHODS)}")
    if plan.is_filtered:
        points = _filtered(points, plan.ratio)
    before, after, share = _neighbors(plan.places, len(points))
    weight = _column(share, points.ndim)
    if method == "cubic":
        return _catmull_rom(points, before, after, weight)
    between: Floats = points[before] + weight * (points[after] - points[before])
    return between


def _neighbors(places: Floats, frames: int) -> tuple[NDArray[np.intp], NDArray[np.intp], Floats]:
    """Return the frames before and after each place, and the share of the latter."""
    before = np.floor(places).astype(np.intp)
    return before, np.minimum(before + 1, frames - 1), places - before


def _catmull_rom(
    points: Floats, before: NDArray[np.intp], after: NDArray[np.intp], share: Floats
) -> Floats:
    """Return points on cubic curves with the slopes of central differences; ends are linear."""
    last = len(points) - 1
    start, end = points[before], points[after]
    outer_start = np.where(_column(before > 0, points.ndim), points[before - 1], 2 * start - end)
    beyond = points[np.minimum(after + 1, last)]
    outer_end = np.where(_column(after < last, points.ndim), beyond, 2 * end - start)
    leaving, arriving = (end - outer_start) / 2, (outer_end - start) / 2
    bend = 2 * (start - end) + leaving + arriving
    curve = 3 * (end - start) - 2 * leaving - arriving
    result: Floats = start + share * (leaving + share * (curve + share * bend))
    return result


def _filtered(values: Floats, ratio: float) -> Floats:
    """Return values (frames, ...) filtered by a Hann window two target intervals long.

    Its amplitude is half at half the target rate. Near the ends, the window is shorter, but
    symmetric, so that motion at constant speed does not change.
    """
    frames = len(values)
    to_end = np.minimum(np.arange(frames), np.arange(frames)[::-1])
    half = np.minimum(float(ratio), to_end + 1.0)  # where the window is zero, in frames
    total, weights = values.copy(), np.ones(frames)
    for offset in range(1, int(np.ceil(ratio))):
        inside = np.flatnonzero(offset < half)
        _, cosines = sines_and_cosines(np.pi * offset / half[inside])
        weight = 0.5 + 0.5 * cosines
        both = values[inside - offset] + values[inside + offset]
        total[inside] += _column(weight, values.ndim) * both
        weights[inside] += 2 * weight
    result: Floats = total / _column(weights, values.ndim)
    return result


def _slerp(start: Floats, end: Floats, share: Floats) -> Floats:
    """Return quaternions on the shortest ways between others, at constant speed."""
    cosine = _dot(start, end)
    end = np.where(cosine < 0, -end, end)
    sine = np.sqrt(_dot(end - start, end - start) * _dot(end + start, end + start)) / 2
    angle = arc_tangents(sine, np.abs(cosine))
    share = _column(share, start.ndim)
    near = angle < NEAR_ZERO
    sines = [sines_and_cosines(part * angle)[0] for part in (1 - share, share)]
    scale = np.where(near, 1.0, sine)
    first, second = (
        np.where(near, part, part_sine / scale)
        for part, part_sine in zip((1 - share, share), sines, strict=True)
    )
    return _unit(first * start + second * end)


def _continuous(quaternions: Floats) -> Floats:
    """Return the same rotations with signs chosen so that neighbors are near each other."""
    turned = np.where(_dot(quaternions[1:], quaternions[:-1]) < 0, -1.0, 1.0)
    signs = np.cumprod(np.concatenate([np.ones_like(quaternions[:1, ..., :1]), turned]), axis=0)
    continuous: Floats = quaternions * signs
    return continuous


def _rotvec_to_quaternion(rotvecs: Floats) -> Floats:
    angle = np.sqrt(_dot(rotvecs, rotvecs))
    sines, cosines = sines_and_cosines(angle / 2)
    scale = np.where(angle < NEAR_ZERO, 0.5, sines / np.where(angle == 0, 1.0, angle))
    return np.concatenate([cosines, scale * rotvecs], axis=-1)


def _quaternion_to_rotvec(quaternions: Floats) -> Floats:
    upper = np.where(quaternions[..., :1] < 0, -quaternions, quaternions)
    axis = upper[..., 1:]
    sine = np.sqrt(_dot(axis, axis))
    angle = 2 * arc_tangents(sine, upper[..., :1])
    scale = np.where(sine < NEAR_ZERO, 2.0, angle / np.where(sine == 0, 1.0, sine))
    rotvecs: Floats = scale * axis
    return rotvecs


def _unit(quaternions: Floats) -> Floats:
    unit: Floats = quaternions / np.sqrt(_dot(quaternions, quaternions))
    return unit


def _dot(a: Floats, b: Floats) -> Floats:
    """Return the products of vectors along the last axis, which is kept, summed in order."""
    products = a * b
    total: Floats = products[..., :1]
    for place in range(1, a.shape[-1]):
        total = total + products[..., place : place + 1]
    return total


def _column(values: NDArray[Any], dimensions: int) -> NDArray[Any]:
    """Return values (frames,) with further axes of length 1."""
    return values.reshape(-1, *(1,) * (dimensions - 1))
