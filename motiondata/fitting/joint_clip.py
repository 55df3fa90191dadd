"""Joint positions as the fit reads them: SMPL's 22 joints, z up, meters, with their weights.

Errors are `RecordingError`s with a reason, so that a faulty file is a counted failure.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from motiondata.errors import DropReason, RecordingError
from motiondata.representations.joint_sets import KIT_JOINTS, SMPL_JOINTS, y_up_to_amass
from motiondata.skeletons import JOINT, JOINT_NAMES, JOINTS, PARENTS

Floats = NDArray[np.float64]

FEWEST_FRAMES = 2
"""A recording is a motion, and needs a second frame."""

UPS = ("y", "z")
"""The axes that may point up. `y` is HumanML3D's frame, of which (x, y, z) is (-x, z, y) in AMASS's
world. `z` is AMASS's world."""

UNITS = {"m": 1.0, "cm": 0.01, "mm": 0.001, "inch": 0.0254}
"""Meters per unit."""

MEASURED_BONES = tuple(
    (JOINT[f"{side}_{a}"], JOINT[f"{side}_{b}"])
    for side in ("left", "right")
    for a, b in (("hip", "knee"), ("knee", "ankle"), ("shoulder", "elbow"), ("elbow", "wrist"))
)
"""The bones of the limbs, whose summed length gives the size of a person."""

SHORTEST_BONE = 1e-6
"""A bone of a clip is degenerate if it is shorter than this part of the person's limbs."""

REACH = (0.8, 1.25)
"""A person whose limbs have a size in this range, relative to the mean body, keeps it. The motion
of another person, such as those of KIT-ML, who are about 1 m tall, is scaled to the mean body."""

TRUNK = 0.3
"""The weight of a joint of the trunk. Skeletons differ most in where they place these joints, and
least in the limbs. Positions of the same body are followed in either case."""

TRUNK_JOINTS = (
    "pelvis", "left_hip", "right_hip", "spine1", "spine2", "spine3", "neck", "left_collar",
    "right_collar", "head",
)  # fmt: skip

KIT_MIRROR = np.array([-1.0, 1.0, 1.0])
"""KIT-ML's frame is a mirror image of HumanML3D's."""


@dataclass(frozen=True, eq=False)
class JointClip:
    """Positions to fit, AMASS's world, z up, meters."""

    joints: Floats
    """Shaped (frames, 22, 3). Joints that the source lacks are estimates."""
    weights: Floats
    """The weight of each joint, shaped (22,): 1 for limbs, `TRUNK` for the trunk, 0 for an
    estimate."""
    hands: Floats | None
    """The left and the right hand, shaped (frames, 2, 3), if the source has them."""
    scale: float
    """The source's unit in meters, times the factor by which a small or large person was scaled."""


def read_clip(joints: ArrayLike, up: str, unit: str | None, rest: Floats, where: str) -> JointClip:
    """Check joint positions and convert them to AMASS's world.

    `joints` are shaped (frames, 22, 3), (frames, 24, 3), or (frames, 21, 3) for KIT's joints. `up`
    is one of `UPS`. `unit` is one of `UNITS`; None finds it from the size of the person. `rest` are
    the joints of the mean body at rest, shaped (joints, 3), meters. `where` names the source.

    Raises `RecordingError` for other shapes and degenerate bones (INVALID), values that are not
    finite (NOT_FINITE), and fewer than two frames (TOO_SHORT).
    """
    positions, weights = _checked(joints, where), np.ones(JOINTS)
    if positions.shape[1] == len(KIT_JOINTS):
        positions, weights = _kit_to_smpl(positions, rest)
    if up == "y":
        positions = y_up_to_amass(positions)
    scale = _scale_of(positions, unit, rest, where)
    positions = positions * scale
    _expect_bones(positions, weights, where)
    hands = positions[:, JOINTS:] if positions.shape[1] == SMPL_JOINTS else None
    weights[[JOINT[name] for name in TRUNK_JOINTS]] *= TRUNK
    return JointClip(np.ascontiguousarray(positions[:, :JOINTS]), weights, hands, scale)


def _checked(joints: ArrayLike, where: str) -> Floats:
    found = np.asarray(joints)
    shapes = tuple((number, 3) for number in (JOINTS, SMPL_JOINTS, len(KIT_JOINTS)))
    if found.ndim != 3 or found.shape[1:] not in shapes or found.dtype.kind not in "iuf":
        raise RecordingError(
            DropReason.INVALID,
            f"{where}: expected joint positions shaped (frames, 22, 3), (frames, 24, 3), or "
            f"(frames, 21, 3) for KIT's joints; found {found.dtype} shaped {found.shape}",
        )
    if len(found) < FEWEST_FRAMES:
        raise RecordingError(
            DropReason.TOO_SHORT,
            f"{where}: expected at least {FEWEST_FRAMES} frames, found {len(found)}",
        )
    positions = found.astype(np.float64)
    finite = np.isfinite(positions.reshape(len(positions), -1)).all(axis=-1)
    if not finite.all():
        raise RecordingError(
            DropReason.NOT_FINITE,
            f"{where}: {np.count_nonzero(~finite)} of {len(positions)} frames have values that are "
            f"not finite; the first one is frame {int(finite.argmin())}",
        )
    return positions


def _scale_of(positions: Floats, unit: str | None, rest: Floats, where: str) -> float:
    """Return the factor from the source's unit to meters of a person that the body can have."""
    with np.errstate(over="ignore"):
        ratio = limb_length(positions) / limb_length(rest[None])
    if not 0 < ratio < np.inf:
        raise RecordingError(DropReason.INVALID, f"{where}: the limbs have no finite length")
    meters = UNITS[unit] if unit else _found_unit(ratio)
    return meters if REACH[0] <= ratio * meters <= REACH[1] else 1.0 / ratio


def _found_unit(ratio: float) -> float:
    """Return the unit, in meters, for which a person's size is nearest to that of the body."""
    return min(UNITS.values(), key=lambda meters: max(ratio * meters, 1.0 / (ratio * meters)))


def limb_length(positions: Floats) -> float:
    """Return the summed median lengths of the bones of the limbs; (frames, joints, 3)."""
    starts, ends = np.array(MEASURED_BONES).T
    lengths = np.sqrt(((positions[:, ends] - positions[:, starts]) ** 2).sum(axis=-1))
    return float(np.median(lengths, axis=0).sum())


def _expect_bones(positions: Floats, weights: Floats, where: str) -> None:
    """Raise `RecordingError` if a bone that the source has is a point in some frame."""
    shortest = SHORTEST_BONE * limb_length(positions)
    for joint, parent in enumerate(PARENTS):
        if parent < 0 or weights[joint] * weights[parent] == 0:
            continue
        bone = positions[:, joint] - positions[:, parent]
        points = (bone * bone).sum(axis=-1) <= shortest * shortest
        if points.any():
            raise RecordingError(
                DropReason.INVALID,
                f"{where}: {JOINT_NAMES[parent]} and {JOINT_NAMES[joint]} are at the same place "
                f"in frame {int(points.argmax())}",
            )


def _kit_to_smpl(kit: Floats, rest: Floats) -> tuple[Floats, Floats]:
    """Return SMPL's joints of KIT's, in HumanML3D's frame, and their weights.

    `spine2` is taken to be between its neighbors, and the collars as far from the chest toward the
    shoulders as on the body at rest.
    """
    joints, weights = np.zeros((len(kit), JOINTS, 3)), np.zeros(JOINTS)
    for number, (_, name) in enumerate(KIT_JOINTS):
        if name:
            joints[:, JOINT[name]], weights[JOINT[name]] = kit[:, number], 1.0
    middle, low, high = (JOINT[name] for name in ("spine2", "spine1", "spine3"))
    joints[:, middle] = 0.5 * (joints[:, low] + joints[:, high])
    neck = JOINT["neck"]
    for side in ("left", "right"):
        collar, shoulder = JOINT[f"{side}_collar"], JOINT[f"{side}_shoulder"]
        part = rest[collar, 0] / rest[shoulder, 0]
        joints[:, collar] = (1.0 - part) * joints[:, neck] + part * joints[:, shoulder]
    return joints * KIT_MIRROR, weights
