"""The stored form of a sample of motion features, and how its arrays are made from a clip."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from math import prod
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from motiondata.bodies.posing import ShapedBody
from motiondata.clip import Clip
from motiondata.mirroring import mirror_clip
from motiondata.representations.clip_features import FeatureRequest, clip_features
from motiondata.representations.humanml3d import FAULTS, make_features
from motiondata.representations.joint_sets import (
    amass_to_y_up,
    mirror_joints,
    smpl_to_kit,
    to_kit_frame,
)
from motiondata.representations.repr272 import COLUMNS
from motiondata.representations.skeleton import KIT
from motiondata.skeletons import JOINTS as SKELETON_JOINTS
from pipelines.clips.appraisal import CLIP_FLAGS
from pipelines.clips.clip_values import CLIP_COLUMNS, clip_columns
from pipelines.clips.members import DETAILS, POSE, TEXT, TRANS
from pipelines.clips.planned_clips import PlannedClips
from pipelines.products.motion_features.description import HEADING, YAW_SIGN
from pipelines.products.motion_features.members import JOINTS, VECTORS
from pipelines.products.motion_features.options import (
    JOINT_SETS,
    ON_A_TARGET,
    REPR_272,
    WORLD,
    MotionFeatureOptions,
)
from pipelines.products.motion_features.target import Target, skeleton_of
from shards.format.array_spec import ArraySpec
from shards.format.schema import Schema

FAULT_COLUMNS = pa.schema(
    [pa.field(YAW_SIGN, pa.int64(), False), pa.field(HEADING, pa.int64(), False), *CLIP_COLUMNS]
)
"""The manifest columns of features on a target skeleton."""
SAMPLE_BYTES = 8 * 1024
"""The approximate overhead of a sample: headers, padding, captions, JSON."""

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class PosedClip:
    """A clip, the body that it poses, and the joints of that."""

    clip: Clip
    body: ShapedBody
    joints: Floats
    """Shaped (frames, 22, 3), AMASS's world, meters."""


@dataclass(frozen=True)
class Made:
    """The arrays of a sample, and the counts of its faults."""

    arrays: dict[str, NDArray[np.float32]]
    """The arrays, by suffix, in storage order."""
    faults: Mapping[str, int] = field(default_factory=dict)
    """The number of rows with each fault of the reference."""


def schema_of(options: MotionFeatureOptions) -> Schema:
    """Return the members of a sample, in storage order."""
    kind = options.representation
    joints = JOINT_SETS[options.joint_set]
    width = COLUMNS if kind == REPR_272 else 0
    if kind in ON_A_TARGET:
        joints, width = skeleton_of(kind).joints, skeleton_of(kind).columns
    return Schema(
        {
            **({VECTORS: ArraySpec("float32", ("frames", width))} if width else {}),
            JOINTS: ArraySpec("float32", ("frames", joints, 3)),
            POSE: ArraySpec("float32", ("frames", SKELETON_JOINTS, 3)),
            TRANS: ArraySpec("float32", ("frames", 3)),
            DETAILS: "json",
            TEXT: "text",
        }
    )


def columns_of_manifest(options: MotionFeatureOptions) -> pa.Schema:
    """Return the manifest columns, in addition to those that all samples have."""
    return FAULT_COLUMNS if options.representation in ON_A_TARGET else CLIP_COLUMNS


def flags_of(options: MotionFeatureOptions) -> tuple[str, ...]:
    """Return the flags that samples can have."""
    return (*CLIP_FLAGS, *(FAULTS if options.representation in ON_A_TARGET else ()))


def manifest_values(details: Mapping[str, Any]) -> dict[str, Any]:
    """Return a sample's values for the manifest columns, from the fields of its JSON."""
    faults = details.get("faults", {})
    counts = {f"{name}_rows": count for name, count in faults.items()}
    return {**counts, **clip_columns(details)}


def clip_bytes(clips: PlannedClips, options: MotionFeatureOptions) -> NDArray[np.int64]:
    """Estimate the size of each clip's samples in a shard, in bytes, shaped (clips,)."""
    return clips.frames * _row_bytes(options) + clips.samples * SAMPLE_BYTES


@cache
def _row_bytes(options: MotionFeatureOptions) -> int:
    specs = schema_of(options).arrays.values()
    return sum(4 * prod(axis for axis in spec.shape if isinstance(axis, int)) for spec in specs)


def make_arrays(
    posed: PosedClip, mirrored: bool, options: MotionFeatureOptions, target: Target | None
) -> Made:
    """Make the arrays of a clip or of its mirrored version.

    Joints on a target skeleton are mirrored as positions, as in HumanML3D. In all other
    representations the poses are mirrored, and the body is posed by them. Raises `RecordingError`
    if a clip is too short for its features.
    """
    varied = mirror_clip(posed.clip) if mirrored else posed.clip
    if target is not None:
        joints = mirror_joints(posed.joints) if mirrored else posed.joints
        made = _on_target(joints, options, target)
    else:
        made = _posed(varied, posed.body, options)
    rows = len(made.arrays[JOINTS])
    return Made(
        {
            **made.arrays,
            POSE: varied.pose[:rows].astype(np.float32),
            TRANS: varied.trans[:rows].astype(np.float32),
        },
        made.faults,
    )


def _on_target(world: Floats, options: MotionFeatureOptions, target: Target) -> Made:
    skeleton = skeleton_of(options.representation)
    joints = amass_to_y_up(world)
    if skeleton is KIT:
        joints = to_kit_frame(smpl_to_kit(joints))
    features = make_features(joints, skeleton, target.array, options.corrected)
    rows = joints[: len(features.vectors)].astype(np.float32)
    return Made({VECTORS: features.vectors, JOINTS: rows}, features.faults)


def _posed(clip: Clip, shaped: ShapedBody, options: MotionFeatureOptions) -> Made:
    request = FeatureRequest(options.representation, joint_set=options.joint_set)
    made = clip_features(clip, shaped, request)
    if made.vectors is not None:
        return Made({VECTORS: made.vectors, JOINTS: made.joints})
    in_world = made.world_joints if options.joint_frame == WORLD else None
    return Made({JOINTS: made.joints if in_world is None else in_world})
