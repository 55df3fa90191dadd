"""Captioned motions of a dataset of tokens."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from random import Random
from typing import Any

import numpy as np
from numpy.typing import NDArray

from motiondata.errors import InputError
from pipelines.clips.members import DETAILS
from pipelines.products.tokens.arrays import in_one_range
from pipelines.products.tokens.description import STAGES, TOKENIZER, TOKENS
from pipelines.training.language.instructions import CaptionedMotion
from shards.format.dataset import Dataset
from shards.format.members import field_of
from shards.stream.batching import Batch

FIELD = field_of(TOKENS)
FIELDS = [FIELD, DETAILS]
EPOCH = "epoch"


@dataclass(frozen=True)
class TokenSource:
    """The tokenizer of a dataset of tokens, as the dataset states it."""

    id: str
    codes: int
    """Number of codes, of each stage."""
    frames_per_token: int
    stages: int = 1
    """Number of codes per token: more than one of a residual tokenizer."""

    @classmethod
    def of(cls, dataset: Dataset) -> "TokenSource":
        """Return the tokenizer of a dataset; raise `InputError` for a dataset of another kind."""
        if TOKENS not in dataset.schema.members:
            raise InputError(
                f"{dataset.place}: expected a dataset of tokens such as motiondata tokenize makes, "
                f"found {', '.join(dataset.schema.suffixes)}"
            )
        try:
            found = dataset.description.provenance[TOKENIZER]
            counts = found["codes"], found["frames_per_token"], found.get(STAGES, 1)
            return cls(found["id"], *map(int, counts))
        except (KeyError, TypeError, ValueError) as error:
            raise InputError(
                f"{dataset.place}: expected the tokenizer of its tokens in dataset.json, found "
                f"{error!r}"
            ) from error

    @property
    def described(self) -> str:
        """The tokens in words, with their number of stages if there are several."""
        stages = f" with {self.stages} stages" if self.stages > 1 else ""
        return f"tokens of the tokenizer {self.id}{stages}"

    def to_json(self) -> dict[str, Any]:
        """Return the fields, as a checkpoint stores them; it does not mention a single stage."""
        found = asdict(self)
        if self.stages == 1:
            del found[STAGES]
        return found

    def flatten(self, tokens: NDArray[np.integer]) -> tuple[int, ...]:
        """Return the codes of tokens as one sequence, in which those of a token follow each other.

        `tokens` is shaped (tokens,), or (tokens, stages). Those of stage k begin at k * `codes`.
        """
        return tuple(in_one_range(tokens, self.codes).ravel().tolist())

    def unflatten(self, codes: Sequence[int]) -> NDArray[np.int32]:
        """Return the tokens of a sequence that `flatten` made."""
        tokens = np.array(codes, np.int32)
        return tokens if self.stages == 1 else tokens.reshape(-1, self.stages) % self.codes

    def motions(self, batch: Batch) -> list[CaptionedMotion]:
        """Return the motions of a batch of clips; without captions, theirs are empty."""
        tokens, starts, lengths = (np.asarray(batch[name]) for name in (FIELD, "starts", "lengths"))
        captions = batch.get("captions", [""] * len(lengths))
        return [
            self._motion(tokens[k, : lengths[k]], int(starts[k]), caption, batch[DETAILS][k])
            for k, caption in enumerate(captions)
        ]

    def _motion(
        self, codes: Any, start: int, caption: str, details: dict[str, Any]
    ) -> CaptionedMotion:
        left = int(details["motion_frames"]) - start * self.frames_per_token
        frames = min(len(codes) * self.frames_per_token, left)  # the last token may be partial
        fps = float(details["motion_fps"])
        return CaptionedMotion(self.flatten(codes), caption, frames, fps, self.stages)


def add_epoch(batch: Batch, epoch: int) -> Batch:
    """Add the number of the epoch to a batch."""
    return {**batch, EPOCH: epoch}


def generators(batch: Batch, seed: int, stage: str) -> Sequence[Random]:
    """Return a random generator for each item, keyed by seed, stage, epoch, clip and frames."""
    starts, lengths = (np.asarray(batch[name]).tolist() for name in ("starts", "lengths"))
    return [
        Random(f"{seed} {stage} {batch[EPOCH]} {key} {start} {length}")  # noqa: S311 (no secrets)
        for key, start, length in zip(batch["keys"], starts, lengths, strict=True)
    ]
