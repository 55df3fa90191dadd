"""Clothing: the surface of a body pushed out along its normals, for the whole clip.

Real people return 1.1 to 1.3 times as many points as a bare body, in torso and legs, hardly in the
head (docs/realism.md). The offset is applied to the body at rest, and skinning carries it along, so
that clothes cost no time per frame. It is smooth, because each vertex blends the offsets of body
parts by its skinning weights.
"""

from dataclasses import replace
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from motiondata.bodies.posing import ShapedBody
from motiondata.lidar.realism.settings import Realism
from motiondata.skeletons import JOINT_NAMES
from motiondata.trigonometry import sines_and_cosines

GARMENTS = {
    "top": ("pelvis", "spine1", "spine2", "spine3", "left_collar", "right_collar"),
    "sleeves": ("left_shoulder", "right_shoulder", "left_elbow", "right_elbow"),
    "trousers": ("left_hip", "right_hip", "left_knee", "right_knee"),
    "shoes": ("left_ankle", "right_ankle", "left_foot", "right_foot"),
    "hands": ("left_wrist", "right_wrist"),
    "head": ("neck", "head"),
}
"""The parts of a body that one garment covers. Hands and head are bare."""

SHARES = {
    "pelvis": 1.95, "spine1": 1.95, "spine2": 1.5, "spine3": 1.5, "collar": 1.25, "shoulder": 1.35,
    "elbow": 1.95, "wrist": 0.1, "hip": 1.15, "knee": 0.85, "ankle": 0.4, "foot": 0.4,
    "neck": 0.15, "head": 0.15,
}  # fmt: skip
"""The thickness of clothes on the part that follows a joint, on both sides, as a share of the
clip's. Fitted to widths by height on half of the people of two sensors (docs/realism.md); a guess
for hands, and for neck and head, whose largest offset is `clothing_head_m`."""

VARIATION = 0.15
"""Relative standard deviation of a garment's thickness around its share; a guess."""

FOLDS, FOLD_SHARE = 3, 0.2
"""The number of waves over the body that make folds, and their amplitude as a share of the
thickness; a guess."""

FOLD_LENGTHS = (0.12, 0.4)
"""Wavelengths of folds, meters; a guess."""


def wear_clothes(
    shaped: ShapedBody, settings: Realism, generator: np.random.Generator
) -> ShapedBody:
    """Return the body with the clothes of one clip; its joints are unchanged."""
    if settings.clothing_mean_m == 0:
        return shaped
    thickness = _thickness(settings, generator)
    offsets = _garment_offsets(shaped, thickness, settings, generator)
    offsets = offsets * (1 + FOLD_SHARE * _folds(shaped.vertices, generator))
    return replace(shaped, vertices=shaped.vertices + offsets[:, None] * rest_normals(shaped))


def _thickness(settings: Realism, generator: np.random.Generator) -> float:
    drawn = generator.normal(settings.clothing_mean_m, settings.clothing_sigma_m)
    return float(min(max(drawn, settings.clothing_least_m), settings.clothing_most_m))


def _garment_offsets(
    shaped: ShapedBody, thickness: float, settings: Realism, generator: np.random.Generator
) -> NDArray[np.float64]:
    """Return the offset of each vertex, shaped (vertices,), meters."""
    weights = shaped.body.driven_weights
    total = np.zeros(len(weights))
    for garment, joints in GARMENTS.items():
        factor = max(0.0, 1 + VARIATION * generator.normal())
        most = settings.clothing_head_m if garment == "head" else settings.clothing_most_m
        for name in joints:
            share = SHARES[name.removeprefix("left_").removeprefix("right_")]
            total += weights[:, JOINT_NAMES.index(name)] * min(thickness * share * factor, most)
    return total


def _folds(vertices: NDArray[np.float64], generator: np.random.Generator) -> NDArray[np.float64]:
    """Return the height of folds at each vertex, shaped (vertices,), from -1 to 1."""
    waves = np.zeros(len(vertices))
    for _ in range(FOLDS):
        direction = generator.normal(size=3)
        length = generator.uniform(*FOLD_LENGTHS) * np.sqrt((direction * direction).sum())
        x, y, z = (vertices[:, axis] * direction[axis] for axis in range(3))
        phase = 2 * np.pi * ((x + y + z) / length + generator.uniform())
        waves += sines_and_cosines(phase)[0] / FOLDS
    return waves


@lru_cache(maxsize=64)
def rest_normals(shaped: ShapedBody) -> NDArray[np.float64]:
    """Return the outward unit normal of each vertex at rest, shaped (vertices, 3)."""
    faces, corners = shaped.body.faces, shaped.vertices[shaped.body.faces]
    normals = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    count = len(shaped.vertices)
    summed = np.stack(
        [
            sum(np.bincount(faces[:, corner], normals[:, axis], count) for corner in range(3))
            for axis in range(3)
        ],
        axis=1,
    )
    lengths = np.sqrt((summed * summed).sum(axis=1, keepdims=True))
    return summed / np.where(lengths == 0, 1.0, lengths)
