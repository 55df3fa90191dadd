"""Poses without heading and place, so that equal postures have equal numbers.

z is up and the person faces -y, so that +x is to the left, as in AMASS's world for a body whose
root is turned upright only. The heading is the rotation about the vertical axis that is part of the
root's rotation (the twist of the swing-twist decomposition), which a mirrored pose has negated.
"""

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from motiondata.bodies.posing import ShapedBody, pose_joints
from motiondata.inverse_trigonometry import arc_tangents
from motiondata.rotations import rotvec_to_quaternion, rotvec_to_rotmat
from motiondata.skeletons import JOINT, JOINTS

Floats = NDArray[np.float64]

HALF_LIMB_METERS = 0.05
"""About how far the skin is from a joint: half of the thickness of a limb."""
FEET = tuple(f"{side}_{part}" for side in ("left", "right") for part in ("ankle", "foot"))
"""The joints that are higher above the sole, by which the body at rest stands."""
LEAST_TWIST = 1e-12
"""A body that is upside down has no heading by its twist; then its heading counts as 0."""


@dataclass(frozen=True, eq=False)
class Postures:
    """Poses of one body without heading, on the floor; the pelvis is above the origin."""

    pose: NDArray[np.float32]
    """Axis-angle rotations of SMPL's 22 joints, shaped (poses, 22, 3), radians."""
    trans: NDArray[np.float32]
    """AMASS's `trans`, shaped (poses, 3), meters."""
    joints: NDArray[np.float32]
    """The posed joints, shaped (poses, 22, 3), meters."""

    @classmethod
    def of(cls, shaped: ShapedBody, pose: Floats) -> Self:
        """Pose a body on the floor by rotations without heading, shaped (poses, 22, 3).

        Everything is rounded as it is stored before it is used, so that what is computed from
        stored values is what was computed here.
        """
        rounded = pose.astype(np.float32)
        exact = rounded.astype(np.float64)
        trans = np.zeros((len(pose), 3))
        trans[:, :2] = -shaped.joints[0, :2]
        lowest = pose_joints(shaped, exact, trans)[..., 2] - _thickness(shaped)
        trans[:, 2] = -lowest.min(axis=1)
        place = trans.astype(np.float32)
        joints = pose_joints(shaped, exact, place.astype(np.float64))
        return cls(rounded, place, joints.astype(np.float32))

    def __len__(self) -> int:
        return len(self.pose)

    def take(self, places: NDArray[np.int64]) -> "Postures":
        """Return the poses with the given numbers."""
        return Postures(self.pose[places], self.trans[places], self.joints[places])

    @property
    def rotations(self) -> Floats:
        """The rotations of the joints relative to their parents, shaped (poses, 22, 3, 3)."""
        return rotvec_to_rotmat(self.pose.astype(np.float64))


def _thickness(shaped: ShapedBody) -> Floats:
    """Return how high each joint is above a floor that its part touches, shaped (22,), meters."""
    thickness = np.full(JOINTS, HALF_LIMB_METERS)
    feet = [JOINT[name] for name in FEET]
    thickness[feet] = shaped.joints[feet, 1] - shaped.vertices[:, 1].min()
    return thickness


@dataclass(frozen=True)
class Headings:
    """The headings of poses: rotations about the vertical axis."""

    half_cosine: Floats
    """The cosine of half of the angle, shaped (poses,)."""
    half_sine: Floats

    @classmethod
    def of(cls, root: Floats) -> Self:
        """Find the headings of root rotations, axis-angle, (poses, 3), in AMASS's world.

        The twist is that of the rotation from the upright body, whose root turns SMPL's y axis up.
        """
        x, y, z, w = np.moveaxis(rotvec_to_quaternion(root), -1, 0)
        cosine, sine = w + x, y + z
        length = np.sqrt(cosine * cosine + sine * sine)
        has_heading = length > LEAST_TWIST
        safe = np.where(has_heading, length, 1.0)
        return cls(
            np.where(has_heading, cosine / safe, 1.0), np.where(has_heading, sine / safe, 0.0)
        )

    @property
    def angles(self) -> Floats:
        """The angles, counterclockwise from above, radians, from -pi to pi, shaped (poses,)."""
        cosine, sine = self._turn()
        return arc_tangents(sine, cosine)

    def remove_from_points(self, points: Floats) -> Floats:
        """Turn points (poses, points, 3) back, about the vertical axis through the origin."""
        cosine, sine = (each[:, None] for each in self._turn())
        x, y, z = np.moveaxis(points, -1, 0)
        return np.stack([cosine * x + sine * y, cosine * y - sine * x, z], axis=-1)

    def remove_from_roots(self, root: Floats) -> Floats:
        """Return root rotations, axis-angle (poses, 3), that are turned back."""
        x, y, z, w = np.moveaxis(rotvec_to_quaternion(root), -1, 0)
        c, s = self.half_cosine, self.half_sine
        turned = np.stack([c * x + s * y, c * y - s * x, c * z - s * w], axis=-1)
        return _quaternion_to_rotvec(turned, c * w + s * z)

    def _turn(self) -> tuple[Floats, Floats]:
        c, s = self.half_cosine, self.half_sine
        return c * c - s * s, 2 * c * s


def _quaternion_to_rotvec(vector: Floats, scalar: Floats) -> Floats:
    """Return axis-angle vectors with angles up to pi, with identical bits on every CPU."""
    sign = np.where(scalar < 0, -1.0, 1.0)
    x, y, z = np.moveaxis(vector, -1, 0)
    half_sine = np.sqrt(x * x + y * y + z * z)
    angle = 2.0 * arc_tangents(half_sine, np.abs(scalar))
    small = half_sine < LEAST_TWIST
    scale = np.where(small, 2.0, angle / np.where(small, 1.0, half_sine)) * sign
    rotvecs: Floats = vector * scale[..., None]
    return rotvecs
