"""Captioned motions of a dataset of tokens."""

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random
from typing import Any

import numpy as np

from motiondata.errors import InputError
from pipelines.clips.members import DETAILS
from pipelines.products.tokens.description import TOKENIZER, TOKENS
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
    frames_per_token: int

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
            return cls(found["id"], int(found["codes"]), int(found["frames_per_token"]))
        except (KeyError, TypeError, ValueError) as error:
            raise InputError(
                f"{dataset.place}: expected the tokenizer of its tokens in dataset.json, found "
                f"{error!r}"
            ) from error

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
        return CaptionedMotion(
            tuple(map(int, codes)), caption, frames, float(details["motion_fps"])
        )


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
