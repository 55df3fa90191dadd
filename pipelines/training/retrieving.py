"""Retrieval: motions found by sentences and sentences by motions, on clips new to the model.

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

Sight = tuple[str, Run]
"""Frames of a motion as a sensor saw them: the clip's key, and what they are."""
TEXTS_AT_ONCE = 64
"""How many texts are embedded together, for the memory's sake."""
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
    """Return the recall of motions and captions of a view that has every caption as an item."""
    alignment.eval()
    motions: dict[Sight, Tensor] = {}
    said: list[tuple[Sight, str]] = []
    for batch in Loader(view):
        sights = list(zip(batch["keys"], runs_of(batch), strict=True))
        said += zip(sights, batch["captions"], strict=True)
        new = {sight: at for at, sight in enumerate(sights) if sight not in motions}
        if new:
            vectors = _embed_motions(alignment, batch, field, [*new.values()], stride)
            motions |= zip(new, vectors, strict=True)
    found = torch.stack([*motions.values()]).cpu().numpy()
    return judge(found @ _embed_texts(alignment, said).T, right_pairs([*motions], said))


def right_pairs(motions: Sequence[Sight], said: Sequence[tuple[Sight, str]]) -> NDArray[np.bool_]:
    """Tell which texts are right for which motions, shaped (motions, texts)."""
    numbers: dict[tuple[str, ...], int] = {}
    texts = np.array([numbers.setdefault(words_of(text), len(numbers)) for _, text in said])
    said_of: dict[Run, list[int]] = {}
    for ((_, run), _), text in zip(said, texts.tolist(), strict=True):
        said_of.setdefault(run, []).append(text)
    return np.array([np.isin(texts, said_of[run]) for _, run in motions])


def judge(similarity: NDArray[np.floating[Any]], right: NDArray[np.bool_]) -> Retrieval:
    """Return the recall both ways of similarities shaped (motions, texts)."""
    motions, texts = right.shape
    ways = dict(zip(WAYS, ((similarity, right), (similarity.T, right.T)), strict=True))
    found = {way: recall(*both) for way, both in ways.items()}
    guessed = {way: chance(both[1]) for way, both in ways.items()}
    return Retrieval(motions, texts, found, guessed)


def _embed_motions(
    alignment: Alignment, batch: Batch, field: str, items: list[int], stride: int
) -> Tensor:
    """Return the vectors of some items of a batch, of all their frames."""
    device = alignment.of_motion.weight.device
    points, mask = batch[field][items].to(device), batch["mask"][items].to(device)
    return alignment.embed_features(EveryPhase(alignment.encoder, stride)(points, mask), mask)


def _embed_texts(alignment: Alignment, said: Sequence[tuple[Sight, str]]) -> NDArray[np.float32]:
    texts = [text for _, text in said]
    parts = [texts[at : at + TEXTS_AT_ONCE] for at in range(0, len(texts), TEXTS_AT_ONCE)]
    return np.concatenate([alignment.embed_texts(part).cpu().numpy() for part in parts])
