"""Solve the rest pose of a skeleton: the constant rotation from each SMPL joint to a file's joint.

Where all rotations are zero, a file shows its rest pose. If that is a standing person, each bone of
SMPL's T-pose is turned to the file's by the smallest rotation. If not (bones along one axis, for
example), the rest pose says nothing about people, and the motion does: a knee and an elbow bend
about one axis, which fixes the twist of thighs and upper arms; hips and shoulders fix the trunk;
and a joint without such a mark is, on average over the motion, at rest relative to its neighbor.
"""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from motiondata.rotations import axes_along, inverse
from motiondata.skeletons import JOINT
from motiondata.sources.bvh.bones import CHILD, Bones
from motiondata.sources.bvh.turns import angle_deg, mean_rotation, swing, turn_deg

Floats = NDArray[np.float64]

LEFT = np.array([1.0, 0.0, 0.0])
UP = np.array([0.0, 1.0, 0.0])
"""Directions of SMPL's rest pose, which faces +z."""

BENDS = {
    "left_hip": ("left_knee", "left_ankle", LEFT),
    "right_hip": ("right_knee", "right_ankle", LEFT),
    "left_ankle": ("left_foot", "", -LEFT),
    "right_ankle": ("right_foot", "", -LEFT),
    "left_shoulder": ("left_elbow", "left_wrist", -UP),
    "right_shoulder": ("right_elbow", "right_wrist", UP),
}
"""For each joint, the ends of its bone and of the next one, and the axis of the bend in SMPL's rest
pose. An ankle's bend is between the shin and the foot."""

STRAIGHT_DEG = 60.0
"""Angle up to which two bones that follow each other count as in line at rest."""

LIKELY_DEG = 60.0
"""Mean angle to its neighbor up to which a joint counts as unturned where the file says so."""

TWISTED_DEG = 50.0
"""Angle between the bend of an elbow or a knee and that of the rest pose, from which the motion is
trusted and not the rest pose."""

MIN_BEND = 0.05
"""Mean sine of the bends, from which an axis is known."""

MIN_AGREEMENT = 0.8
"""Length of the mean axis, from which an axis is known; 1 if all frames agree."""


def align_standing(bones: Bones, body: Floats, axes: Floats) -> dict[str, Floats]:
    """Return the rotation of each joint for a standing rest pose, shaped (3, 3).

    `body` are the rest joints of a body, shaped (joints, 3).
    """
    aligned = dict.fromkeys(bones.rotations, axes)
    for name, child in CHILD.items():
        if child in bones.rotations:
            own = axes @ _bone_of_body(body, name, child)
            aligned[name] = swing(own, bones.bone(name, child)) @ axes
    for side, sideways in (("left", axes[:, 0]), ("right", -axes[:, 0])):
        forearm = bones.bone(f"{side}_elbow", f"{side}_wrist")
        aligned[f"{side}_wrist"] = swing(sideways, forearm) @ axes  # hands of an A-pose point down
        for joint in ("hip", "shoulder"):
            _correct_twist(bones, body, aligned, f"{side}_{joint}")
    return aligned


def _correct_twist(bones: Bones, body: Floats, aligned: dict[str, Floats], name: str) -> None:
    """Twist a limb of a rest pose if its elbow or knee would bend the wrong way."""
    solved = _from_bend(bones, body, name, bones.places[name])
    if solved is None:
        return
    twist = solved @ aligned[name].T
    if turn_deg(twist) > TWISTED_DEG:
        lower = CHILD[name]
        aligned[name] = solved
        for joint in (lower, CHILD[lower]):
            if joint.endswith(("elbow", "wrist", "knee")):
                aligned[joint] = twist @ aligned[joint]


def align_by_motion(bones: Bones, body: Floats) -> dict[str, Floats]:
    """Return the rotation of each joint where the rest pose is no person, shaped (3, 3)."""
    aligned = {
        "pelvis": _frame(
            bones.bone("pelvis", "spine_base"), _across(bones, "pelvis", "hip"), UP, LEFT
        ),
        "chest": _frame(bones.bone("chest", "chest_end"), _across_chest(bones), UP, LEFT),
    }
    for side in ("left", "right"):
        collar, shoulder, elbow, wrist = (
            f"{side}_{j}" for j in ("collar", "shoulder", "elbow", "wrist")
        )
        hip, knee, ankle, foot = (f"{side}_{j}" for j in ("hip", "knee", "ankle", "foot"))
        if collar in bones.rotations:
            aligned[collar] = _at_rest_to(bones, aligned, collar, "chest")
        _align_limb(bones, body, aligned, (hip, knee), "pelvis")
        _align_limb(bones, body, aligned, (shoulder, elbow), "chest")
        solved = _from_bend(bones, body, ankle, bones.places[knee])
        aligned[ankle] = aligned[knee] if solved is None else solved
        if foot in bones.rotations:
            aligned[foot] = _at_rest_to(bones, aligned, foot, ankle)
        aligned[wrist] = _like(bones, aligned, wrist, elbow)
    aligned["neck"] = _like(bones, aligned, "neck", "chest")
    aligned["head"] = _like(bones, aligned, "head", "neck")
    return aligned


def _align_limb(
    bones: Bones, body: Floats, aligned: dict[str, Floats], limb: tuple[str, str], base: str
) -> None:
    upper, lower = limb
    solved = _from_bend(bones, body, upper, bones.places[upper])
    if solved is None:
        guess = _at_rest_to(bones, aligned, upper, base)
        own = guess @ _bone_of_body(body, upper, lower)
        solved = swing(own, bones.bone(upper, lower)) @ guess
    aligned[upper] = solved
    aligned[lower] = _align_lower(bones, body, solved, limb)


def _align_lower(bones: Bones, body: Floats, upper: Floats, limb: tuple[str, str]) -> Floats:
    """Return the rotation of a shin or a forearm.

    It has the twist of the bone above, unless they are not in line in the rest pose, or the bend in
    the motion disagrees.
    """
    name, end = limb[1], CHILD[limb[1]]
    own, wanted = _bone_of_body(body, name, end), bones.bone(name, end)
    in_line = swing(upper @ own, wanted) @ upper
    of_bend = _from_bend(bones, body, limb[0], bones.places[limb[0]], of_lower=True)
    if of_bend is None:
        return in_line
    is_in_line = angle_deg(bones.bone(*limb), wanted) < STRAIGHT_DEG
    return in_line if is_in_line and turn_deg(in_line.T @ of_bend) < TWISTED_DEG else of_bend


def _from_bend(
    bones: Bones, body: Floats, name: str, start: Floats, *, of_lower: bool = False
) -> Floats | None:
    """Return a joint's rotation from the axis of a bend in the motion, or None if unknown.

    `start` is where the first of the two bones begins, shaped (frames, 3). With `of_lower`, the
    rotation is that of the joint at the end of the first bone, such as the knee.
    """
    end, next_end, axis = BENDS[name]
    if end not in bones.places:
        return None
    joint = bones.places[end] if next_end else bones.places[name]
    ends = bones.places[next_end or end]
    first, second = _unit(joint - start), _unit(ends - joint)
    bends = np.cross(first, second)
    turned, turned_end = (end, next_end) if of_lower else (name, end)
    local = np.einsum("fji,fj->fi", bones.rotations[turned], bends)
    total = np.linalg.norm(bends, axis=1).sum()
    mean = local.sum(axis=0)
    if total < MIN_BEND * len(bends) or np.linalg.norm(mean) < MIN_AGREEMENT * total:
        return None
    own = _bone_of_body(body, turned, turned_end)
    return _frame(bones.bone(turned, turned_end), mean, own, axis)


def _frame(bone: Floats, across: Floats, own_bone: Floats, own_across: Floats) -> Floats:
    """Return the rotation that takes a body's bone to a file's, and its second axis near its."""
    found = axes_along(bone[None], across[None])[0]
    own = axes_along(own_bone[None], own_across[None])[0]
    return np.asarray(found @ own.T)


def _across(bones: Bones, base: str, joint: str) -> Floats:
    """Return the mean vector from the right to the left joint of a kind, in the axes of `base`."""
    ways = bones.places[f"left_{joint}"] - bones.places[f"right_{joint}"]
    return np.asarray(np.einsum("fji,fj->i", bones.rotations[base], ways))


def _across_chest(bones: Bones) -> Floats:
    if "left_collar" in bones.places and "right_collar" in bones.places:
        collars = _across(bones, "chest", "collar")
        if np.linalg.norm(collars) > 1e-3 * np.linalg.norm(_across(bones, "chest", "shoulder")):
            return collars
    return _across(bones, "chest", "shoulder")


def _at_rest_to(bones: Bones, aligned: Mapping[str, Floats], name: str, base: str) -> Floats:
    """Return the rotation for which a joint is, on average, unturned relative to another."""
    wanted = bones.rotations[base] @ aligned[base]
    return mean_rotation(inverse(bones.rotations[name]) @ wanted)


def _like(bones: Bones, aligned: Mapping[str, Floats], name: str, base: str) -> Floats:
    """Return the rotation of a neighbor if it suits a joint, or that of `_at_rest_to`."""
    solved = _at_rest_to(bones, aligned, name, base)
    is_likely = turn_deg(solved.T @ aligned[base]) < LIKELY_DEG
    return aligned[base] if is_likely else solved


def _bone_of_body(body: Floats, name: str, child: str) -> Floats:
    return np.asarray(body[JOINT[child]] - body[JOINT[name]])


def _unit(vectors: Floats) -> Floats:
    result: Floats = vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-12)
    return result
