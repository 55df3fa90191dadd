"""HumanML3D's features: 263 numbers a frame for SMPL's 22 joints, 251 for KIT's 21.

Equal to `process_file` of `motion_representation.ipynb` (EricGuo5513/HumanML3D), including its
faults and its precision: single where the reference converts to PyTorch's quaternions, double
elsewhere. docs/representations.md describes the columns.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from motiondata.representations.heading import (
    angles_between,
    first_heading,
    headings,
    smoothed_headings,
    yaw_steps,
)
from motiondata.representations.layout import columns_of
from motiondata.representations.planes import bone_lengths, from_planes, to_planes
from motiondata.representations.quaternions import Singles, Yaw, to_sixd
from motiondata.representations.skeleton import FeatureSkeleton
from motiondata.representations.swings import bone_rotations, expect_bones, pose_skeleton

Floats = NDArray[np.float64]

FEWEST_FRAMES = 2
"""A row has a velocity, so a clip has one row less than frames."""


FAULTS = ("yaw_sign", "heading")
"""The names of the faults of the reference that are counted."""
HEADING_DEGREES = 10.0
"""A heading that is wrong by more than this is counted as a fault."""


@dataclass(frozen=True, eq=False)
class Features:
    """The features of a clip and the joints that they describe."""

    vectors: NDArray[np.float32]
    """Shaped (frames - 1, columns): a row for every frame but the last one."""
    joints: NDArray[np.float32]
    """The joints on the target skeleton, on the floor, facing +z in the first frame, y up, shaped
    (frames - 1, joints, 3)."""
    crosses: NDArray[np.bool_]
    """The rows whose yaw has the wrong sign in the reference, shaped (frames - 1,)."""
    heading_errors: Floats
    """Angles between the heading of the reference and the correct one, radians, shaped
    (frames - 1,)."""

    @property
    def faults(self) -> dict[str, int]:
        """The number of rows with each fault of the reference, whether corrected here or not.

        `yaw_sign`: the yaw velocity has the wrong sign, and all later rows are turned. `heading`:
        the heading is wrong by more than `HEADING_DEGREES`.
        """
        off = self.heading_errors > np.radians(HEADING_DEGREES)
        return dict(zip(FAULTS, (int(self.crosses.sum()), int(off.sum())), strict=True))


def make_features(
    joints: ArrayLike, skeleton: FeatureSkeleton, lengths: Floats, corrected: bool = False
) -> Features:
    """Make the features of a clip.

    `joints` are positions shaped (frames, joints, 3), y up, in the unit of `lengths`. `lengths` are
    the bone lengths of the target skeleton, shaped (joints - 1,); see
    `FeatureSkeleton.bone_lengths`. If `corrected`, the features have none of the known faults of
    the reference.

    Raises `RecordingError` for fewer than two frames (TOO_SHORT), values that are not finite
    (NOT_FINITE) and bones without length (INVALID); `InputError` for other shapes.
    """
    planes = to_planes(joints, skeleton.joints, FEWEST_FRAMES)
    expect_bones(planes, skeleton)
    fitted = fit_skeleton(planes, skeleton, lengths)
    planes = first_heading(fitted, skeleton).rotate(place(fitted).astype(np.float32))
    yaws = smoothed_headings(planes, skeleton)
    yaw = yaws[corrected]
    steps = yaw_steps(yaw, corrected)
    vectors = np.empty((planes.shape[-1] - 1, skeleton.columns), np.float32)
    columns = columns_of(skeleton)
    vectors[:, columns.yaw_velocity] = steps.stored[:, None]
    _write_positions(vectors, planes[..., :-1], yaw.frames(slice(-1)), skeleton)
    _write_velocities(vectors, planes, yaw, skeleton)
    sixd = to_sixd(bone_rotations(planes, yaw, skeleton)[..., :-1])
    _write(vectors[:, columns.rotations], sixd.transpose(3, 2, 0, 1))
    errors = angles_between(*yaws)[:-1]
    return Features(vectors, from_planes(planes[..., :-1]), steps.crosses, errors)


def fit_skeleton(planes: Singles, skeleton: FeatureSkeleton, lengths: Floats) -> Floats:
    """Return the joints on a skeleton with other bone lengths, shaped (3, joints, frames).

    Bones keep their directions. The path of the root is scaled by the ratio of the lengths of a
    leg, as measured in the first frame.
    """
    leg = np.array(skeleton.leg)
    target = lengths.astype(np.float32)
    source = bone_lengths(planes[:, leg, 0], planes[:, skeleton.parents[leg - 1], 0])
    scale = (target[leg[0] - 1] + target[leg[1] - 1]) / (source[0] + source[1])
    yaw = headings(planes, skeleton)
    rotations = bone_rotations(planes, yaw, skeleton)
    return pose_skeleton(planes[:, 0] * scale, rotations, yaw, target, skeleton)


def place(planes: Floats) -> Floats:
    """Move a clip so that its lowest joint is at y = 0 and its first root at x = z = 0."""
    origin = np.array([planes[0, 0, 0], planes[1].min(), planes[2, 0, 0]])
    placed: Floats = planes - origin[:, None, None]
    return placed


def _write_positions(
    vectors: Singles, planes: Singles, yaw: Yaw, skeleton: FeatureSkeleton
) -> None:
    columns = columns_of(skeleton)
    vectors[:, columns.root_height] = planes[1, 0, :, None]
    local = planes[:, 1:].copy()
    local[::2] -= planes[::2, :1]
    _write(vectors[:, columns.positions], yaw.rotate(local).transpose(2, 1, 0))


def _write_velocities(
    vectors: Singles, planes: Singles, yaw: Yaw, skeleton: FeatureSkeleton
) -> None:
    columns = columns_of(skeleton)
    moved = planes[..., 1:] - planes[..., :-1]
    x, z = yaw.frames(slice(1, None)).rotate_level(moved[0, 0], moved[2, 0])
    vectors[:, columns.root_velocity] = np.stack([x, z], axis=1)
    local = yaw.frames(slice(-1)).rotate(moved)
    _write(vectors[:, columns.velocities], local.transpose(2, 1, 0))
    x, y, z = moved[:, skeleton.feet]
    vectors[:, columns.contacts] = (x * x + y * y + z * z < skeleton.contact).T


def _write(target: Singles, values: Singles) -> None:
    target.reshape(values.shape)[:] = values  # splitting an axis is always a view
