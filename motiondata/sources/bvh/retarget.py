"""Retarget the motion of a BVH file to poses of the 22 SMPL joints.

World rotations count: a joint's is that of the file's joint, times the constant rotation between
the two rest poses (`rest_pose`). As for CMU's files, the trunk leans as a whole, half of the
forearm's twist is given to the elbow, and the midpoints of the hips coincide. Spines of any number
of joints are spread evenly over SMPL's three.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

from motiondata.rotations import inverse, rotmat_to_rotvec, turned
from motiondata.skeletons import JOINT, JOINT_NAMES, PARENTS
from motiondata.sources.bvh.bones import Bones, middle, standing_axes
from motiondata.sources.bvh.kinematics import WorldJoints
from motiondata.sources.bvh.matching import JointMatch
from motiondata.sources.bvh.rest_pose import align_by_motion, align_standing
from motiondata.sources.bvh.turns import between, mean_rotation, swing, twist_about

Floats = NDArray[np.float64]

SPINE = ("spine1", "spine2", "spine3")


@dataclass(frozen=True)
class SolvedMotion:
    """The rotations of SMPL's joints in the axes of a file."""

    rotations: Floats
    """World rotations, shaped (22, frames, 3, 3)."""
    hips: Floats
    """Midpoint of the hips, shaped (frames, 3), in the unit of the file."""


def take_bones(world: WorldJoints, rest: Floats, match: JointMatch) -> Bones:
    """Return the matched joints of a file; `rest` is shaped (joints, 3)."""
    numbers = dict(match.numbers)
    numbers["chest"] = match.spine[-1] if match.spine else numbers["pelvis"]
    numbers["neck"] = match.neck[0] if match.neck else numbers["head"]
    numbers["neck_end"] = match.neck[-1] if match.neck else numbers["head"]
    numbers["chest_end"] = numbers["neck"]
    pelvis = rest[numbers["pelvis"]]
    away = [at for at in match.spine if np.linalg.norm(rest[at] - pelvis) > 1e-6]
    numbers["spine_base"] = away[0] if away else numbers["neck"]
    numbers |= {f"spine{at}": number for at, number in enumerate(match.spine)}
    return Bones(
        {name: world.rotations[number] for name, number in numbers.items()},
        {name: world.places[number] for name, number in numbers.items()},
        {name: rest[number] for name, number in numbers.items()},
    )


def solve(bones: Bones, joints_in_spine: int, body: Floats) -> tuple[SolvedMotion, bool]:
    """Return the rotations of SMPL's joints, and whether the rest pose is a standing person.

    `body` are the rest joints of a body, shaped (joints, 3).
    """
    axes = standing_axes(bones.rest)
    if axes is None:
        aligned = align_by_motion(bones, body)
        lean = np.eye(3)
    else:
        aligned = align_standing(bones, body, axes)
        lean = _lean(bones.rest, body, axes)
    world = _trunk(bones, aligned, joints_in_spine, lean)
    for side in ("left", "right"):
        _take_limbs(world, bones, aligned, side, body, lean)
    _take_neck(world, bones, aligned, None if axes is None else body)
    rotations = np.stack([world[name] for name in JOINT_NAMES])
    return SolvedMotion(rotations, middle(bones.places, "hip")), axes is not None


def _trunk(
    bones: Bones, aligned: Mapping[str, Floats], joints: int, lean: Floats
) -> dict[str, Floats]:
    """Return the world rotations of the pelvis and of SMPL's spine."""
    pelvis = bones.rotations["pelvis"] @ aligned["pelvis"] @ lean
    chest = bones.rotations["chest"] @ aligned["chest"] @ lean if joints else pelvis
    chain = [pelvis]
    for at in range(joints - 1):
        rotation = bones.rotations[f"spine{at}"]
        wanted = between(pelvis, chest, (at + 1) / joints)
        chain.append(rotation @ _spine_rest(aligned, rotation, wanted, at) @ lean)
    chain.append(chest)
    world = {"pelvis": pelvis}
    for at, name in enumerate(SPINE):
        place = 1 + (joints - 1) * at / 2 if joints > 1 else (at + 1) / 3
        low = min(int(place), len(chain) - 2)
        world[name] = between(chain[low], chain[low + 1], place - low)
    return world


def _spine_rest(aligned: Mapping[str, Floats], rotation: Floats, wanted: Floats, at: int) -> Floats:
    name = f"spine{at}"
    return aligned[name] if name in aligned else mean_rotation(inverse(rotation) @ wanted)


def _take_limbs(
    world: dict[str, Floats],
    bones: Bones,
    aligned: Mapping[str, Floats],
    side: str,
    body: Floats,
    lean: Floats,
) -> None:
    """Add the world rotations of an arm and a leg; a missing toe or collar follows its parent."""
    for joint in ("hip", "knee", "ankle", "foot", "collar", "shoulder", "elbow", "wrist"):
        name = f"{side}_{joint}"
        if name in aligned and name in bones.rotations:
            world[name] = bones.rotations[name] @ aligned[name]
            if joint == "collar":
                world[name] = world[name] @ lean
        else:
            world[name] = world["spine3" if joint == "collar" else f"{side}_ankle"]
    elbow, wrist = f"{side}_elbow", f"{side}_wrist"
    forearm = body[JOINT[wrist]] - body[JOINT[elbow]]
    axis = forearm / np.linalg.norm(forearm)
    twist = twist_about(axis, inverse(world[elbow]) @ world[wrist])
    half = Rotation.from_rotvec(twist[:, np.newaxis] / 2 * axis).as_matrix()
    world[elbow] = world[elbow] @ half


def _take_neck(
    world: dict[str, Floats], bones: Bones, aligned: Mapping[str, Floats], body: Floats | None
) -> None:
    """Add the world rotations of head and neck; with a body, its neck points as the file's."""
    world["head"] = bones.rotations["head"] @ aligned["head"]
    if np.linalg.norm(bones.rest["head"] - bones.rest["neck"]) < 1e-9:
        world["neck"] = between(world["spine3"], world["head"], 0.5)
        return
    first, last = (bones.rotations[name] @ aligned["neck"] for name in ("neck", "neck_end"))
    world["neck"] = between(first, last, 0.5)
    if body is not None:
        own = turned(world["neck"], body[JOINT["head"]] - body[JOINT["neck"]])
        way = bones.places["head"] - bones.places["neck"]
        world["neck"] = swing(own, way) @ world["neck"]


def _lean(rest: Mapping[str, Floats], body: Floats, axes: Floats) -> Floats:
    """Return the forward or backward rotation that gives a body's trunk the file's lean at rest."""
    forward_and_up = np.array([0.0, 1.0, 1.0])
    shoulders = (body[JOINT["left_shoulder"]] + body[JOINT["right_shoulder"]]) / 2
    own = (shoulders - body[JOINT["spine1"]]) * forward_and_up
    wanted = axes.T @ (middle(rest, "shoulder") - rest["spine_base"]) * forward_and_up
    return swing(own, wanted)


def local_poses(rotations: Floats, up_to_z: Floats) -> Floats:
    """Return axis-angle poses of world rotations, shaped (frames, 22, 3); the root is z up."""
    local = [
        inverse(rotations[parent]) @ rotations[joint] if parent >= 0 else up_to_z @ rotations[joint]
        for joint, parent in enumerate(PARENTS)
    ]
    return np.stack([rotmat_to_rotvec(rotation) for rotation in local], axis=1)
