"""The text encoder of an editor: trained with it, or that of a folder, which is not trained."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TextIO

import torch
from torch import Tensor

from motiondata.errors import InputError
from pipelines.training.common.load_text_model import load_text_model
from pipelines.training.common.options import TINY
from pipelines.training.common.text_model import TextModel
from pipelines.training.text_encoders.known_texts import know_texts
from pipelines.training.text_encoders.load_text_encoder import load_text_encoder
from pipelines.training.text_encoders.sentence_encoder import SentenceEncoder
from pipelines.training.text_encoders.text_encoder import T5TextEncoder, TextEncoder

GROUPS, LEAST_GROUP = 6, 8
"""Number of groups that a batch is embedded in, and the least size of a group."""


@dataclass(frozen=True, eq=False)
class EditText:
    """A text encoder, and what a checkpoint says of it."""

    encoder: TextEncoder
    state: Mapping[str, Any]
    """Of a trained one everything except its weights; of another one its name and hash."""

    @property
    def is_trained(self) -> bool:
        """Whether it is trained with the editor."""
        return "tiny" in self.state

    @property
    def identity(self) -> Mapping[str, Any]:
        """What determines the vectors of texts: not where the folder of an encoder is."""
        if self.is_trained:
            return self.state
        return {name: value for name, value in self.state.items() if name != "name"}

    @classmethod
    def make(
        cls,
        name: str,
        training: Sequence[str],
        others: Sequence[str],
        seed: int,
        device: torch.device,
        cache: Path | None,
        stream: TextIO | None,
    ) -> "EditText":
        """Return the encoder of a name as `load_text_encoder` reads it.

        One that is not trained knows the training texts and the `others`, whose vectors are in the
        file `cache`.
        """
        if name == TINY:
            text = load_text_model(TINY, training, seed)
            return cls(T5TextEncoder(text), text.to_state() | {"tiny": True})
        encoder = load_text_encoder(name, training, seed)
        assert isinstance(encoder, SentenceEncoder)  # noqa: S101 (every name but tiny)
        known = know_texts(encoder, [*training, *others], device, cache, stream)
        return cls(known, {"name": name, "id": encoder.id})

    @classmethod
    def restore(cls, state: Mapping[str, Any]) -> "EditText":
        """Return the encoder of a checkpoint, which reads any text.

        Raises `InputError` if the folder of one that was not trained has another encoder now.
        """
        if "tiny" in state:
            return cls(T5TextEncoder(TextModel.from_state(dict(state))), state)
        encoder = load_text_encoder(str(state["name"]), [], 0)
        if not isinstance(encoder, SentenceEncoder) or encoder.id != state["id"]:
            raise InputError(
                f"{state['name']}: expected the text encoder that the editor was trained with, "
                "found another one; put it back, or train again"
            )
        return cls(encoder, state)


def embed_by_length(encoder: TextEncoder, texts: Sequence[str]) -> Tensor:
    """Return the vectors of texts, shaped (texts, width); texts of similar lengths run together.

    Most of a batch would be padding otherwise: the longest text has three times the mean length.
    """
    order = sorted(range(len(texts)), key=lambda number: len(texts[number]))
    size = max(LEAST_GROUP, -(-len(texts) // GROUPS))
    groups = [order[at : at + size] for at in range(0, len(order), size)]
    vectors = torch.cat([encoder.embed([texts[number] for number in group]) for group in groups])
    places = torch.empty(len(order), dtype=torch.int64)
    places[order] = torch.arange(len(order))
    return vectors[places.to(vectors.device)]
