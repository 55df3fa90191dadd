"""How many codes a tokenizer uses, and how evenly."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from pipelines.products.tokens.arrays import Codes


@dataclass(frozen=True)
class CodebookUse:
    """The use of a tokenizer's codes over some clips."""

    codes: int
    """Number of codes."""
    tokens: int
    """Number of tokens that were counted."""
    used: int
    """Number of different codes among them."""
    perplexity: float
    """Exponential of the entropy of the codes: their number if all were used equally often."""

    @property
    def reachable(self) -> int:
        """The largest possible number of used codes: no more than there are tokens."""
        return min(self.codes, self.tokens)

    @property
    def share(self) -> float:
        """Share of the codes that could be used and are."""
        return self.used / self.reachable if self.reachable else 0.0


def codebook_use(sequences: Iterable[Codes], codes: int) -> CodebookUse:
    """Count the codes of sequences."""
    counts = np.zeros(codes, np.int64)
    for sequence in sequences:
        counts += np.bincount(sequence.ravel(), minlength=codes)
    shares = counts[counts > 0] / max(1, counts.sum())
    perplexity = float(np.exp(-(shares * np.log(shares)).sum())) if len(shares) else 0.0
    return CodebookUse(codes, int(counts.sum()), len(shares), perplexity)


def number_of_stages(sequences: Sequence[Codes]) -> int:
    """Return the number of codes per token."""
    return sequences[0].shape[1] if len(sequences) and sequences[0].ndim == 2 else 1


def stage_uses(sequences: Sequence[Codes], codes: int) -> list[CodebookUse]:
    """Return the use of the codes of each stage; `codes` is their number in one stage."""
    rows = [each.reshape(len(each), -1) for each in sequences]
    return [
        codebook_use([each[:, stage] for each in rows], codes)
        for stage in range(number_of_stages(sequences))
    ]
