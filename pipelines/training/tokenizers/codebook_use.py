"""How many codes a tokenizer uses, and how evenly."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


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


def codebook_use(sequences: Iterable[NDArray[np.integer]], codes: int) -> CodebookUse:
    """Count the codes of sequences."""
    counts = np.zeros(codes, np.int64)
    for sequence in sequences:
        counts += np.bincount(sequence.ravel(), minlength=codes)
    shares = counts[counts > 0] / max(1, counts.sum())
    perplexity = float(np.exp(-(shares * np.log(shares)).sum())) if len(shares) else 0.0
    return CodebookUse(codes, int(counts.sum()), len(shares), perplexity)
