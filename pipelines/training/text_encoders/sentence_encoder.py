"""A text encoder of Hugging Face's format: a transformer, its tokenizer, and how it is pooled."""

import json
from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn

from pipelines.training.common.inference import hash_model
from pipelines.training.text_encoders.pooling import Head
from pipelines.training.text_encoders.text_encoder import pad_tokens


class SentenceEncoder:
    """Makes one vector of each text, in evaluation mode unless its module is trained.

    A model that projects the text itself, as CLIP's text tower does, is not pooled.
    """

    def __init__(self, transformer: nn.Module, tokenizer: Any, head: Head, longest: int) -> None:
        self.module: nn.Module = nn.ModuleDict({"transformer": transformer, "after": head.after})
        self.module.eval()
        self.tokenizer = tokenizer
        # Read here: each call of the tokenizer changes what it says of truncation.
        self._rules = tokenizer.backend_tokenizer.to_str()
        self._transformer, self._head, self._longest = transformer, head, longest
        with torch.no_grad():
            self.width = self.embed(["a person walks"]).shape[-1]

    @property
    def id(self) -> str:
        """Return the hash of everything that determines the vectors, wherever the folder is."""
        config = json.loads(self._config.to_json_string(use_diff=False))
        config.pop("_name_or_path", None)
        description = {
            "config": config,
            "tokenizer": self._rules,
            "pooling": [*self._head.pool.modes, str(self._head.after)],
            "longest": self._longest,
        }
        return hash_model(description, self.module.state_dict())

    def embed(self, texts: Sequence[str]) -> Tensor:
        """Return vectors shaped (texts, width), on the device of the module."""
        device = next(self.module.parameters()).device
        ids, mask = (part.to(device) for part in self._tokenize(texts))
        found = self._transformer(input_ids=ids, attention_mask=mask)
        pooled = getattr(found, "text_embeds", None)
        if pooled is None:
            pooled = self._head.pool(found.last_hidden_state, mask)
        vectors: Tensor = self._head.after(pooled)
        return vectors

    def _tokenize(self, texts: Sequence[str]) -> tuple[Tensor, Tensor]:
        found = self.tokenizer([*texts], truncation=True, max_length=self._longest)["input_ids"]
        known = (getattr(self._config, "pad_token_id", None), self.tokenizer.pad_token_id)
        return pad_tokens(found, next((token for token in known if token is not None), 0))

    @property
    def _config(self) -> Any:
        return self._transformer.config
