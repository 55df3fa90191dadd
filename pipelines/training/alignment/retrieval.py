"""Retrieval: motions found by sentences and sentences by motions, in splits not trained on.

A sentence is right for all frames that it describes and for all frames with a caption of the same
words.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from motiondata.counting import counted
from pipelines.training.alignment.alignment_model import Alignment
from pipelines.training.alignment.caption_pairs import FrameRange, batch_to_ranges
from pipelines.training.alignment.contrastive_loss import words_of
from pipelines.training.alignment.recall import RECALL_AT, chance, recall
from pipelines.training.encoders.load_encoder import EveryPhase
from shards.stream.batching import Batch
from shards.stream.loader import Loader
from shards.stream.views import View

MotionKey = tuple[str, FrameRange]
"""Frames of a motion as recorded by one sensor: the key of the clip and the frame range."""
TEXTS_AT_ONCE = 64
"""Number of texts that are embedded together, to limit memory."""
DIRECTIONS = ("motion to text", "text to motion")


@dataclass(frozen=True, eq=False)
class Retrieval:
    """Recall of a split, measured and expected by chance."""

    motions: int
    texts: int
    recall: dict[str, dict[int, float]]
    """Recall by direction, then by k."""
    chance: dict[str, dict[int, float]]

    def to_json(self) -> dict[str, Any]:
        """Return the result as JSON."""
        return {
            "motions": self.motions,
            "texts": self.texts,
            **{
                way: {
                    "recall": {str(k): value for k, value in self.recall[way].items()},
                    "chance": {str(k): value for k, value in self.chance[way].items()},
                }
                for way in DIRECTIONS
            },
        }

    def rows(self, split: str) -> list[tuple[str, ...]]:
        """Return one table row per direction, shares in percent with chance in brackets."""
        return [
            (
                f"{split}, {way}",
                *(f"{self.recall[way][k]:.1%} ({self.chance[way][k]:.1%})" for k in RECALL_AT),
                f"  {counted(self.motions, 'motion')}, {counted(self.texts, 'text')}",
            )
            for way in DIRECTIONS
        ]


@torch.no_grad()
def retrieve(alignment: Alignment, view: View, field: str, stride: int) -> Retrieval:
    """Return the recall of motions and captions of a view that has every caption as an item."""
    alignment.eval()
    motions: dict[MotionKey, Tensor] = {}
    captions: list[tuple[MotionKey, str]] = []
    for batch in Loader(view):
        sights = list(zip(batch["keys"], batch_to_ranges(batch), strict=True))
        captions += zip(sights, batch["captions"], strict=True)
        new = {sight: at for at, sight in enumerate(sights) if sight not in motions}
        if new:
            vectors = _embed_motions(alignment, batch, field, [*new.values()], stride)
            motions |= zip(new, vectors, strict=True)
    found = torch.stack([*motions.values()]).cpu().numpy()
    return rank_pairs(
        found @ _embed_texts(alignment, captions).T, right_pairs([*motions], captions)
    )


def right_pairs(
    motions: Sequence[MotionKey], captions: Sequence[tuple[MotionKey, str]]
) -> NDArray[np.bool_]:
    """Return which texts are right for which motions, shaped (motions, texts)."""
    numbers: dict[tuple[str, ...], int] = {}
    texts = np.array([numbers.setdefault(words_of(text), len(numbers)) for _, text in captions])
    said_of: dict[FrameRange, list[int]] = {}
    for ((_, run), _), text in zip(captions, texts.tolist(), strict=True):
        said_of.setdefault(run, []).append(text)
    return np.array([np.isin(texts, said_of[run]) for _, run in motions])


def rank_pairs(similarity: NDArray[np.floating[Any]], right: NDArray[np.bool_]) -> Retrieval:
    """Return the recall of both directions, given similarities shaped (motions, texts)."""
    motions, texts = right.shape
    ways = dict(zip(DIRECTIONS, ((similarity, right), (similarity.T, right.T)), strict=True))
    found = {way: recall(*both) for way, both in ways.items()}
    guessed = {way: chance(both[1]) for way, both in ways.items()}
    return Retrieval(motions, texts, found, guessed)


def _embed_motions(
    alignment: Alignment, batch: Batch, field: str, items: list[int], stride: int
) -> Tensor:
    """Return the vectors of some items of a batch, computed from all their frames."""
    device = alignment.of_motion.weight.device
    points, mask = batch[field][items].to(device), batch["mask"][items].to(device)
    return alignment.embed_features(EveryPhase(alignment.encoder, stride)(points, mask), mask)


def _embed_texts(
    alignment: Alignment, captions: Sequence[tuple[MotionKey, str]]
) -> NDArray[np.float32]:
    texts = [text for _, text in captions]
    parts = [texts[at : at + TEXTS_AT_ONCE] for at in range(0, len(texts), TEXTS_AT_ONCE)]
    return np.concatenate([alignment.embed_texts(part).cpu().numpy() for part in parts])
