"""The target skeleton of HumanML3D's features: a published one, or that of a body.

The bone lengths of all clips become those of the target. Models that were trained on published
features need the published target: the joints of clip 000021 (`t2m`), of 03950 (`kit`).
"""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from motiondata.bodies.posing import ShapedBody
from motiondata.errors import InputError
from motiondata.representations.joint_sets import amass_to_y_up, smpl_to_kit, to_kit_frame
from motiondata.representations.skeleton import KIT, FeatureSkeleton
from motiondata.skeletons import JOINTS

Floats = NDArray[np.float64]


def read_target(path: Path, skeleton: FeatureSkeleton) -> Floats:
    """Return the bone lengths (joints - 1,) of the skeleton in a `.npy` file, in its unit.

    The file has positions shaped (joints, 3), or (frames, joints, 3), of which the first frame is
    used, as in `joints/000021.npy` and `new_joints/000021.npy`. Further joints are ignored. Raises
    `InputError` if the file cannot be read or has other arrays.
    """
    try:
        joints = np.load(path, allow_pickle=False)
    except (OSError, ValueError, EOFError) as error:
        raise InputError(
            f"{path}: cannot be read as a target skeleton ({error}); expected a .npy file of "
            f"joints shaped (joints, 3) or (frames, joints, 3)"
        ) from error
    if not isinstance(joints, np.ndarray) or joints.ndim not in (2, 3) or len(joints) == 0:
        shape = getattr(joints, "shape", "several arrays")
        raise InputError(
            f"{path}: found {shape}; expected joints shaped (joints, 3) or (frames, joints, 3)"
        )
    try:
        return skeleton.bone_lengths(joints if joints.ndim == 2 else joints[0])
    except InputError as error:
        raise InputError(f"{path}: {error}") from error


def body_target(shaped: ShapedBody, skeleton: FeatureSkeleton) -> Floats:
    """Return the bone lengths (joints - 1,) of a body at rest, in the unit of the skeleton."""
    rest = shaped.joints[:JOINTS]
    if skeleton is KIT:
        rest = to_kit_frame(smpl_to_kit(amass_to_y_up(rest)[None])[0])
    return skeleton.bone_lengths(rest)
