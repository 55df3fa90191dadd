"""ROUGE-L with beta 1.2, against the best of the references.

Lin, "ROUGE: a package for automatic evaluation of summaries" (2004). Equal to pycocoevalcap's
`Rouge`: precision and recall are each the best over all references, possibly of two references.
"""

from collections.abc import Sequence

BETA = 1.2
"""Weight of recall relative to precision."""


def rouge_l(candidates: Sequence[str], references: Sequence[Sequence[str]]) -> float:
    """Return the mean ROUGE-L, from 0 to 1, of normalized candidates and their references."""
    scores = [_score(c, refs) for c, refs in zip(candidates, references, strict=True)]
    return sum(scores) / len(scores)


def _score(candidate: str, references: Sequence[str]) -> float:
    words = candidate.split()
    others = [reference.split() for reference in references]
    common = [common_subsequence(words, other) for other in others]
    if not max(common):
        return 0.0
    precision = max(common) / len(words)
    recall = max(length / len(other) for length, other in zip(common, others, strict=True) if other)
    return (1 + BETA**2) * precision * recall / (recall + BETA**2 * precision)


def common_subsequence(first: Sequence[str], second: Sequence[str]) -> int:
    """Return the number of words in the longest common subsequence of two sentences."""
    row = [0] * (len(second) + 1)
    for word in first:
        above = row
        row = [0]
        for place, other in enumerate(second):
            longer = above[place] + 1 if word == other else max(above[place + 1], row[place])
            row.append(longer)
    return row[-1]
