"""The rules by which poses make pairs: the published values of PoseFix (Delmas et al. 2023).

The command line takes its options from here, so nothing heavy is imported.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class PairRules:
    """Which poses make pairs. The defaults are the published values."""

    least_similarity: float = 0.7
    """The poses of a pair are more similar than this: the cosine between their features."""
    most_similarity: float = 0.9
    """The poses of a pair are less similar than this."""
    nearest: int = 100
    """Number of most similar poses that a pose may be paired with."""
    in_sequence_codes: int = 15
    """Pairs of one recording differ in more interpretations of pose codes than this."""
    out_of_sequence_codes: int = 20
    """Pairs of two recordings differ in more interpretations of pose codes than this."""
    most_seconds: float = 0.5
    """The poses of a pair of one recording are less than this time apart."""
    partners: int = 3
    """Number of poses of other recordings of which one is drawn as a partner."""
