"""A population of adults drawn from Anny: visible skin, joints and skinning weights.

Anny (code Apache-2.0, NAVER) shapes MakeHuman's assets (CC0). Of its rigs `mixamo` has SMPL's
hierarchy; of its topologies only `anny` will do, since `smpl` and `smplx` download data that is
free for non-commercial use alone.
"""

from dataclasses import dataclass
from typing import Any

import anny
import numpy as np
import torch
from anny.face_segmentation import get_face_segmentation_mask
from scipy.sparse.csgraph import connected_components
from scipy.spatial import cKDTree

from tools.bake_body.joints import MIRROR_24, NAMES_24
from tools.bake_body.skin_weights import adjacency, diffuse_weights, strongest_weights

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

HIDDEN_PARTS = ("eye_cavity.L", "eye_cavity.R", "mouth_cavity")
"""Anny's face segments that no sensor sees from outside; eyeballs and tongue hang on nothing."""

ADULTS = {
    "gender": ("beta", 0.5, 0.5),  # 0 is male, 1 female: most are near either end
    "age": ("uniform", 0.6, 0.95),  # 2/3 is Anny's young adult, 1 its old one
    "muscle": ("normal", 0.5, 0.15),
    "weight": ("normal", 0.5, 0.15),
    "height": ("normal", 0.40, 0.06),  # 1.09 m a unit: statures of 1.72 m, deviation 0.09 m
    "proportions": ("normal", 0.5, 0.15),
    "african": ("uniform", 0.0, 1.0),
    "asian": ("uniform", 0.0, 1.0),
    "caucasian": ("uniform", 0.0, 1.0),
}
"""How each phenotype of Anny is spread: a law of NumPy's generator and its two parameters."""


@dataclass(frozen=True)
class Population:
    """Bodies of one topology in Anny's rest pose: y up, facing +z, left is +x, meters."""

    vertices: np.ndarray
    """(bodies, vertices, 3)."""
    joints: np.ndarray
    """(bodies, 24, 3), SMPL's order."""
    faces: np.ndarray
    """(faces, 3), the visible skin alone: open at the eyes and the mouth."""
    weights: np.ndarray
    """(vertices, 24), rows sum to one."""


def sample_population(bodies: int, seed: int) -> Population:
    """Draw adults whose phenotypes are spread as in `ADULTS`."""
    model = anny.Anny(rig="mixamo", topology="anny", phenotypes="all", skinning_method="lbs")
    phenotypes = _draw_phenotypes(bodies, np.random.default_rng(seed))
    with torch.no_grad():
        rest = model(phenotype_kwargs={k: torch.from_numpy(v) for k, v in phenotypes.items()})
    bones = [model.bone_labels.index(f"mixamorig:{BONE_OF_JOINT[name]}") for name in NAMES_24]
    return Population(
        vertices=_z_up_to_y_up(rest["rest_vertices"].numpy()),
        joints=_symmetric_joints(_z_up_to_y_up(rest["rest_bone_heads"].numpy()[:, bones])),
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


def _symmetric_joints(joints: np.ndarray) -> np.ndarray:
    """Even out the rig's millimeters between left and right; the skin is symmetric already."""
    even: np.ndarray = (joints + joints[:, MIRROR_24] * (-1.0, 1.0, 1.0)) / 2
    return even


def _symmetric_weights(weights: np.ndarray, vertices: np.ndarray) -> np.ndarray:
    """Even out the rig's weights, which differ by up to a half between the feet."""
    _, twins = cKDTree(vertices).query(vertices * (-1.0, 1.0, 1.0))
    even: np.ndarray = (weights + weights[twins][:, MIRROR_24]) / 2
    return even


def _visible_faces(model: Any) -> np.ndarray:
    hidden = get_face_segmentation_mask(model, HIDDEN_PARTS).numpy()
    faces = model.faces.numpy()[~hidden]
    _, part = connected_components(adjacency(faces, len(model.template_vertices)))
    skin = part == np.bincount(part).argmax()
    visible: np.ndarray = faces[skin[faces[:, 0]]]
    return visible


def _joint_weights(model: Any) -> np.ndarray:
    """Return weights (vertices, 24): each bone's go to the joint that carries it."""
    carrier = np.array([_carrying_joint(label) for label in model.bone_labels])
    bones, values = model.vertex_bone_indices.numpy(), model.vertex_bone_weights.numpy()
    weights = np.zeros((len(values), len(NAMES_24)))
    np.add.at(weights, (np.arange(len(values))[:, None], carrier[bones]), values)
    even = _symmetric_weights(weights, model.template_vertices.numpy())
    return strongest_weights(diffuse_weights(even, model.faces.numpy()))


def _carrying_joint(bone_label: str) -> int:
    bone = bone_label.removeprefix("mixamorig:")
    for side in ("Left", "Right"):
        if bone.startswith(f"{side}Hand") and bone != f"{side}Hand":
            bone = f"{side}HandMiddle1"
    return list(BONE_OF_JOINT.values()).index(bone)
