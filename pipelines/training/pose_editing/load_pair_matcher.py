"""Matchers of pairs in a checkpoint, and ready to embed pairs and texts."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from motiondata.errors import InputError
from motiondata.skeletons import JOINTS
from pipelines.training.alignment.alignment_model import Alignment
from pipelines.training.common.checkpoints import read_checkpoint, reading_contents
from pipelines.training.common.inference import hash_model, one_thread
from pipelines.training.common.text_model import TextModel
from pipelines.training.pose_editing.options import PairMatcherSizes
from pipelines.training.pose_editing.pair_vectors import PairVectors
from pipelines.training.pose_editing.pose_features import PoseFeatures
from pipelines.training.text_encoders.text_encoder import T5TextEncoder

KIND = "pair matcher"
"""Kind of the checkpoints of `motiondata train-pair-matcher`."""
AT_ONCE = 64
Embeddings = NDArray[np.float64]
"""Vectors of pairs or texts, shaped (items, width)."""


@dataclass(frozen=True, eq=False)
class LoadedPairMatcher:
    """A trained matcher of pairs, on the CPU.

    The smaller the Euclidean distance of two embeddings, the better a text describes a pair.
    """

    module: Alignment
    """In evaluation mode."""
    id: str
    """Hash of everything that determines the embeddings."""

    def embed_pairs(self, first: NDArray[np.floating], second: NDArray[np.floating]) -> Embeddings:
        """Return the vectors of poses A and B, each axis-angle, shaped (pairs, 22, 3), radians.

        Raises `InputError` for other shapes.
        """
        if first.shape != second.shape or first.shape[1:] != (JOINTS, 3):
            raise InputError(
                f"expected poses shaped (pairs, 22, 3), found {first.shape} and {second.shape}"
            )
        both = torch.from_numpy(np.stack([first, second], 1).astype(np.float32))
        mask = torch.ones(both.shape[:2], dtype=torch.bool)
        with one_thread(), torch.inference_mode():
            found = self.module.embed_motions(both, mask)
        return found.numpy().astype(np.float64)

    def embed_texts(self, texts: Sequence[str]) -> Embeddings:
        """Return the vectors of texts."""
        parts = [texts[at : at + AT_ONCE] for at in range(0, len(texts), AT_ONCE)]
        with one_thread(), torch.inference_mode():
            found = [self.module.embed_texts(part).numpy() for part in parts]
        return np.concatenate(found).astype(np.float64)


def load_pair_matcher(checkpoint: Path) -> LoadedPairMatcher:
    """Return the matcher that `motiondata train-pair-matcher` wrote, on the CPU.

    Raises `InputError` for another file.
    """
    found = read_checkpoint(checkpoint, KIND)
    with reading_contents(checkpoint, KIND):
        contents, weights = found["contents"], found["weights"]
        sizes = PairMatcherSizes(**contents["sizes"])
        features = PoseFeatures(weights["encoder.features.mean"], weights["encoder.features.std"])
        text = TextModel.from_state(contents["text"])
        encoder = PairVectors(sizes, features)
        module = Alignment(encoder, T5TextEncoder(text), sizes.shared_width, trains_text=True)
        module.load_state_dict(weights)
        module.eval().requires_grad_(False)
        return LoadedPairMatcher(module, hash_model(contents, weights))


def describe_pair_matcher(sizes: PairMatcherSizes, text: TextModel) -> Mapping[str, Any]:
    """Return what `load_pair_matcher` needs in addition to the weights, as JSON."""
    return {"sizes": asdict(sizes), "text": text.to_state()}
