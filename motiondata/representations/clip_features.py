"""From a clip and a body to the arrays of a representation, chosen by name."""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from motiondata.bodies.posing import ShapedBody, pose_joints
from motiondata.clip import Clip
from motiondata.errors import InputError
from motiondata.representations.humanml3d import make_features
from motiondata.representations.joint_sets import (
    amass_to_y_up,
    pose_smpl_joints,
    smpl_to_kit,
    to_kit_frame,
)
from motiondata.representations.repr272 import amass_to_posed, make_repr272
from motiondata.representations.skeleton import KIT, T2M, FeatureSkeleton
from motiondata.representations.targets import body_target

Floats = NDArray[np.float64]
Singles = NDArray[np.float32]

SKELETONS: dict[str, FeatureSkeleton] = {"humanml3d-263": T2M, "kit-251": KIT}
"""The skeletons of the representations that have a target skeleton."""
REPRESENTATIONS = (*SKELETONS, "repr-272", "joints")
JOINT_SETS = ("smpl-22", "kit-21", "smpl-24")
"""The sets of joints of the representation `joints`."""


@dataclass(frozen=True)
class FeatureRequest:
    """What to make of clips. Raises `InputError` for unknown names."""

    representation: str
    target: Floats | None = None
    """Bone lengths of the target skeleton, in its unit; None for those of each body."""
    corrected: bool = False
    """Without the known faults of HumanML3D's reference."""
    joint_set: str = "smpl-22"

    def __post_init__(self) -> None:
        for name, value, known in (
            ("representation", self.representation, REPRESENTATIONS),
            ("joint set", self.joint_set, JOINT_SETS),
        ):
            if value not in known:
                raise InputError(f"{name}: expected one of {', '.join(known)}, found {value!r}")


@dataclass(frozen=True, eq=False)
class ClipFeatures:
    """The arrays of a clip."""

    joints: Singles
    """Shaped (rows, joints, 3): 263 and 251: on the target skeleton, in the features' frame and
    unit; 272: y up, meters, facing +z in the first frame; `joints`: HumanML3D's y-up frame, meters.
    """
    vectors: Singles | None = None
    """Shaped (rows, columns); None for `joints`. 263 and 251 have no row for the last frame."""
    world_joints: Singles | None = None
    """For `joints`, the same joints in AMASS's world, meters."""
    faults: dict[str, int] = field(default_factory=dict)
    """The number of rows with each fault of the reference, for 263 and 251."""


def clip_features(clip: Clip, shaped: ShapedBody, request: FeatureRequest) -> ClipFeatures:
    """Return the arrays that a request wants of a clip, with the joints of a body.

    Raises `RecordingError` for clips that have no features, as `make_features` does.
    """
    if request.representation == "joints":
        return _joints(clip, shaped, request.joint_set)
    joints = pose_joints(shaped, clip.pose, clip.trans)
    if request.representation == "repr-272":
        posed = amass_to_posed(joints, clip.pose)
        return ClipFeatures(posed.joints.astype(np.float32), make_repr272(posed))
    skeleton = SKELETONS[request.representation]
    target = body_target(shaped, skeleton) if request.target is None else request.target
    source = amass_to_y_up(joints)
    source = to_kit_frame(smpl_to_kit(source)) if skeleton is KIT else source
    made = make_features(source, skeleton, target, request.corrected)
    return ClipFeatures(made.joints, made.vectors, faults=made.faults)


def _joints(clip: Clip, shaped: ShapedBody, joint_set: str) -> ClipFeatures:
    pose = pose_smpl_joints if joint_set == "smpl-24" else pose_joints
    world = pose(shaped, clip.pose, clip.trans)
    world = smpl_to_kit(world) if joint_set == "kit-21" else world
    y_up = amass_to_y_up(world).astype(np.float32)
    return ClipFeatures(y_up, world_joints=world.astype(np.float32))
