"""A text model: a T5 and its tokenizer, which encode captions and decode token numbers.

The configuration and the tokenizer are stored in checkpoints as two JSON texts, so that a
checkpoint needs no other file.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from huggingface_hub.errors import StrictDataclassError
from tokenizers import Tokenizer, processors
from torch import nn
from transformers import T5Config, T5ForConditionalGeneration

from pipelines.training.common.language_models import expect_no_code, load_errors_as_input_errors

MAX_TOKENS = 128
"""Longer texts are truncated; the longest captions of HumanML3D have about a hundred words."""
IGNORED = -100
"""Label that PyTorch's cross entropy ignores, as in the T5 of transformers."""
END = "</s>"
"""T5's end token."""


@dataclass(frozen=True, eq=False)
class TextModel:
    """A T5 and its tokenizer."""

    name: str
    """Name given by the user."""
    tokenizer: Tokenizer
    model: T5ForConditionalGeneration

    @property
    def width(self) -> int:
        """Return the width of the model's embeddings."""
        return int(self.model.config.d_model)

    def encode(self, texts: Sequence[str]) -> tuple[torch.Tensor, torch.Tensor]:
        """Return token numbers and the mask of valid tokens, both shaped (texts, tokens), int64."""
        tokens = [torch.tensor(found.ids) for found in self.tokenizer.encode_batch(list(texts))]
        ids = torch.nn.utils.rnn.pad_sequence(
            tokens, batch_first=True, padding_value=self.model.config.pad_token_id
        )
        lengths = torch.tensor([len(found) for found in tokens])
        return ids, (torch.arange(ids.shape[1]) < lengths[:, None]).long()

    def labels(self, texts: Sequence[str]) -> torch.Tensor:
        """Return token numbers shaped (texts, tokens), with `IGNORED` as padding."""
        ids, mask = self.encode(texts)
        return ids.masked_fill(mask == 0, IGNORED)

    def decode(self, ids: torch.Tensor) -> list[str]:
        """Return the texts of token numbers shaped (texts, tokens)."""
        return [text.strip() for text in self.tokenizer.decode_batch(ids.tolist())]

    def to_state(self) -> dict[str, str]:
        """Return everything except the weights, for a checkpoint."""
        config = json.dumps(self.model.config.to_dict())
        return {"name": self.name, "tokenizer": self.tokenizer.to_str(), "config": config}

    @staticmethod
    def from_state(state: dict[str, str]) -> "TextModel":
        """Return a text model whose weights are not loaded yet.

        Its output layer is never that of its word embeddings: a T5 may have both (Flan-T5 does),
        and loading would write one over the other. A T5 with one for both has its numbers twice.
        """
        try:
            config = T5Config.from_dict(json.loads(state["config"]))
        except StrictDataclassError as error:
            raise ValueError(f"the configuration of the T5: {error}") from error
        expect_no_code("the checkpoint", config)
        with load_errors_as_input_errors("the checkpoint: its text model", "what a training wrote"):
            tokenizer = Tokenizer.from_str(state["tokenizer"])
        model = T5ForConditionalGeneration(config)
        model.lm_head.weight = nn.Parameter(model.lm_head.weight.detach().clone())
        return TextModel(state["name"], tokenizer, model)


def decoder_parameters(model: T5ForConditionalGeneration) -> list[nn.Parameter]:
    """Return the parameters of a T5's decoder and output layer that its encoder does not have.

    The embeddings of words are the encoder's too.
    """
    shared = {id(each) for each in model.encoder.parameters()}
    known = (*model.decoder.parameters(), *model.lm_head.parameters())
    return [each for each in known if id(each) not in shared]


def finish_tokenizer(tokenizer: Tokenizer, end: str = END) -> Tokenizer:
    """Make a tokenizer append the end token, if it does not, truncate, and not pad."""
    if tokenizer.encode("").tokens[-1:] != [end]:
        pair = (end, tokenizer.token_to_id(end))
        tokenizer.post_processor = processors.TemplateProcessing(f"$A {end}", None, [pair])
    tokenizer.no_padding()
    tokenizer.enable_truncation(MAX_TOKENS)
    return tokenizer
