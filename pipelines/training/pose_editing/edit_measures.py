"""Measures of edited poses: distances from pose B, likelihoods, and codes that were asked for."""

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from motiondata.bodies.posing import ShapedBody, pose_body, pose_joints
from motiondata.counting import counted
from motiondata.errors import InputError
from pipelines.training.common.optimizer import SEEDS
from pipelines.training.pose_editing.asked_codes import EditCodes, fulfilled
from pipelines.training.pose_editing.edit_items import EditItems
from pipelines.training.pose_editing.pose_editor import NUMBERS, PoseEditor

Poses = NDArray[np.floating]
MILLIMETERS = 1000.0
AT_ONCE = 256
"""Number of poses whose surfaces are in memory, and of items that the editor reads."""


@dataclass(frozen=True)
class Likelihood:
    """Log likelihood of pose B in nats per number, or its lower bound; higher is better."""

    rotations: float
    """Of the six numbers of each rotation."""
    joints: float
    """Of the coordinates of the joints, in meters, relative to the pelvis."""


@dataclass(frozen=True)
class EditMeasures:
    """How near edited poses are to poses B, and whether they are what the texts ask for."""

    joint_error_mm: float
    """Mean distance of the joints from those of pose B, the pelvis at one place."""
    vertex_error_mm: float | None
    """The same of the vertices of a body; None if they are not compared."""
    said_exactly: float | None
    """Share of the statements of the texts that hold, by the codes of the poses; None if the texts
    have none."""
    said_in_direction: float | None
    """The same, but a change need only have the right sign."""
    likelihood: Likelihood | None
    """None for poses without a distribution."""


def measure_edits(
    items: EditItems,
    edited: Poses,
    shaped: ShapedBody,
    likelihood: Likelihood | None = None,
    surfaces: bool = False,
) -> EditMeasures:
    """Return the measures of edited poses, axis-angle, (items, 22, 3), radians.

    Raises `InputError` if an edit is not finite.
    """
    broken = ~np.isfinite(edited).all(axis=(1, 2))
    if broken.any():
        raise InputError(
            f"expected edits that are numbers, found NaN or infinity in {broken.sum():,} of "
            f"{counted(len(edited), 'edit')}; train again with a lower --rate in another folder"
        )
    codes = EditCodes.of(items.first, edited, items.in_sequence, shaped)
    said = fulfilled(codes, items.says)
    return EditMeasures(
        joint_error_mm=float(joint_errors(edited, items.second, shaped).mean()),
        vertex_error_mm=_vertex_error(edited, items.second, shaped) if surfaces else None,
        said_exactly=said.exactly,
        said_in_direction=said.in_direction,
        likelihood=likelihood,
    )


def joint_errors(edited: Poses, second: Poses, shaped: ShapedBody) -> NDArray[np.float64]:
    """Return the mean distance of the 22 joints of each pose, shaped (poses,), millimeters."""
    found, expected = (
        pose_joints(shaped, each.astype(np.float64), np.zeros((len(each), 3)))
        for each in (edited, second)
    )
    errors: NDArray[np.float64] = np.linalg.norm(found - expected, axis=-1).mean(1) * MILLIMETERS
    return errors


def _vertex_error(edited: Poses, second: Poses, shaped: ShapedBody) -> float:
    errors = []
    for start in range(0, len(edited), AT_ONCE):
        found, expected = (
            pose_body(shaped, each, np.zeros((len(each), 3))).vertices
            for each in (edited[start : start + AT_ONCE], second[start : start + AT_ONCE])
        )
        errors.append(np.linalg.norm(found - expected, axis=-1).mean(1))
    return float(np.concatenate(errors).mean() * MILLIMETERS)


@torch.no_grad()
def measure_bound(editor: PoseEditor, items: EditItems, seed: int) -> tuple[Likelihood, float]:
    """Return the bound of the likelihood, and the divergence of the posterior in nats per pair.

    Each item has one latent vector, drawn with the seed.
    """
    device = editor.log_stds.device
    noise = torch.randn(
        len(items), editor.latent, generator=torch.Generator().manual_seed(seed % SEEDS)
    )
    parts = []
    for start in range(0, len(items), AT_ONCE):
        some = slice(start, start + AT_ONCE)
        first, second = (each[some].to(device) for each in (items.matrices_a, items.matrices_b))
        found = editor.bound(first, second, [*items.texts[some]], noise[some].to(device))
        parts.append(torch.stack([found.rotations, found.joints, found.divergence]).cpu())
    rotations, joints, divergence = torch.cat(parts, 1).mean(1).tolist()
    bounds = (
        (each - divergence) / count
        for each, count in zip((rotations, joints), NUMBERS, strict=True)
    )
    return Likelihood(*bounds), divergence
