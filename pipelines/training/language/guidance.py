"""Guidance without a classifier: the caption of a motion counts more than in the model itself.

The scores of the next codes are those without the caption, plus a multiple of what the caption
changes (Ho and Salimans, 2022). Both have the same tokens before them. The end of a motion keeps
its probability: without a caption, a model knows nothing of a length, so guided motion would not
end.
"""

from math import inf
from typing import Any

import torch
from torch import Tensor, nn


class Guidance:
    """Guides the scores of the motions of one call, as a processor of scores after the grammar."""

    def __init__(self, model: nn.Module, plain: dict[str, Tensor], scale: float, end: int) -> None:
        """Guide away from the inputs of instructions without captions; `end` ends a motion."""
        self._model, self._scale, self._end = model, scale, end
        self._encoded: Any = model.encoder(**plain)  # type: ignore[operator]
        self._mask, self._cache = plain["attention_mask"], None

    def __call__(self, ids: Tensor, scores: Tensor) -> Tensor:
        """Return the guided scores of the next tokens, (motions, vocabulary).

        `ids` are the tokens so far, (motions, tokens), one more in each call. Scores of tokens that
        are not allowed are minus infinity, and stay so.
        """
        known = torch.log_softmax(scores.float(), -1)
        plain = self._plain(ids).masked_fill(scores == -inf, -inf)
        plain = torch.log_softmax(plain, -1)
        guided = plain + self._scale * (known - plain)
        chosen = scores > -inf
        chosen[:, self._end] = False
        ended = known[:, self._end, None].exp()
        codes = torch.log_softmax(guided.masked_fill(~chosen, -inf), -1) + torch.log1p(-ended)
        return torch.where(chosen, codes, known)

    def _plain(self, ids: Tensor) -> Tensor:
        """Return the scores of the next tokens without captions."""
        found = self._model(
            encoder_outputs=self._encoded,
            attention_mask=self._mask,
            decoder_input_ids=ids[:, -1:],
            past_key_values=self._cache,
            use_cache=True,
        )
        self._cache = found.past_key_values
        scores: Tensor = found.logits[:, -1].float()
        return scores
