"""The alignment model: a point encoder and a text encoder with a shared embedding space."""

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional

from pipelines.training.alignment.contrastive_loss import Temperature
from pipelines.training.common.text_model import TextModel


class Alignment(nn.Module):
    """Embeds motions and texts as vectors of length 1, shaped (items, shared width).

    An embedding is the mean over frames or tokens, then a linear map. A text model that is not
    trained is not among the module's parameters, and therefore not in its checkpoints.
    """

    def __init__(self, encoder: nn.Module, text: TextModel, shared: int, trains_text: bool) -> None:
        super().__init__()
        self.encoder = encoder
        self.of_motion = nn.Linear(encoder.width, shared)  # type: ignore[arg-type]
        self.of_text = nn.Linear(text.width, shared)
        self.temperature = Temperature()
        self._text, self._trains_text = text, trains_text
        if trains_text:
            self.text_encoder = text.model.encoder
        else:
            text.model.eval()

    def embed_motions(self, points: Tensor, mask: Tensor) -> Tensor:
        """Return the vectors of clips shaped (clips, frames, points, 3); `mask` (clips, frames)."""
        return self.embed_features(self.encoder(points, mask), mask)

    def embed_features(self, features: Tensor, mask: Tensor) -> Tensor:
        """Return the vectors of clips, given features shaped (clips, frames, width)."""
        return _unit(self.of_motion(_masked_mean(features, mask)))

    def embed_texts(self, texts: Sequence[str]) -> Tensor:
        """Return the vectors of texts."""
        device = self.of_text.weight.device
        ids, mask = (part.to(device) for part in self._text.encode(texts))
        with torch.set_grad_enabled(self._trains_text and torch.is_grad_enabled()):
            found = self._text.model.encoder(input_ids=ids, attention_mask=mask)
        return _unit(self.of_text(_masked_mean(found.last_hidden_state, mask)))


def _masked_mean(values: Tensor, mask: Tensor) -> Tensor:
    """Return the mean of values shaped (items, places, width) over the places in the mask."""
    counted = mask[..., None].to(values.dtype)
    return (values * counted).sum(1) / counted.sum(1)


def _unit(values: Tensor) -> Tensor:
    return functional.normalize(values.float(), dim=-1)
