"""Rows of texts of pose pairs, counted by the codes of the pairs and matched with the pairs.

An evaluation of another dataset has neither, and one without a matcher is not matched.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from motiondata.pose_pairs.statements import PairFacts
from pipelines.evaluation.corrections import CorrectionTotals, count_corrections
from pipelines.evaluation.options import CONSTANT, REFERENCE
from pipelines.evaluation.pair_matching import MatchedPairs, PairMatch
from pipelines.evaluation.references import References
from pipelines.training.common.normalize_caption import normalize_caption
from pipelines.training.pose_pairs.read_facts import read_facts
from pipelines.training.pose_pairs.read_pairs import is_pose_pairs
from shards.format.dataset import Dataset
from shards.stream.streamed_dataset import StreamedDataset

Rows = Mapping[str, Sequence[str]]
"""Captions of all clips, by row of the tables."""


@dataclass(frozen=True, eq=False)
class PairTexts:
    """What texts of pose pairs are compared with, in addition to the references."""

    references: References
    train: References
    facts: list[PairFacts] | None
    """The codes of each pose pair; None for other datasets."""
    matched: MatchedPairs | None
    """The pose pairs as vectors of a matcher; None without one."""

    @classmethod
    def of(
        cls, dataset: Dataset, references: References, train: References, matcher: Path | None
    ) -> "PairTexts":
        """Read the codes of pairs, and embed the pairs if there is a checkpoint of a matcher.

        Raises `InputError` for a matcher with another dataset, or with too few pairs.
        """
        pairs = is_pose_pairs(dataset)
        facts = read_facts(StreamedDataset(dataset), references.keys) if pairs else None
        matched = None if matcher is None else MatchedPairs.of(dataset, references, matcher)
        return cls(references, train, facts, matched)

    @property
    def matcher(self) -> str | None:
        """Id of the matcher of pairs."""
        return None if self.matched is None else self.matched.matcher.id

    def corrections(self, rows: Rows) -> dict[str, CorrectionTotals] | None:
        """Return the counts of statements by row, and those of the first references."""
        facts = self.facts
        if facts is None:
            return None
        return {name: count_corrections(each, facts) for name, each in self._texts(rows).items()}

    def matches(self, rows: Rows) -> dict[str, PairMatch] | None:
        """Return how well texts match their pairs, by the same rows."""
        matched = self.matched
        if matched is None:
            return None
        return {name: matched.match(each) for name, each in self._texts(rows).items()}

    def _texts(self, rows: Rows) -> Rows:
        """Return the rows, the constant caption as it is written, and the first references."""
        constant = _as_written(rows[CONSTANT][0], self.train)
        firsts = [texts[0] for texts in self.references.texts.values()]
        return {**rows, CONSTANT: [constant] * len(firsts), REFERENCE: firsts}


def _as_written(normalized: str, train: References) -> str:
    """Return the training caption that becomes a normalized one: its punctuation links phrases."""
    return next(each for each in train.sentences if normalize_caption(each) == normalized)
