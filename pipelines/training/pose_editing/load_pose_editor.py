"""Pose editors in a checkpoint, and ready to edit poses."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from motiondata.errors import InputError
from motiondata.rotations import rotmat_to_rotvec
from motiondata.skeletons import JOINTS
from motiondata.watching import Advance, unnoticed
from pipelines.training.common.checkpoints import read_checkpoint, reading_contents
from pipelines.training.common.inference import hash_model, one_thread
from pipelines.training.common.optimizer import SEEDS
from pipelines.training.pose_editing.edit_items import to_matrices
from pipelines.training.pose_editing.edit_text import EditText
from pipelines.training.pose_editing.options import EditorSizes
from pipelines.training.pose_editing.pose_editor import PoseEditor
from pipelines.training.pose_editing.pose_features import PoseFeatures

KIND = "pose editor"
"""Kind of the checkpoints of `motiondata train-pose-editor`."""
AT_ONCE = 64


@dataclass(frozen=True, eq=False)
class LoadedPoseEditor:
    """A trained pose editor."""

    module: PoseEditor
    """In evaluation mode."""
    id: str
    """Hash of everything that determines the edits."""

    def edit(
        self, poses: NDArray[np.floating], texts: Sequence[str], seed: int | None = None
    ) -> NDArray[np.float64]:
        """Return the poses that texts ask for, axis-angle, shaped (poses, 22, 3), radians.

        `poses` have the same shape; they have no heading, z is up, and the person faces -y. Without
        a seed, the latent vector is the mean of the prior; with one, it is drawn. Raises
        `InputError` for other shapes.
        """
        (edited,) = self.edit_repeatedly(poses, texts, [seed])
        return edited

    def edit_repeatedly(
        self,
        poses: NDArray[np.floating],
        texts: Sequence[str],
        seeds: Sequence[int | None],
        advance: Advance = unnoticed,
    ) -> list[NDArray[np.float64]]:
        """Return what `edit` returns for each seed; texts are read once.

        `advance` counts the poses that are edited.
        """
        if poses.shape != (len(texts), JOINTS, 3):
            raise InputError(f"expected poses shaped ({len(texts)}, 22, 3), found {poses.shape}")
        first = to_matrices(poses)
        noises = [_noise(len(texts), self.module.latent, seed) for seed in seeds]
        found: list[list[NDArray[np.float32]]] = [[] for _ in seeds]
        with one_thread(), torch.inference_mode():
            for at in range(0, len(texts), AT_ONCE):
                some = slice(at, at + AT_ONCE)
                edits = self._edit(first[some], [*texts[some]], [each[some] for each in noises])
                for parts, edit in zip(found, edits, strict=True):
                    parts.append(edit)
                advance(len(first[some]))
        return [rotmat_to_rotvec(np.concatenate(parts).astype(np.float64)) for parts in found]

    def _edit(
        self, first: Tensor, texts: list[str], noises: Sequence[Tensor]
    ) -> list[NDArray[np.float32]]:
        device = self.module.log_stds.device
        first = first.to(device)
        condition = self.module.read(first, texts)
        prior = self.module.prior_of(condition)
        latents = (prior.at(noise.to(device)) for noise in noises)
        edits = (self.module.decode(first, latent, condition) for latent in latents)
        return [edit.cpu().numpy() for edit in edits]


def _noise(items: int, latent: int, seed: int | None) -> Tensor:
    if seed is None:
        return torch.zeros(items, latent)
    return torch.randn(items, latent, generator=torch.Generator().manual_seed(seed % SEEDS))


def load_pose_editor(checkpoint: Path) -> LoadedPoseEditor:
    """Return the editor that `motiondata train-pose-editor` wrote, on the CPU.

    Raises `InputError` for another file, and if its text encoder is not where it was.
    """
    found = read_checkpoint(checkpoint, KIND)
    with reading_contents(checkpoint, KIND):
        contents, weights = found["contents"], found["weights"]
        text = EditText.restore(contents["text"])
        features = PoseFeatures(weights["features.mean"], weights["features.std"])
        sizes = EditorSizes(**contents["sizes"])
        module = PoseEditor(sizes, text.encoder, text.is_trained, features)
        module.load_state_dict(weights)
        determining = {**contents, "text": text.identity}
        found_id = hash_model(determining, weights)
        return LoadedPoseEditor(module.eval().requires_grad_(False), found_id)


def describe_editor(sizes: EditorSizes, text: EditText) -> Mapping[str, Any]:
    """Return what `load_pose_editor` needs in addition to the weights, as JSON."""
    return {"sizes": asdict(sizes), "text": {**text.state}}
