"""The alignment model: a point encoder and a text encoder with a shared embedding space."""

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional

from pipelines.training.alignment.contrastive_loss import Temperature
from pipelines.training.text_encoders.text_encoder import TextEncoder, masked_mean


class Alignment(nn.Module):
    """Embeds motions and texts as vectors of length 1, shaped (items, shared width).

    An embedding is a linear map of the mean over frames, or of the vector of a text. A text encoder
    that is not trained is not among the module's parameters, and therefore not in its checkpoints.
    """

    def __init__(
        self, encoder: nn.Module, text: TextEncoder, shared: int, trains_text: bool
    ) -> None:
        super().__init__()
        self.encoder = encoder
        self.of_motion = nn.Linear(encoder.width, shared)  # type: ignore[arg-type]
        self.of_text = nn.Linear(text.width, shared)
        self.temperature = Temperature()
        self._text, self._trains_text = text, trains_text
        if trains_text:
            self.text_encoder = text.module

    def embed_motions(self, points: Tensor, mask: Tensor) -> Tensor:
        """Return the vectors of clips shaped (clips, frames, points, 3); `mask` (clips, frames)."""
        return self.embed_features(self.encoder(points, mask), mask)

    def embed_features(self, features: Tensor, mask: Tensor) -> Tensor:
        """Return the vectors of clips, given features shaped (clips, frames, width)."""
        return _unit(self.of_motion(masked_mean(features, mask)))

    def embed_texts(self, texts: Sequence[str]) -> Tensor:
        """Return the vectors of texts."""
        return self.embed_encoded(self.encode_texts(texts))

    def encode_texts(self, texts: Sequence[str]) -> Tensor:
        """Return the vectors that the text encoder makes, shaped (texts, its width)."""
        with torch.set_grad_enabled(self._trains_text and torch.is_grad_enabled()):
            return self._text.embed(texts).to(self.of_text.weight.device)

    def embed_encoded(self, encoded: Tensor) -> Tensor:
        """Return the vectors of texts, given what `encode_texts` returned."""
        return _unit(self.of_text(encoded))


def _unit(values: Tensor) -> Tensor:
    return functional.normalize(values.float(), dim=-1)
