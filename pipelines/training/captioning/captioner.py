"""The captioner: a prompt and projected standardized features of frames as input of a T5.

Standardization prevents one sentence for every clip: features with a large common mean drive the
units of the projector to where all clips look alike, and training does not recover. The statistics
are therefore buffers of the module, stored with its weights.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from motiondata.errors import InputError
from pipelines.training.common.checkpoints import read_checkpoint, reading_contents
from pipelines.training.common.clip_fields import COORDINATES
from pipelines.training.common.decoding import DECODING, Decoding
from pipelines.training.common.text_model import IGNORED, TextModel
from pipelines.training.encoders.load_encoder import blank_encoder

KIND = "captioner"
"""Kind of the checkpoints of `motiondata train-captioner`."""
PROMPT = "describe the motion:"


class Captioner(nn.Module):
    """Captions clips, given features of their frames, or the input of the module's encoder.

    Values are shaped (clips, frames, ...): features of `width` numbers, or the encoder's input.
    Masks are true for frames that are not padding, shaped (clips, frames).
    """

    mean: Tensor
    std: Tensor
    prompt: Tensor

    def __init__(
        self, text: TextModel, mean: Tensor, std: Tensor, encoder: nn.Module | None = None
    ) -> None:
        super().__init__()
        self.text = text
        self.language_model: nn.Module = text.model
        self.projector = make_projector(len(mean), text.width)
        self.encoder = encoder
        self.register_buffer("mean", mean.float())
        self.register_buffer("std", std.float())
        self.register_buffer("prompt", text.encode([PROMPT])[0][0, :-1])

    def features(self, values: Tensor, mask: Tensor) -> Tensor:
        """Return features standardized by the mean and standard deviation of the training set."""
        features = values if self.encoder is None else self.encoder(values, mask)
        return (features - self.mean) / self.std

    def project(self, features: Tensor, mask: Tensor) -> Tensor:
        """Return an embedding per frame, shaped (clips, frames, width of the T5)."""
        found = self.projector(features[mask])
        embeddings: Tensor = found.new_zeros(*mask.shape, found.shape[-1])
        embeddings[mask] = found
        return embeddings

    def loss(self, values: Tensor, mask: Tensor, labels: Tensor) -> Tensor:
        """Return the mean cross entropy of the tokens of clips' captions."""
        before = self.text.model.prepare_decoder_input_ids_from_labels(labels)
        found = self.language_model(
            **self._inputs(values, mask), decoder_input_ids=before, use_cache=False
        )
        return functional.cross_entropy(
            found.logits.float().flatten(0, 1), labels.flatten(), ignore_index=IGNORED
        )

    def shuffled_loss(self, values: Tensor, mask: Tensor, labels: Tensor) -> Tensor:
        """Return the loss of each clip's caption with the previous clip's values."""
        return self.loss(values.roll(1, 0), mask.roll(1, 0), labels)

    def caption(self, values: Tensor, mask: Tensor, decoding: Decoding = DECODING) -> list[str]:
        """Return one caption per clip."""
        ids = self.text.model.generate(
            **self._inputs(values, mask),
            num_beams=decoding.beams,
            max_new_tokens=decoding.max_tokens,
            do_sample=False,
        )
        return self.text.decode(ids)

    def _inputs(self, values: Tensor, mask: Tensor) -> dict[str, Tensor]:
        """Return the T5's input: embeddings of the prompt, then of the frames, and their mask."""
        frames = self.project(self.features(values, mask), mask)
        prompt = self.text.model.get_input_embeddings()(self.prompt).to(frames.dtype)
        return {
            "inputs_embeds": torch.cat([prompt.expand(len(frames), -1, -1), frames], 1),
            "attention_mask": functional.pad(mask, (len(prompt), 0), value=True).long(),
        }


def make_projector(width: int, embedding: int) -> nn.Sequential:
    """Return the projector: for flan-t5-base 1024-1024-768-768, GELU after the first two layers."""
    return nn.Sequential(
        nn.Linear(width, width),
        nn.GELU(),
        nn.Linear(width, embedding),
        nn.GELU(),
        nn.Linear(embedding, embedding),
    )


@dataclass(frozen=True, eq=False)
class LoadedCaptioner:
    """A trained captioner, and the field and frames that it reads."""

    module: Captioner
    """The module in evaluation mode, on the CPU."""
    field: str
    stride: int
    """Frame stride of its input."""
    features_by: str | None
    """Id of the encoder of its training features; None if unknown."""

    @property
    def components(self) -> int:
        """Return the size of the last axis of the field: the width of features, or 3 for points."""
        return len(self.module.mean) if self.module.encoder is None else COORDINATES


def load_captioner(checkpoint: Path) -> LoadedCaptioner:
    """Return the captioner of a checkpoint of `motiondata train-captioner`.

    Raises `InputError` for another file.
    """
    return restore_captioner(read_checkpoint(checkpoint, KIND), checkpoint)


def restore_captioner(state: Mapping[str, Any], checkpoint: Path) -> LoadedCaptioner:
    """Return the captioner in the state of a checkpoint; raise `InputError` if they do not fit."""
    with reading_contents(checkpoint, KIND):
        return _restore(state["contents"], state["weights"], checkpoint)


def _restore(
    contents: Mapping[str, Any], weights: Mapping[str, Tensor], checkpoint: Path
) -> LoadedCaptioner:
    text, described = TextModel.from_state(contents["text"]), contents["encoder"]
    encoder = None if described is None else blank_encoder(described)
    module = Captioner(text, weights["mean"], weights["std"], encoder)
    try:
        module.load_state_dict(weights)
    except RuntimeError as error:
        raise InputError(f"{checkpoint}: its weights do not fit its T5: {error}") from error
    field, stride = contents["field"], contents["stride"]
    if not isinstance(field, str) or type(stride) is not int or stride < 1:
        raise TypeError(f"field {field!r}, stride {stride!r}")
    return LoadedCaptioner(module.eval(), field, stride, contents.get("features_by"))
