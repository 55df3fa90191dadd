"""Write BVH files of a body's motion, with any rest pose, unit, axes, and names."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

from motiondata.bodies.bundled import bundled_body
from motiondata.skeletons import JOINT_NAMES, PARENTS

Floats = NDArray[np.float64]

MIXAMO = {
    "pelvis": "Hips", "spine1": "Spine", "spine2": "Spine1", "spine3": "Spine2",
    "neck": "Neck", "head": "Head",
    **{
        f"{side}_{joint}": f"{side.capitalize()}{name}"
        for side in ("left", "right")
        for joint, name in (
            ("hip", "UpLeg"), ("knee", "Leg"), ("ankle", "Foot"), ("foot", "ToeBase"),
            ("collar", "Shoulder"), ("shoulder", "Arm"), ("elbow", "ForeArm"), ("wrist", "Hand"),
        )
    },
}  # fmt: skip
"""Mixamo's names of SMPL's joints."""

LIMBS = ("hip", "knee", "ankle", "foot", "collar", "shoulder", "elbow", "wrist")
TRUNK = ("pelvis", "spine1", "spine2", "spine3", "neck", "head")


def names_of(
    trunk: Sequence[str], limbs: Sequence[str], sides: tuple[str, str] = ("Left", "Right")
) -> dict[str, str]:
    """Return a convention's names of SMPL's joints; `@` stands for the word of a side.

    `trunk` has the names of `TRUNK`, `limbs` those of `LIMBS`.
    """
    return dict(zip(TRUNK, trunk, strict=True)) | {
        f"{side}_{joint}": name.replace("@", word)
        for side, word in zip(("left", "right"), sides, strict=True)
        for joint, name in zip(LIMBS, limbs, strict=True)
    }


STILL: Mapping[str, Sequence[float]] = {}

MINIMAL = """HIERARCHY
ROOT Hips
{
\tOFFSET 0 0 0
\tCHANNELS 6 Xposition Yposition Zposition Zrotation Xrotation Yrotation
\tJOINT Chest
\t{
\t\tOFFSET 0 10 0
\t\tCHANNELS 3 Zrotation Xrotation Yrotation
\t\tEnd Site
\t\t{
\t\t\tOFFSET 0 5 0
\t\t}
\t}
}
MOTION
Frames: 2
Frame Time: 0.0333333
0 90 0 10 20 30 1 2 3
1 90 2 11 21 31 4 5 6
"""
"""A file of two joints with two frames."""


@dataclass(frozen=True)
class BvhStyle:
    """How a file is written."""

    names: Mapping[str, str] = field(default_factory=lambda: MIXAMO)
    """Maps SMPL's names to those of the file."""
    order: Literal["ZXY", "XYZ", "YZX", "ZYX"] = "ZXY"
    """Order of the rotation channels."""
    meters: float = 0.01
    """Meters of the file's unit."""
    axes: Rotation = field(default_factory=Rotation.identity)
    """Rotation from y up, facing +z, to the axes of the file."""
    rest: Mapping[str, Rotation] = field(default_factory=dict)
    """Rotation of joints from SMPL's rest pose to the rest pose of the file, y up."""
    has_positions: bool = False
    """Whether all joints have position channels."""


def write_bvh(
    path: Path, rotations: Floats, hips: Floats, style: BvhStyle | None = None, fps: float = 30
) -> Path:
    """Write a motion of the bundled body and return the path.

    `rotations` are world rotations, y up, shaped (22, frames, 3, 3); `hips` are positions of the
    pelvis, shaped (frames, 3), meters.
    """
    style = style or BvhStyle()
    joints = bundled_body().joints_template
    rest = [style.axes * style.rest.get(name, Rotation.identity()) for name in JOINT_NAMES]
    world = [
        style.axes * Rotation.from_matrix(rotations[joint]) * rest[joint].inv()
        for joint in range(len(JOINT_NAMES))
    ]
    columns = []
    for joint in _order():
        parent = PARENTS[joint]
        offset = _offset(joints, rest, joint) / style.meters
        local = world[joint] if parent < 0 else world[parent].inv() * world[joint]
        if parent < 0:
            columns.append(style.axes.apply(hips) / style.meters)
        elif style.has_positions:
            columns.append(np.tile(offset, (len(hips), 1)))
        columns.append(local.as_euler(style.order, degrees=True, suppress_warnings=True))
    values = np.concatenate(columns, axis=1)
    lines = ["HIERARCHY", *_block(0, joints, rest, style), "MOTION"]
    lines += [f"Frames: {len(values)}", f"Frame Time: {1 / fps:.7f}"]
    lines += [" ".join(f"{value:.6f}" for value in row) for row in values]
    path.write_text("\n".join(lines) + "\n")
    return path


def _offset(joints: Floats, rest: Sequence[Rotation], joint: int) -> Floats:
    parent = PARENTS[joint]
    return rest[parent].apply(joints[joint] - joints[parent]) if parent >= 0 else np.zeros(3)


def _children(joint: int) -> list[int]:
    return [child for child, parent in enumerate(PARENTS) if parent == joint]


def _order(joint: int = 0) -> list[int]:
    return [joint, *(below for child in _children(joint) for below in _order(child))]


def _block(joint: int, joints: Floats, rest: Sequence[Rotation], style: BvhStyle) -> list[str]:
    offset = _offset(joints, rest, joint) / style.meters
    channels = [f"{axis}rotation" for axis in style.order]
    if joint == 0 or style.has_positions:
        channels = ["Xposition", "Yposition", "Zposition", *channels]
    word = "ROOT" if joint == 0 else "JOINT"
    inner = [f"OFFSET {offset[0]:.6f} {offset[1]:.6f} {offset[2]:.6f}"]
    inner.append(f"CHANNELS {len(channels)} {' '.join(channels)}")
    for child in _children(joint):
        inner += _block(child, joints, rest, style)
    if not _children(joint):
        inner += ["End Site", "{", "OFFSET 0 0 0", "}"]
    return [f"{word} {style.names[JOINT_NAMES[joint]]}", "{", *inner, "}"]


def walking(frames: int = 40) -> tuple[Floats, Floats]:
    """Return world rotations and pelvis positions of a made-up walk, y up, toward +z.

    Arms hang and swing, knees and elbows bend, ankles stay bent, and the trunk sways.
    """
    phase = np.linspace(0, 4 * np.pi, frames)
    wave, none = np.sin(phase), np.zeros(frames)
    turns: dict[str, Rotation] = {}

    def put(name: str, axes: str, *angles: Floats) -> None:
        turns[name] = Rotation.from_euler(axes, np.stack(angles, axis=1), degrees=True)

    put("pelvis", "YXZ", 8 * wave, none + 3, 3 * wave)
    put("spine3", "YXZ", -12 * wave, none + 4, none)
    put("head", "YXZ", 10 * wave, none, none)
    for side, sign in (("left", 1.0), ("right", -1.0)):
        put(f"{side}_hip", "XZ", -25 * sign * wave, none + sign * 3)
        put(f"{side}_knee", "X", 25 + 20 * sign * wave)
        put(f"{side}_ankle", "X", 8 * sign * wave)
        put(f"{side}_shoulder", "XZ", 20 * sign * wave, none - sign * 70)
        put(f"{side}_elbow", "Y", -sign * (35 + 15 * sign * wave))
    world: list[Rotation] = []
    for joint, name in enumerate(JOINT_NAMES):
        local = turns.get(name, Rotation.from_quat(np.tile([0.0, 0, 0, 1], (frames, 1))))
        world.append(local if PARENTS[joint] < 0 else world[PARENTS[joint]] * local)
    hips = np.stack([none, none + 0.93, 0.03 * np.arange(frames)], axis=1)
    return np.stack([rotation.as_matrix() for rotation in world]), hips
