"""Retrieval: motions found by sentences and sentences by motions, on clips that were not trained on.

A sentence is right for all frames that it was said of, and wherever the same words were said.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from pipelines.training.alignment import Alignment
from pipelines.training.contrast import words_of
from pipelines.training.encoders import EveryPhase
from pipelines.training.pairing import Run, runs_of
from pipelines.training.recall import RANKS, chance, recall
from shards.batching import Batch
from shards.loader import Loader
from shards.views import View

WAYS = ("motion to text", "text to motion")


@dataclass(frozen=True, eq=False)
class Retrieval:
    """What is found in a split, and what would be by chance."""

    motions: int
    texts: int
    recall: dict[str, dict[int, float]]
    """By way, then by k."""
    chance: dict[str, dict[int, float]]

    def to_json(self) -> dict[str, Any]:
        """Return it as JSON."""
        return {
            "motions": self.motions,
            "texts": self.texts,
            **{
                way: {
                    "recall": {str(k): value for k, value in self.recall[way].items()},
                    "chance": {str(k): value for k, value in self.chance[way].items()},
                }
                for way in WAYS
            },
        }

    def rows(self, split: str) -> list[tuple[str, ...]]:
        """Return a line of a table for each way, shares in percent with chance in brackets."""
        return [
            (
                f"{split}, {way}",
                *(f"{self.recall[way][k]:.1%} ({self.chance[way][k]:.1%})" for k in RANKS),
                f"  {self.motions:,} motions, {self.texts:,} texts",
            )
            for way in WAYS
        ]


@torch.no_grad()
def retrieve(alignment: Alignment, view: View, field: str, stride: int) -> Retrieval:
    """Return the recall of the captions and motions of a view that has every caption as an item."""
    alignment.eval()
    encoder = EveryPhase(alignment.encoder, stride)
    motions: dict[tuple[str, Run], Tensor] = {}
    texts: list[str] = []
    owners: list[int] = []
    for batch in Loader(view):
        sights = list(zip(batch["keys"], runs_of(batch), strict=True))
        new = [at for at, sight in enumerate(sights) if sights.index(sight) == at]
        new = [at for at in new if sights[at] not in motions]
        if new:
            found = _embed(alignment, encoder, batch, field, new)
            motions.update(zip([sights[at] for at in new], found, strict=True))
        numbers = {sight: number for number, sight in enumerate(motions)}
        texts += batch["captions"]
        owners += [numbers[sight] for sight in sights]
    similarity = torch.stack([*motions.values()]) @ _embed_texts(alignment, texts).T
    return judge(similarity.double().cpu().numpy(), right_pairs([run for _, run in motions], owners, texts))


def judge(similarity: NDArray[np.float64], right: NDArray[np.bool_]) -> Retrieval:
    """Return the recall both ways of similarities shaped (motions, texts)."""
    ways = zip(WAYS, ((similarity, right), (similarity.T, right.T)), strict=True)
    found = {way: (recall(*both), chance(both[1])) for way, both in ways}
    return Retrieval(
        *right.shape,
        {way: both[0] for way, both in found.items()},
        {way: both[1] for way, both in found.items()},
    )
