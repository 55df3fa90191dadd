"""Motion tokens in the vocabulary of a T5: codes, start, end, and mask.

They are added tokens of its tokenizer, so that text and motion are one string, as in MotionGPT
(Jiang et al., 2023): `Describe the motion: <motion_start><motion_7><motion_end>`. The codes of each
stage of a residual tokenizer are separate tokens, and those of one motion token follow each
other.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from tokenizers import AddedToken, Tokenizer
from torch import Tensor

from pipelines.training.common.optimizer import seeded
from pipelines.training.common.text_model import TextModel

START, END, MASK = "<motion_start>", "<motion_end>", "<motion_mask>"
SENTINELS = 40
"""Number of sentinels of span corruption that the vocabulary has at least; a T5 has 100."""
LONGEST_TEXT = 1024
"""Longer inputs are truncated; the longest have two motions of `--longest` tokens and a caption.
Inputs with several stages may be as many times longer."""


def code_token(code: int) -> str:
    """Return the token of a code."""
    return f"<motion_{code}>"


def sentinel(number: int) -> str:
    """Return a sentinel, as T5's tokenizers name it."""
    return f"<extra_id_{number}>"


@dataclass(frozen=True)
class MotionVocabulary:
    """The numbers of motion tokens in the vocabulary of a T5."""

    codes: int
    """Number of codes, of all stages together."""
    first: int
    """Number of the token of code 0; those of the other codes follow."""
    start: int
    end: int
    stages: int = 1
    """Number of codes per motion token."""

    @classmethod
    def of(cls, tokenizer: Tokenizer, codes: int, stages: int = 1) -> "MotionVocabulary":
        """Return the numbers in a tokenizer that `add_motion` has extended.

        `codes` is their number in each stage. Raises `ValueError` for another tokenizer.
        """
        known, total = tokenizer.get_vocab(), codes * stages
        first = known.get(code_token(0), 0)
        if any(known.get(code_token(code)) != first + code for code in range(total)):
            raise ValueError(f"the vocabulary has not the tokens of {total} codes in sequence")
        return cls(total, first, known[START], known[END], stages)

    def of_stage(self, stage: int) -> slice:
        """Return the numbers of the codes of a stage, from 0."""
        size = self.codes // self.stages
        return slice(self.first + stage * size, self.first + (stage + 1) * size)

    def is_motion(self, size: int) -> Tensor:
        """Return which tokens of a vocabulary of this size are motion tokens, (size,)."""
        numbers = torch.arange(size)
        codes = (numbers >= self.first) & (numbers < self.first + self.codes)
        return codes | (numbers == self.start) | (numbers == self.end)

    def is_not_text(self, tokenizer: Tokenizer, size: int) -> Tensor:
        """Return which tokens no text has, (size,): those of motion, the mask, and sentinels."""
        marks = (tokenizer.token_to_id(each) for each in (MASK, *map(sentinel, range(SENTINELS))))
        found = self.is_motion(size)
        found[[number for number in marks if number is not None]] = True
        return found

    def randomized(self, ids: Tensor, share: float) -> Tensor:
        """Return token numbers in which this share of the codes are random codes of their stage.

        Draws are those of PyTorch's generator on the CPU. All other tokens stay as they are.
        """
        code = (ids >= self.first) & (ids < self.first + self.codes)
        drawn = (torch.rand(ids.shape) < share).to(ids.device)
        size = self.codes // self.stages
        others = torch.randint(self.first, self.first + size, ids.shape).to(ids.device)
        others = others + (ids - self.first).div(size, rounding_mode="floor") * size
        return torch.where(code & drawn, others, ids)

    def read(self, ids: Tensor) -> list[list[int]]:
        """Return the codes in token numbers shaped (motions, tokens)."""
        return [
            [number - self.first for number in row if 0 <= number - self.first < self.codes]
            for row in ids.tolist()
        ]


def motion_text(codes: Sequence[int]) -> str:
    """Return a motion as text."""
    return f"{START}{codes_text(codes)}{END}"


def codes_text(codes: Sequence[int]) -> str:
    """Return codes as text, without start and end."""
    return "".join(map(code_token, codes))


def add_motion(text: TextModel, codes: int, seed: int, stages: int = 1) -> MotionVocabulary:
    """Add the motion tokens of a number of codes to a T5 and its tokenizer; return their numbers.

    `codes` is their number in each stage. The embeddings of new tokens are random.
    """
    tokenizer = text.tokenizer
    tokens = [START, END, MASK, *map(code_token, range(codes * stages))]
    tokens += [sentinel(each) for each in range(SENTINELS)]
    known = tokenizer.get_vocab()
    tokenizer.add_tokens(
        [AddedToken(each, normalized=False) for each in tokens if each not in known]
    )
    tokenizer.enable_truncation(LONGEST_TEXT * stages)
    size = max(tokenizer.get_vocab_size(), text.model.config.vocab_size)
    with seeded(seed):
        text.model.resize_token_embeddings(size, mean_resizing=False)
    return MotionVocabulary.of(tokenizer, codes, stages)
