"""The captioner: a prompt and embeddings of frames, of motion tokens, or of both, read by a T5."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from motiondata.errors import InputError
from pipelines.training.captioning.clip_lengths import length_prompts
from pipelines.training.captioning.inputs import ClipInputs, FrameInput, TokenInput, packed
from pipelines.training.captioning.pair_input import PairInput
from pipelines.training.common.checkpoints import read_checkpoint, reading_contents
from pipelines.training.common.clip_fields import PaddedClips
from pipelines.training.common.decoding import DECODING, Decoding
from pipelines.training.common.low_rank import add_low_rank
from pipelines.training.common.optimizer import seeded
from pipelines.training.common.text_model import IGNORED, TextModel
from pipelines.training.encoders.load_encoder import blank_encoder
from pipelines.training.language.token_clips import TokenSource
from pipelines.training.pose_pairs.read_pairs import FIELD as PAIRS

KIND = "captioner"
"""Kind of the checkpoints of `motiondata train-captioner`."""
PROMPT = "describe the motion:"
PAIR_PROMPT = "correct the pose:"
"""Prompt of a captioner of pose pairs."""

Reader = FrameInput | PairInput | TokenInput
"""What makes embeddings of clips."""


class Captioner(nn.Module):
    """Captions clips, given their frames, their motion tokens, or both.

    The T5 reads the prompt, then the frames, or the joints of a pose pair, then the tokens. If it
    reads both, a learned vector is added to the embeddings of each kind. With `length_prompt`, the
    prompt of each clip says how long it is.
    """

    prompt: Tensor | None
    """The tokens of the prompt of all clips, shaped (tokens,); None if each clip has its own."""

    def __init__(
        self,
        text: TextModel,
        frames: FrameInput | PairInput | None = None,
        tokens: TokenInput | None = None,
        length_prompt: bool = False,
    ) -> None:
        super().__init__()
        if frames is None and tokens is None:
            raise ValueError("expected frames or tokens to caption, found neither")
        self.text = text
        self.language_model: nn.Module = text.model
        self.frames, self.tokens = frames, tokens
        self.kinds = nn.Parameter(torch.zeros(2, text.width)) if frames and tokens else None
        prompt = PAIR_PROMPT if isinstance(frames, PairInput) else PROMPT
        fixed = None if length_prompt else text.encode([prompt])[0][0, :-1]
        self.register_buffer("prompt", fixed)

    def inputs(self, clips: ClipInputs) -> list[tuple[Reader, PaddedClips]]:
        """Return the modules that read clips, each with what it reads."""
        pairs = (self.frames, clips.frames), (self.tokens, clips.tokens)
        return [(module, read) for module, read in pairs if module is not None and read is not None]

    def embed(self, clips: ClipInputs) -> tuple[Tensor, Tensor]:
        """Return the embeddings of clips, (clips, places, width of the T5), and their mask."""
        found, masks = [], []
        for kind, (module, read) in enumerate(self.inputs(clips)):
            embedded, mask = module.project(module.features(read), read.mask)
            found.append(embedded if self.kinds is None else embedded + self.kinds[kind])
            masks.append(mask)
        if len(found) == 1:
            return found[0], masks[0]
        return packed(torch.cat(found, 1), torch.cat(masks, 1))

    def loss(self, clips: ClipInputs, labels: Tensor, smoothing: float = 0.0) -> Tensor:
        """Return the mean cross entropy of the tokens of clips' captions.

        `labels` has one row per clip, or several: those of the first clip, of the second, and so
        on. `smoothing` is the share of the probability that all tokens have in common.
        """
        before = self.text.model.prepare_decoder_input_ids_from_labels(labels)
        found = self.language_model(
            **self._read(clips, len(labels)), decoder_input_ids=before, use_cache=False
        )
        return functional.cross_entropy(
            found.logits.float().flatten(0, 1),
            labels.flatten(),
            ignore_index=IGNORED,
            label_smoothing=smoothing,
        )

    def shuffled_loss(self, clips: ClipInputs, labels: Tensor) -> Tensor:
        """Return the loss of each clip's caption with the previous clip's frames and tokens."""
        return self.loss(clips.of_previous(), labels)

    def caption(self, clips: ClipInputs, decoding: Decoding = DECODING) -> list[str]:
        """Return one caption per clip."""
        return decoding.kept(self.written(clips, decoding))

    def written(self, clips: ClipInputs, decoding: Decoding) -> list[str]:
        """Return all captions that are drawn of each clip, those of the first clip first."""
        with seeded(decoding.seed):
            read = self._inputs(clips)

            def generate(options: Mapping[str, Any]) -> list[str]:
                return self.text.decode(self.text.model.generate(**read, **options))

            return decoding.write(len(read["attention_mask"]), generate)

    def _read(self, clips: ClipInputs, captions: int) -> dict[str, Any]:
        """Return the T5's input for a number of captions; each clip is encoded once."""
        inputs = self._inputs(clips)
        each = captions // len(inputs["attention_mask"])
        if each == 1:
            return {**inputs}
        encoded = self.text.model.encoder(**inputs).last_hidden_state
        return {
            "encoder_outputs": (encoded.repeat_interleave(each, 0),),
            "attention_mask": inputs["attention_mask"].repeat_interleave(each, 0),
        }

    def _inputs(self, clips: ClipInputs) -> dict[str, Tensor]:
        """Return the T5's input: embeddings of the prompt, then of the clips, and their mask."""
        embeddings, mask = self.embed(clips)
        embed = self.text.model.get_input_embeddings()
        if self.prompt is None:
            ids, known = self.own_prompts(clips)
            prompts = embed(ids.to(mask.device)).to(embeddings.dtype)
            together = torch.cat([known.to(mask.device), mask], 1)
            read, there = packed(torch.cat([prompts, embeddings], 1), together)
            return {"inputs_embeds": read, "attention_mask": there.long()}
        prompt = embed(self.prompt).to(embeddings.dtype)
        return {
            "inputs_embeds": torch.cat([prompt.expand(len(mask), -1, -1), embeddings], 1),
            "attention_mask": functional.pad(mask, (len(prompt), 0), value=True).long(),
        }

    def own_prompts(self, clips: ClipInputs) -> tuple[Tensor, Tensor]:
        """Return tokens of the prompts that say the lengths of clips, and the mask of valid ones.

        Both are shaped (clips, tokens), without end tokens. Raises `ValueError` if the inputs have
        no lengths.
        """
        if clips.seconds is None:
            raise ValueError("expected the lengths of clips for their prompts, found none")
        ids, mask = self.text.encode(length_prompts(clips.seconds.tolist()))
        return ids[:, :-1], mask[:, 1:].bool()  # each prompt ends with the end token


@dataclass(frozen=True, eq=False)
class LoadedCaptioner:
    """A trained captioner, and what it reads."""

    module: Captioner
    """The module in evaluation mode, on the CPU."""
    field: str | None
    """The field of frames; None if it reads tokens only."""
    stride: int
    """Frame stride of its input."""
    features_by: str | None
    """Id of the encoder of its training features; None if unknown."""
    tokens: TokenSource | None = None
    """The tokenizer of its motion tokens; None if it reads none."""

    @property
    def components(self) -> int | None:
        """Return the size of the last axis of the field; None if it reads tokens only."""
        return None if self.module.frames is None else self.module.frames.components


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
    text, tokens = TextModel.from_state(contents["text"]), contents["tokens"]
    if contents.get("lora_rank") is not None:
        add_low_rank(text.model, contents["lora_rank"])
    source = None if tokens is None else TokenSource(**tokens)
    field, stride = contents["field"], contents["stride"]
    frames = _blank_frames(text.width, field, contents, weights)
    module = Captioner(
        text,
        frames,
        None if source is None else TokenInput(text.width, source.codes, source.stages),
        contents.get("length_prompt", False),
    )
    try:
        module.load_state_dict(weights)
    except RuntimeError as error:
        raise InputError(f"{checkpoint}: its weights do not fit its T5: {error}") from error
    if not isinstance(field, str | None) or type(stride) is not int or stride < 1:
        raise TypeError(f"field {field!r}, stride {stride!r}")
    return LoadedCaptioner(module.eval(), field, stride, contents.get("features_by"), source)


def _blank_frames(
    width: int,
    field: str | None,
    contents: Mapping[str, Any],
    weights: Mapping[str, Tensor],
) -> FrameInput | PairInput | None:
    if field is None:
        return None
    if field == PAIRS:
        return PairInput(width, weights["frames.pairs.mean"], weights["frames.pairs.std"])
    described = contents["encoder"]
    encoder = None if described is None else blank_encoder(described)
    statistics = weights["frames.mean"], weights["frames.std"]
    return FrameInput(width, *statistics, encoder, contents.get("downsample", 1))
