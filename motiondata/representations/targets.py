"""The target skeleton of HumanML3D's features: a published one, or that of a body.

The bone lengths of all clips become those of the target. Models that were trained on published
features need the published target: the joints of clip 000021 (`t2m`), of 03950 (`kit`).
"""

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from motiondata.bodies.posing import ShapedBody
from motiondata.errors import InputError
from motiondata.representations.joint_sets import amass_to_y_up, smpl_to_kit, to_kit_frame
from motiondata.representations.skeleton import KIT, FeatureSkeleton
from motiondata.skeletons import JOINTS

Floats = NDArray[np.float64]

LEG_METERS = (0.2, 2.0)
"""Thigh and shin of a person, with a margin: a small child has 0.3 m, the tallest person 1.2 m."""
LEFT_TO_RIGHT = 1.5
"""The ratio of a bone to its mirror image above which joints are in another order. HumanML3D's
target has 1.07, SMPL-X's neutral body 1.15, and SMPL's joints in the place of KIT-ML's 3.8."""


def read_target(path: Path, skeleton: FeatureSkeleton) -> Floats:
    """Return the bone lengths (joints - 1,) of the skeleton in a `.npy` file, in its unit.

    The file has positions shaped (joints, 3), or (frames, joints, 3), of which the first frame is
    used, as in `joints/000021.npy` and `new_joints/000021.npy`. Further joints are ignored. Raises
    `InputError` if the file cannot be read, has other arrays, or has joints in another unit or
    order.
    """
    joints = _read_joints(path)
    try:
        lengths = skeleton.bone_lengths(joints if joints.ndim == 2 else joints[0])
        _expect_unit(lengths, skeleton)
        _expect_symmetry(lengths, skeleton)
    except InputError as error:
        raise InputError(f"{path}: {error}") from error
    return lengths


def _read_joints(path: Path) -> NDArray[Any]:
    """Return the array of a file, shaped (joints, 3) or (frames, joints, 3)."""
    try:
        with path.open("rb") as file:
            joints: NDArray[Any] = np.lib.format.read_array(file, allow_pickle=False)
    except (OSError, ValueError, EOFError) as error:
        raise InputError(
            f"{path}: cannot be read as a target skeleton ({error}); expected a .npy file of "
            f"joints shaped (joints, 3) or (frames, joints, 3)"
        ) from error
    if joints.ndim not in (2, 3) or len(joints) == 0:
        raise InputError(
            f"{path}: found {joints.shape}; expected joints shaped (joints, 3) or "
            f"(frames, joints, 3)"
        )
    return joints


def _expect_unit(lengths: Floats, skeleton: FeatureSkeleton) -> None:
    """Raise `InputError` unless the leg is that of a person in the unit of the skeleton."""
    leg = sum(float(lengths[joint - 1]) for joint in skeleton.leg) * skeleton.meters
    if not LEG_METERS[0] < leg < LEG_METERS[1]:
        raise InputError(
            f"target skeleton: expected joints in units of {skeleton.meters:g} m, with a leg of "
            f"{LEG_METERS[0]} to {LEG_METERS[1]} m; found one of {leg:.4g} m. Scale the joints"
        )


def _expect_symmetry(lengths: Floats, skeleton: FeatureSkeleton) -> None:
    """Raise `InputError` unless bones are about as long as their mirror images."""
    others = lengths[np.array(skeleton.mirrored[1:]) - 1]
    ratios = lengths / others
    joint = int(ratios.argmax()) + 1
    if ratios[joint - 1] > LEFT_TO_RIGHT:
        raise InputError(
            f"target skeleton: expected the joints of {skeleton.name} in their order; found a bone "
            f"to joint {joint} that is {ratios[joint - 1]:.2g} times as long as the one to joint "
            f"{skeleton.mirrored[joint]}, its mirror image. Is this another skeleton?"
        )


def body_target(shaped: ShapedBody, skeleton: FeatureSkeleton) -> Floats:
    """Return the bone lengths (joints - 1,) of a body at rest, in the unit of the skeleton."""
    rest = shaped.joints[:JOINTS]
    if skeleton is KIT:
        rest = to_kit_frame(smpl_to_kit(amass_to_y_up(rest)[None])[0])
    return skeleton.bone_lengths(rest)
