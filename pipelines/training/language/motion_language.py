"""The language model of motion: a T5 that reads and writes text and motion tokens.

Decoding is constrained: a caption has no motion tokens, and a motion has nothing else.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from pipelines.training.common.decoding import DECODING, Decoding
from pipelines.training.common.optimizer import SEEDS, seeded
from pipelines.training.common.text_model import IGNORED, TextModel
from pipelines.training.language.grammar import MotionGrammar, TextGrammar
from pipelines.training.language.guidance import Guidance
from pipelines.training.language.instructions import Asked, Sample
from pipelines.training.language.motion_vocabulary import MotionVocabulary
from pipelines.training.language.writing_options import MOTION_DECODING, MotionDecoding

MOTIONS_AT_ONCE = 1024
"""Motions that are decoded at once, at most: 4,096 of 64 tokens took 5 GB with the tiny T5."""
GROUPS = 4
"""Number of groups of samples of similar lengths in a batch."""


def set_dropout(model: nn.Module, share: float | None) -> None:
    """Set the dropout of all layers of a model; None keeps it."""
    if share is None:
        return
    for layer in model.modules():
        if isinstance(layer, nn.Dropout):
            layer.p = share
        elif isinstance(getattr(layer, "dropout", None), float):  # T5's attention
            layer.dropout = share  # type: ignore[assignment]


class MotionLanguage(nn.Module):
    """Reads instructions and writes answers; both are text in which motion tokens may stand."""

    not_text: Tensor

    def __init__(
        self, text: TextModel, vocabulary: MotionVocabulary, random_codes: float = 0.0
    ) -> None:
        """Make the model; `random_codes` is that of `LanguageOptions`."""
        super().__init__()
        self.text, self.vocabulary = text, vocabulary
        self.random_codes = random_codes
        self.language_model: nn.Module = text.model
        not_text = vocabulary.is_not_text(text.tokenizer, text.model.config.vocab_size)
        self.register_buffer("not_text", not_text, persistent=False)

    def loss(self, samples: Sequence[Sample]) -> Tensor:
        """Return the mean cross entropy of the tokens of the answers of samples.

        Samples are computed in groups of similar lengths: padding is half of a batch in which
        captions and motions are mixed.
        """
        ordered = sorted(samples, key=lambda sample: (len(sample.answer), len(sample.instruction)))
        size = -(-len(ordered) // GROUPS)
        groups = [ordered[start : start + size] for start in range(0, len(ordered), size)]
        parts = [self._summed_loss(group) for group in groups]
        totals, counts = zip(*parts, strict=True)
        loss: Tensor = torch.stack(totals).sum() / sum(counts)
        return loss

    def _summed_loss(self, samples: Sequence[Sample]) -> tuple[Tensor, int]:
        """Return the summed cross entropy of the tokens of answers, and their number."""
        losses, labels = self._token_losses(samples)
        return losses.sum(), int((labels != IGNORED).sum())

    def losses(self, samples: Sequence[Sample]) -> Tensor:
        """Return the summed cross entropy of the answer of each sample, (samples,)."""
        return self._token_losses(samples)[0].sum(1)

    def losses_of(self, instruction: str, answers: Sequence[str]) -> Tensor:
        """Return the summed cross entropy of each answer to one instruction, (answers,)."""
        inputs = self._inputs([instruction])
        encoded = self.text.model.encoder(**inputs).last_hidden_state
        number = len(answers)
        read = {
            "encoder_outputs": (encoded.expand(number, -1, -1),),
            "attention_mask": inputs["attention_mask"].expand(number, -1),
        }
        return self._answer_losses(read, answers)[0].sum(1)

    def _token_losses(self, samples: Sequence[Sample]) -> tuple[Tensor, Tensor]:
        """Return the cross entropies of the tokens of answers, and these, (samples, tokens)."""
        instructions, answers = zip(*samples, strict=True)
        return self._answer_losses(self._inputs(instructions), answers)

    def _answer_losses(
        self, read: Mapping[str, Any], answers: Sequence[str]
    ) -> tuple[Tensor, Tensor]:
        """Return the cross entropies of the tokens of answers to what is read, and these.

        The cross entropy of padding is 0.
        """
        labels = self.text.labels(answers).to(self._device)
        before = self.text.model.prepare_decoder_input_ids_from_labels(labels)
        if self.training and self.random_codes:
            before = self.vocabulary.randomized(before, self.random_codes)
        found = self.language_model(**read, decoder_input_ids=before, use_cache=False)
        losses = functional.cross_entropy(
            found.logits.float().flatten(0, 1),
            labels.flatten(),
            ignore_index=IGNORED,
            reduction="none",
        )
        return losses.reshape(labels.shape), labels

    def write(self, instructions: Sequence[str], decoding: Decoding = DECODING) -> list[str]:
        """Return one text without motion tokens, the mask and sentinels per instruction."""
        return decoding.kept(self.written(instructions, decoding))

    def written(self, instructions: Sequence[str], decoding: Decoding) -> list[str]:
        """Return all texts that are drawn of each instruction, those of the first one first."""
        grammar = TextGrammar(self.not_text)

        def generate(options: Mapping[str, Any]) -> list[str]:
            return self.text.decode(self._generate(instructions, grammar, **options))

        with seeded(decoding.seed):
            return decoding.write(len(instructions), generate)

    def move(
        self,
        asked: Sequence[Asked],
        decoding: MotionDecoding = MOTION_DECODING,
        lengths: Sequence[int] | None = None,
        at_once: int = MOTIONS_AT_ONCE,
    ) -> list[list[int]]:
        """Return the codes of one motion per instruction; each has at least one token.

        `lengths` are the numbers of motion tokens; by default, the model chooses them.
        Sampling depends on the seed of the decoding and on the other instructions. At most
        `at_once` motions are decoded at once, so that memory does not grow with their number.
        """
        starts = range(0, len(asked), at_once)
        parts = [slice(start, start + at_once) for start in starts]
        with torch.random.fork_rng():
            torch.manual_seed(decoding.seed % SEEDS)
            return [
                codes
                for part in parts
                for codes in self._move(asked[part], decoding, lengths and lengths[part])
            ]

    def _move(
        self, asked: Sequence[Asked], decoding: MotionDecoding, lengths: Sequence[int] | None
    ) -> list[list[int]]:
        """Return the codes of motions that are decoded at once."""
        grammar = MotionGrammar(self.vocabulary, self._special, decoding.max_tokens, lengths)
        longest = max(lengths, default=1) if lengths else decoding.max_tokens
        sampling: dict[str, Any] = {"do_sample": False}
        if decoding.temperature:
            sampling = {
                "do_sample": True,
                "temperature": decoding.temperature,
                "top_k": decoding.top_k,
                "top_p": decoding.top_p,
            }
        ids = self._generate(
            [each.instruction for each in asked],
            grammar,
            *self._guidance([each.plain for each in asked], decoding.guidance),
            max_new_tokens=longest * self.vocabulary.stages + 3,
            **sampling,
        )
        return self.vocabulary.read(ids)

    def _guidance(self, plain: Sequence[str], scale: float) -> list[Guidance]:
        """Return the processors of scores that guide; none if they would change nothing."""
        if scale == 1:
            return []
        return [Guidance(self.text.model, self._inputs(plain), scale, self.vocabulary.end)]

    def _generate(self, instructions: Sequence[str], *processors: Any, **options: Any) -> Tensor:
        found: Tensor = self.text.model.generate(
            **self._inputs(instructions), logits_processor=[*processors], **options
        )
        return found

    def _inputs(self, instructions: Sequence[str]) -> dict[str, Tensor]:
        ids, mask = self.text.encode(instructions)
        return {"input_ids": ids.to(self._device), "attention_mask": mask.to(self._device)}

    @property
    def _special(self) -> tuple[int, int]:
        """Numbers of the end token of a text and of padding."""
        config = self.text.model.config
        return int(config.eos_token_id), int(config.pad_token_id)

    @property
    def _device(self) -> torch.device:
        return self.not_text.device
