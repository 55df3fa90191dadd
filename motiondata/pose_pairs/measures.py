"""What is measured of a posture: angles, distances, places, tilts, heights, leans and turns.

Every measure is a few sums, products, square roots and arc tangents in a fixed order, so that its
bits do not depend on the processor. The quantities, the hand that extends a forearm by 0.1367 m and
the torso's point are those of PoseScript and PoseFix (Delmas et al. 2022 and 2023).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from motiondata.inverse_trigonometry import arc_tangents
from motiondata.pose_pairs.postures import Postures
from motiondata.skeletons import JOINT

Floats = NDArray[np.float64]

HAND_METERS = 0.1367
"""From the wrist to the point of the hand, along the forearm."""
TORSO = ("pelvis", "neck", "spine3")
"""The joints whose mean is the point of the torso."""
LEFT, UP, FRONT = "left", "up", "front"
AXES = {LEFT: (0, 1.0), UP: (2, 1.0), FRONT: (1, -1.0)}
"""The coordinate of each direction of the body, and its sign."""
DEGREES = 180 / np.pi


@dataclass(frozen=True)
class Measure:
    """A quantity of a posture."""

    kind: str
    """A key of `KINDS`."""
    points: tuple[str, ...]
    """The points of the body that it is measured at, or the joints whose rotations it follows."""
    axis: str = ""
    """A key of `AXES`, for kinds that have a direction."""


@dataclass(frozen=True, eq=False)
class MeasuredBody:
    """The points and rotations of postures that measures need."""

    postures: Postures

    def point(self, name: str) -> Floats:
        """Return a point of the body, shaped (poses, 3), meters."""
        return self._points[name]

    @cached_property
    def _points(self) -> dict[str, Floats]:
        joints = self.postures.joints.astype(np.float64)
        points = {name: joints[:, number] for name, number in JOINT.items()}
        for side in ("left", "right"):
            wrist, elbow = points[f"{side}_wrist"], points[f"{side}_elbow"]
            forearm = wrist - elbow
            points[f"{side}_hand"] = wrist + forearm * (HAND_METERS / length(forearm))[:, None]
        first, second, third = (points[name] for name in TORSO)
        points["torso"] = (first + second + third) / 3
        return points

    @cached_property
    def lowest(self) -> Floats:
        """The height of the lowest point of each posture, shaped (poses,)."""
        heights = np.stack([point[:, 2] for point in self._points.values()])
        lowest: Floats = heights.min(axis=0)
        return lowest

    def facing(self, joints: tuple[str, ...]) -> tuple[Floats, Floats, Floats]:
        """Return where +z of the last joint points to (left, up, front), from the first's parent.

        At rest, it points to the front.
        """
        rotations = self._rotations
        direction = np.broadcast_to(np.array([0.0, 0.0, 1.0]), (len(self.postures), 3))
        for name in reversed(joints):
            turn = rotations[:, JOINT[name]]
            x, y, z = np.moveaxis(direction, -1, 0)[..., None]
            direction = turn[..., 0] * x + turn[..., 1] * y + turn[..., 2] * z
        left, up, front = np.moveaxis(direction, -1, 0)
        return left, up, front

    @cached_property
    def _rotations(self) -> Floats:
        return self.postures.rotations


def length(vectors: Floats) -> Floats:
    """Return the lengths of vectors shaped (..., 3)."""
    x, y, z = np.moveaxis(vectors, -1, 0)
    lengths: Floats = np.sqrt(x * x + y * y + z * z)
    return lengths


def evaluate(measures: Sequence[Measure], postures: Postures) -> Floats:
    """Return the values of measures, shaped (poses, measures), in degrees and meters."""
    body = MeasuredBody(postures)
    values = np.empty((len(postures), len(measures)))
    for number, measure in enumerate(measures):
        values[:, number] = KINDS[measure.kind](body, measure)
    return values


def _angle(body: MeasuredBody, measure: Measure) -> Floats:
    """Return the angle at the second of three points: 180 degrees if they are in a line."""
    first, middle, last = (body.point(name) for name in measure.points)
    (a, b, c), (d, e, f) = (np.moveaxis(each - middle, -1, 0) for each in (first, last))
    across = np.stack([b * f - c * e, c * d - a * f, a * e - b * d], axis=-1)
    return arc_tangents(length(across), a * d + b * e + c * f) * DEGREES


def _distance(body: MeasuredBody, measure: Measure) -> Floats:
    first, second = (body.point(name) for name in measure.points)
    return length(first - second)


def _offset(body: MeasuredBody, measure: Measure) -> Floats:
    """Return how far the first point is from the second one in a direction."""
    first, second = (body.point(name) for name in measure.points)
    column, sign = AXES[measure.axis]
    offset: Floats = (first[:, column] - second[:, column]) * sign
    return offset


def _tilt(body: MeasuredBody, measure: Measure) -> Floats:
    """Return the angle between a segment and the vertical, from 0 to 90 degrees."""
    first, second = (body.point(name) for name in measure.points)
    x, y, z = np.moveaxis(second - first, -1, 0)
    return arc_tangents(np.sqrt(x * x + y * y), np.abs(z)) * DEGREES


def _height(body: MeasuredBody, measure: Measure) -> Floats:
    """Return the height of a point above the lowest point of the body."""
    (name,) = measure.points
    return body.point(name)[:, 2] - body.lowest


def _lean(body: MeasuredBody, measure: Measure) -> Floats:
    """Return by what angle a segment leans to the front or to the left."""
    first, second = (body.point(name) for name in measure.points)
    column, sign = AXES[measure.axis]
    leaning = second - first
    return arc_tangents(leaning[:, column] * sign, leaning[:, 2]) * DEGREES


def _facing(body: MeasuredBody, measure: Measure) -> Floats:
    """Return by what angle joints turn the front to the left, or up."""
    left, up, front = body.facing(measure.points)
    if measure.axis == LEFT:
        return arc_tangents(left, front) * DEGREES
    return arc_tangents(up, np.sqrt(left * left + front * front)) * DEGREES


ANGLE, DISTANCE, OFFSET, TILT, HEIGHT, LEAN, FACING = (
    "angle", "distance", "offset", "tilt", "height", "lean", "facing",
)  # fmt: skip
KINDS: dict[str, Callable[[MeasuredBody, Measure], Floats]] = {
    ANGLE: _angle,
    DISTANCE: _distance,
    OFFSET: _offset,
    TILT: _tilt,
    HEIGHT: _height,
    LEAN: _lean,
    FACING: _facing,
}
"""How each kind of measure is computed."""
