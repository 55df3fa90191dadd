"""The vectors of captions by a text encoder that is not trained: each computed once, and stored.

They are computed in one order, whatever a batch has, so that a resumed training reads the same
bits.
"""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, TextIO

import torch
from torch import Tensor, nn

from motiondata.errors import InputError
from pipelines.engine.progress import Progress
from pipelines.training.common.checkpoints import read_checkpoint, write_checkpoint
from pipelines.training.common.ranks import first_rank_first, rank
from pipelines.training.common.training_checkpoint import CHECKPOINT
from pipelines.training.text_encoders.sentence_encoder import SentenceEncoder

KIND = "text vectors"
"""Kind of the file of vectors."""
FILE = "text_vectors.pt"
TEXTS_AT_ONCE = 64


class KnownTexts:
    """A text encoder that looks up the vectors of the texts that it was made with."""

    module: nn.Module | None = None

    def __init__(self, texts: Sequence[str], vectors: Tensor) -> None:
        self._rows = {text: row for row, text in enumerate(texts)}
        self._vectors = vectors
        self.width = vectors.shape[-1]

    def embed(self, texts: Sequence[str]) -> Tensor:
        """Return vectors shaped (texts, width); raises `KeyError` for a text that is not known."""
        return self._vectors[[self._rows[text] for text in texts]]


def know_texts(
    encoder: SentenceEncoder,
    texts: Iterable[str],
    device: torch.device,
    cache: Path | None,
    stream: TextIO | None,
) -> KnownTexts:
    """Return the vectors of texts, from the file `cache` if it has those of the same encoder.

    Otherwise they are computed, which `stream` shows, and written, but not into the folder of a
    training that has begun: it has its own, and it may refuse this one. The first of several
    processes computes, and the others read.
    """
    ordered = sorted({*texts}, key=lambda text: (len(text), text))
    identity = {"encoder": encoder.id, "texts": ordered}
    with first_rank_first():
        vectors = _read(cache, identity)
        if vectors is None:
            encoder.module.to(device)
            vectors = _compute(encoder, ordered, stream)
            if cache is not None and rank() == 0:
                _write(cache, {**identity, "vectors": vectors})
    return KnownTexts(ordered, vectors.to(device))


def _read(cache: Path | None, identity: dict[str, Any]) -> Tensor | None:
    """Return the stored vectors; None if they are damaged, or those of others."""
    if cache is None or not cache.is_file():
        return None
    try:
        found = read_checkpoint(cache, KIND)
    except InputError:
        return None
    vectors = found.get("vectors")
    is_same = all(found.get(name) == value for name, value in identity.items())
    return vectors if is_same and isinstance(vectors, Tensor) else None


def _write(cache: Path, state: dict[str, Any]) -> None:
    if not cache.with_name(CHECKPOINT).exists():
        cache.parent.mkdir(parents=True, exist_ok=True)
        write_checkpoint(cache, KIND, state)


@torch.no_grad()
def _compute(encoder: SentenceEncoder, texts: Sequence[str], stream: TextIO | None) -> Tensor:
    found = []
    with Progress(len(texts), 0, stream, "captions") as progress:
        for start in range(0, len(texts), TEXTS_AT_ONCE):
            part = texts[start : start + TEXTS_AT_ONCE]
            found.append(encoder.embed(part).float().cpu())
            progress.advance(len(part))
    return torch.cat(found)
