"""The training task of a captioner: what it reads, its stages, losses, and validations.

The stages follow the recipe that prevents the collapse: first the projector alone, so that a
pretrained language model keeps what it knows, then everything. Between them, the decoder may learn
to write captions while the encoder stays. The tiny model has nothing to keep.
"""

from collections.abc import Collection, Mapping
from dataclasses import asdict
from itertools import chain
from random import Random
from typing import Any

import torch
from torch import Tensor

from motiondata.errors import InputError
from pipelines.clips.members import DETAILS
from pipelines.training.captioning.alarms import Probe, alarms_of, measure
from pipelines.training.captioning.caption_source import CaptionSource, captions_of, drawn_captions
from pipelines.training.captioning.captioner import KIND, Captioner
from pipelines.training.captioning.clip_lengths import PROMPT_WORDS, expect_digits
from pipelines.training.captioning.inputs import FrameInput, TokenInput
from pipelines.training.captioning.joined_clips import join_clips
from pipelines.training.captioning.options import DECODER, PROJECTOR, CaptionerTrainingOptions
from pipelines.training.captioning.pair_input import PairInput, expect_no_frames
from pipelines.training.captioning.point_captioner import (
    InitialEncoder,
    feature_statistics,
    initial_encoder,
)
from pipelines.training.common.clip_fields import (
    POINTS,
    STRIDE,
    VAL,
    captioned_keys,
    encoder_of,
    training_captions,
)
from pipelines.training.common.load_text_model import load_text_model
from pipelines.training.common.logs import History, Record
from pipelines.training.common.low_rank import add_low_rank, low_rank_parameters
from pipelines.training.common.optimizer import ParameterGroup, seeded
from pipelines.training.common.options import TINY
from pipelines.training.common.text_model import TextModel, decoder_parameters
from pipelines.training.common.training_split import captioned_clips
from pipelines.training.language.joining import Joiner, read_pairs
from pipelines.training.pose_pairs.pair_features import pair_statistics
from shards.format.paths import TRAIN
from shards.stream.batching import Batch
from shards.stream.streamed_dataset import StreamedDataset
from shards.stream.views import StreamPosition, View

PROBE_CLIPS = 32
"""Number of clips in a validation during training."""
SEEDS = 2**31
"""Number of seeds of the draws of a step."""
MIN_PROBE_CLIPS = 2
"""A single clip has no features of other clips to compare with."""


class CaptionerTask:
    """The training task of a captioner."""

    kind = KIND

    def __init__(
        self,
        data: StreamedDataset,
        options: CaptionerTrainingOptions,
        seed: int,
        device: torch.device,
    ) -> None:
        self.data, self.options, self.recipe = data, options, options.to_recipe()
        self.stages, self.device = self.recipe.stages, device
        self.source = CaptionSource.of(data, options.field, options.tokens, options.length_prompt)
        if self.source.reads_pairs:
            expect_no_frames(options)
        text = self._text_model(seed)
        with seeded(seed):
            if options.lora_rank is not None:
                add_low_rank(text.model, options.lora_rank)
            self.initial = self._initial_encoder()
            self.stride = self._chosen_stride()
            self.module = self._captioner(text).to(device)
        self.joiner = self._joiner()
        self.probe = self._probe(seed)

    def view(self, batch: int, seed: int, exclude: Collection[str] = ()) -> View:
        """Return clips of the training split with one caption each."""
        fields = [*self.source.fields]
        if self.options.captions > 1 and DETAILS not in fields:
            fields.append(DETAILS)
        view = captioned_clips(self.data, fields, batch, seed, exclude)
        return self.source.join(view, TRAIN)

    def groups(self, stage: str) -> list[ParameterGroup]:
        """Return the parameters that read clips and, after the stage `projector`, pretrained ones.

        The stage `decoder` trains those of the T5's decoder, `full` all pretrained parts. An
        untrained encoder is trained with the projector. With LoRA, its matrices are trained, and
        the other parameters of the T5 are not.
        """
        module, recipe = self.module, self.recipe
        encoder = module.frames and module.frames.encoder
        language = [*module.language_model.parameters()]
        known = language
        if self.options.lora_rank is not None:
            known = [*low_rank_parameters(module.language_model)]
        if encoder is not None and self.initial is not None and self.initial.id:
            known = [*known, *encoder.parameters()]
        pretrained = {id(each) for each in (*language, *known)}
        new = [each for each in module.parameters() if id(each) not in pretrained]
        groups = [ParameterGroup(new, recipe.projector_rate)]
        if stage == PROJECTOR:
            return groups
        if stage == DECODER:
            decoder = {id(each) for each in decoder_parameters(module.text.model)}
            known = [each for each in known if id(each) in decoder]
        return [*groups, ParameterGroup(known, recipe.rate)]

    def loss(self, batch: Batch) -> dict[str, Tensor]:
        """Return the mean cross entropy of the tokens of a batch's captions."""
        clips = self.source.inputs(
            batch, self.stride, lambda clips: clips.random_phases(self.stride)
        )
        random = self._random()
        several = drawn_captions(batch, self.options.captions, random)
        clips, several = join_clips(clips, several, batch["keys"], self.joiner, random)
        captions = [*chain.from_iterable(several)]
        labels = self.module.text.labels(captions)
        smoothing = self.options.label_smoothing
        loss = self.module.loss(clips.to(self.device), labels.to(self.device), smoothing)
        return {"loss": loss}

    def _random(self) -> Random:
        """Return what draws captions and joined clips; with neither, nothing moves the dropout."""
        draws = self.options.captions > 1 or self.options.join > 0
        return Random(int(torch.randint(SEEDS, ())) if draws else 0)  # noqa: S311 (no secrets)

    def identity(self) -> Mapping[str, Any]:
        """Return the dataset, the field, the text model, the encoder, the stride and the rates."""
        recipe = asdict(self.recipe)
        del recipe["stages"]  # the loop compares the stages done
        return {
            "dataset": self.data.dataset.content_hash,
            "field": self.source.field,
            "tokens": self.source.tokens and self.source.tokens.dataset.content_hash,
            "text_model": self.options.text_model,
            "encoder": self.initial and self.initial.id,
            "stride": self.stride,
            "label_smoothing": self.options.label_smoothing or None,
            "downsample": None if self.options.downsample == 1 else self.options.downsample,
            "captions": None if self.options.captions == 1 else self.options.captions,
            "joined": self._joined(),
            "lora_rank": self.options.lora_rank,
            **({"length_prompt": True} if self.options.length_prompt else {}),
            **recipe,
        }

    def contents(self) -> Mapping[str, Any]:
        """Return what `load_captioner` needs."""
        tokens = self.source.token_source()
        return {
            "text": self.module.text.to_state(),
            "field": self.source.field,
            "tokens": tokens and tokens.to_json(),
            "stride": self.stride,
            "downsample": self.options.downsample,
            "encoder": self.initial and dict(self.initial.description),
            "features_by": encoder_of(self.data.dataset),
            "lora_rank": self.options.lora_rank,
            "length_prompt": self.options.length_prompt,
        }

    def watch(self, history: History) -> tuple[Record, list[str]]:
        """Return measures of a few validation clips, and alarms."""
        measures = measure(self.module, self.probe)
        return asdict(measures), alarms_of(measures, history, self.options.patience)

    def _text_model(self, seed: int) -> TextModel:
        """Return the text model; with a length in the prompt, one that reads digits."""
        name, texts = self.options.text_model, training_captions(self.data)
        if not self.options.length_prompt:
            return load_text_model(name, texts, seed)
        text = load_text_model(name, [*texts, *PROMPT_WORDS] if name == TINY else texts, seed)
        expect_digits(text)
        return text

    def _initial_encoder(self) -> InitialEncoder | None:
        """Return the point encoder to start from; None for features, which need none."""
        if self.source.field == POINTS:
            return initial_encoder(self.data, self.options.encoder_checkpoint)
        if self.options.encoder_checkpoint is None:
            return None
        raise InputError(
            f"--encoder-checkpoint: expected the field {POINTS}, found {self.source.fields[0]}; "
            f"omit it, or choose --field {POINTS}"
        )

    def _joiner(self) -> Joiner:
        options = self.options
        if options.labels is None:
            return Joiner(options.join, options.longest, None)
        keys = captioned_keys(self.data, TRAIN)
        return Joiner(options.join, options.longest, read_pairs(options.labels, keys))

    def _joined(self) -> dict[str, Any] | None:
        """Return which clips may be joined, as JSON; None if none are joined."""
        if not self.options.join:
            return None
        pairs = self.joiner.pairs
        return {
            "share": self.options.join,
            "longest": self.options.longest,
            "pairs": pairs and pairs.names,
        }

    def _chosen_stride(self) -> int:
        """Return the frame stride, which is 1 for pose pairs."""
        if self.source.reads_pairs:
            return 1
        return self.options.stride or (self.initial.stride if self.initial else STRIDE)

    def _captioner(self, text: TextModel) -> Captioner:
        frames = None if self.source.field is None else self._frames(text.width, self.source.field)
        tokens = self.source.token_source()
        read = None if tokens is None else TokenInput(text.width, tokens.codes, tokens.stages)
        return Captioner(text, frames, read, self.options.length_prompt)

    def _frames(self, width: int, field: str) -> FrameInput | PairInput:
        if self.source.reads_pairs:
            return PairInput(width, *pair_statistics(self.data))
        if self.initial is None:
            statistics, encoder = self.data.standardizer(field).tensors(), None
        else:
            encoder = self.initial.module
            statistics = feature_statistics(encoder, self.data, self.stride)
        return FrameInput(width, *statistics, encoder, self.options.downsample)

    def _probe(self, seed: int) -> Probe:
        """Return captioned clips of `val`, or of `train` if `val` has too few."""
        split = VAL if len(captioned_keys(self.data, VAL)) >= MIN_PROBE_CLIPS else TRAIN
        view = self.data.clips(
            split,
            self.source.fields,
            PROBE_CLIPS,
            shuffle=True,
            seed=seed,
            captions=True,
            rank=0,
            world=1,
        )
        batch = self.source.join(view, split).batch_at(StreamPosition(0, 0))
        captions = captions_of(batch)
        labels = self.module.text.labels(captions)
        clips = self.source.inputs(batch, self.stride)
        return Probe(clips.to(self.device), labels.to(self.device), tuple(captions))
