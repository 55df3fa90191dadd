"""The 272 numbers a frame of MotionStreamer and MotionMillion, and back to joints and poses.

Frame: y up, (x, z, -y) of AMASS's world. Rotations are SMPL's own, so that bodies can be posed with
them. docs/representations.md describes the columns. Equal to 1e-6 to the results of
Li-xingXiao/272-dim-Motion-Representation. The bits of features do not depend on the processor.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from motiondata.arrays import finite_array
from motiondata.errors import DropReason, RecordingError
from motiondata.inverse_trigonometry import arc_tangents
from motiondata.representations.humanml3d_recovery import yaw_matrices
from motiondata.representations.sixd import multiply, rotate, sixd_to_axes
from motiondata.rotations import rotmat_to_rotvec, rotmat_to_sixd_rows, rotvec_to_rotmat
from motiondata.skeletons import JOINTS

Floats = NDArray[np.float64]

COLUMNS = 272
ROOT_VELOCITY = slice(0, 2)
"""The displacement of the root from the previous frame, x and z, in the previous heading; meters a
frame, 0 in the first frame."""
YAW_VELOCITY = slice(2, 8)
"""The change of heading from the previous frame, 6D rows."""
POSITIONS = slice(8, 74)
"""The joints (22, 3) below and around the root, in the heading of the frame, meters."""
VELOCITIES = slice(74, 140)
"""The difference of `POSITIONS` from the previous frame, (22, 3); 0 in the first frame."""
ROTATIONS = slice(140, 272)
"""SMPL's local rotations (22, 6), 6D rows; the root's without the heading."""

_X = np.array([[1.0, 0.0, 0.0], [0.0, 0.0, 1.0], [0.0, -1.0, 0.0]])
"""Turns AMASS's world, z up, to y up."""


class Posed(NamedTuple):
    """A motion with its joints, y up, meters."""

    joints: Floats
    """Shaped (frames, 22, 3)."""
    rotations: Floats
    """SMPL's local rotations, shaped (frames, 22, 3, 3)."""

    @property
    def root_path(self) -> Floats:
        """The positions of the root, shaped (frames, 3)."""
        path: Floats = self.joints[:, 0]
        return path

    @property
    def pose(self) -> Floats:
        """The rotations as axis-angle vectors, shaped (frames, 22, 3), radians."""
        return rotmat_to_rotvec(self.rotations)


def amass_to_posed(joints: ArrayLike, pose: ArrayLike) -> Posed:
    """Turn a motion from AMASS's world, z up, to y up, facing +z in the first frame.

    `joints` are positions (frames, 22, 3), meters, of a body posed by `pose`, axis-angle vectors
    (frames, 22, 3), radians.
    """
    rotations = rotvec_to_rotmat(finite_array(pose, "pose", ("frames", JOINTS, 3)))
    rotations[:, 0] = multiply(_X, rotations[:, 0])
    positions = rotate(_X, finite_array(joints, "joints", (len(rotations), JOINTS, 3)))
    return face_z(Posed(positions, rotations))


def posed_to_amass(posed: Posed) -> Posed:
    """Turn a motion from y up to z up; the direction of its first frame does not change."""
    rotations = posed.rotations.copy()
    rotations[:, 0] = multiply(_X.T, rotations[:, 0])
    return Posed(rotate(_X.T, posed.joints), rotations)


def face_z(posed: Posed) -> Posed:
    """Turn a motion about the y axis, so that its root faces +z in the first frame."""
    turn = _headings(posed.rotations[:1, 0])[0]
    rotations = posed.rotations.copy()
    rotations[:, 0] = multiply(turn, rotations[:, 0])
    return Posed(rotate(turn, posed.joints), rotations)


def make_repr272(posed: Posed) -> NDArray[np.float32]:
    """Return the features, shaped (frames, 272), of a motion, y up.

    Neither the place of the motion nor its direction changes them: the floor is the lowest joint of
    the clip. Raises `RecordingError` (TOO_SHORT) without frames, and `InputError` for other shapes.
    """
    joints = finite_array(posed.joints, "joints", ("frames", JOINTS, 3))
    rotations = finite_array(posed.rotations, "rotations", (len(joints), JOINTS, 3, 3)).copy()
    if len(joints) == 0:
        raise RecordingError(DropReason.TOO_SHORT, "expected at least one frame, found none")
    headings = _headings(rotations[:, 0])
    local = joints.copy()
    local[..., 1] -= joints[..., 1].min()
    local[..., ::2] -= joints[:, :1, ::2]
    local = rotate(headings[:, None], local)
    rotations[:, 0] = multiply(headings, rotations[:, 0])
    vectors = np.zeros((len(joints), COLUMNS))
    vectors[1:, ROOT_VELOCITY] = rotate(headings[:-1], np.diff(joints[:, 0], axis=0))[:, ::2]
    vectors[:, YAW_VELOCITY] = rotmat_to_sixd_rows(_steps(headings))
    vectors[:, POSITIONS] = local.reshape(len(joints), -1)
    vectors[1:, VELOCITIES] = np.diff(vectors[:, POSITIONS], axis=0)
    vectors[:, ROTATIONS] = rotmat_to_sixd_rows(rotations).reshape(len(joints), -1)
    return vectors.astype(np.float32)


def recover_repr272(vectors: ArrayLike) -> Posed:
    """Return the motion of features shaped (frames, 272): y up, facing +z in the first frame.

    The first root is at x = z = 0, the lowest joint at y = 0. Rotations are made orthogonal.
    """
    rows = finite_array(vectors, "vectors", ("frames", COLUMNS))
    yaw = rows[:, YAW_VELOCITY]
    back = yaw_matrices(-np.cumsum(arc_tangents(yaw[:, 2], yaw[:, 0])))
    moved = np.zeros((len(rows), 3))
    moved[1:, ::2] = rotate(back[:-1], _level(rows[1:, ROOT_VELOCITY]))[:, ::2]
    joints = rotate(back[:, None], rows[:, POSITIONS].reshape(-1, JOINTS, 3))
    sixd = rows[:, ROTATIONS].reshape(-1, JOINTS, 2, 3)
    rotations = sixd_to_axes(sixd[..., 0, :], sixd[..., 1, :])
    rotations[:, 0] = multiply(back, rotations[:, 0])
    return Posed(joints + np.cumsum(moved, axis=0)[:, None], rotations)


def _headings(root: Floats) -> Floats:
    """Return the rotations about y that remove the headings of rotations (frames, 3, 3)."""
    x, z = root[:, 0, 2], root[:, 2, 2]
    length = np.sqrt(x * x + z * z)
    is_level = length > 0  # lying exactly along y, a person has no heading
    length = np.where(is_level, length, 1.0)
    matrices = np.zeros_like(root)
    matrices[:, 0, 0] = matrices[:, 2, 2] = np.where(is_level, z / length, 1.0)
    matrices[:, 0, 2], matrices[:, 2, 0], matrices[:, 1, 1] = -x / length, x / length, 1.0
    return matrices


def _steps(headings: Floats) -> Floats:
    """Return the rotations from each heading to the next; the first is the identity."""
    steps = np.broadcast_to(np.eye(3), headings.shape).copy()
    steps[1:] = multiply(headings[1:], np.swapaxes(headings[:-1], -1, -2))
    return steps


def _level(xz: Floats) -> Floats:
    """Return horizontal vectors, shaped (frames, 3), of their x and z."""
    return np.stack([xz[:, 0], np.zeros(len(xz)), xz[:, 1]], axis=-1)
