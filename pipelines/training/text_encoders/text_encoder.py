"""What an alignment needs of a text encoder, and the encoder of a T5 as the simplest one."""

from collections.abc import Sequence
from typing import Protocol

import torch
from torch import Tensor, nn

from pipelines.training.common.text_model import TextModel


class TextEncoder(Protocol):
    """Makes one vector of each text."""

    @property
    def width(self) -> int:
        """Numbers per text."""

    @property
    def module(self) -> nn.Module | None:
        """Module whose parameters can be trained; None if vectors are only looked up."""

    def embed(self, texts: Sequence[str]) -> Tensor:
        """Return vectors shaped (texts, width), on the device of the module."""


class T5TextEncoder:
    """The mean of what the encoder of a T5 makes of the tokens of a text."""

    def __init__(self, text: TextModel) -> None:
        self._text = text
        self.width = text.width
        self.module: nn.Module = text.model.encoder

    def embed(self, texts: Sequence[str]) -> Tensor:
        """Return vectors shaped (texts, width)."""
        device = self._text.model.device
        ids, mask = (part.to(device) for part in self._text.encode(texts))
        found = self.module(input_ids=ids, attention_mask=mask)
        return masked_mean(found.last_hidden_state, mask)


def masked_mean(values: Tensor, mask: Tensor) -> Tensor:
    """Return the mean of values shaped (items, places, width) over the places in the mask."""
    counted = mask[..., None].to(values.dtype)
    return (values * counted).sum(1) / counted.sum(1)


def pad_tokens(numbers: Sequence[Sequence[int]], padding: int) -> tuple[Tensor, Tensor]:
    """Return token numbers and the mask of those that are not padding, shaped (texts, tokens)."""
    tokens = [torch.tensor(each, dtype=torch.int64) for each in numbers]
    ids = torch.nn.utils.rnn.pad_sequence(tokens, batch_first=True, padding_value=padding)
    lengths = torch.tensor([len(each) for each in tokens])
    return ids, (torch.arange(ids.shape[1]) < lengths[:, None]).long()
