"""Guidance without a classifier: the caption of a motion counts more than in the model itself.

The scores of the next tokens are those without the caption, plus a multiple of what the caption
changes (Ho and Salimans, 2022). Both have the same tokens before them.
"""

from typing import Any

import torch
from torch import Tensor, nn


class Guidance:
    """Guides the scores of the motions of one call, as a processor of scores."""

    def __init__(self, model: nn.Module, encoded: Any, mask: Tensor, scale: float) -> None:
        self._model, self._encoded, self._mask, self._scale = model, encoded, mask, scale
        self._cache: Any = None

    @classmethod
    def of(cls, model: Any, plain: dict[str, Tensor], scale: float) -> "Guidance":
        """Return the guidance away from the inputs of instructions without captions."""
        return cls(model, model.encoder(**plain), plain["attention_mask"], scale)

    def __call__(self, ids: Tensor, scores: Tensor) -> Tensor:
        """Return the guided scores of the next tokens, (motions, vocabulary).

        `ids` are the tokens so far, (motions, tokens), one more in each call.
        """
        found = self._model(
            encoder_outputs=self._encoded,
            attention_mask=self._mask,
            decoder_input_ids=ids[:, -1:],
            past_key_values=self._cache,
            use_cache=True,
        )
        self._cache = found.past_key_values
        plain = torch.log_softmax(found.logits[:, -1].float(), -1)
        return plain + self._scale * (torch.log_softmax(scores.float(), -1) - plain)
