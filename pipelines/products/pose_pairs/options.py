"""The options of a dataset of pose pairs."""

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from motiondata.errors import InputError
from motiondata.pose_pairs.rules import PairRules
from pipelines.clips.frame_rates import REFERENCE, rate_of
from pipelines.clips.options import ClipSelection, PackingOptions, expect, expect_at_least
from shards.format.paths import NAME, RESERVED, refuse_url


@dataclass(frozen=True)
class PosePairOptions:
    """Which poses are picked, and what is written of pairs. Raises `InputError`."""

    poses: int = 100_000
    """Number of poses to pick from all frames; each is the one farthest from those before it."""
    fps: str = REFERENCE
    """Frame rate of the frames that poses are picked from, in Hz, or reference for HumanML3D's
    stride rule."""
    texts_per_pair: int = 3
    """Number of texts of each pair, in turn in each style."""
    part: tuple[str, ...] = ()
    """Split recordings without --splits by this share, such as train=0.8; may be repeated."""
    seed: int = 0
    """Seed of the drawn partners, of texts, and of --part."""
    embedding: Path | None = None
    """File (.npy) of a vector for each picked pose, whose cosines are the similarities; by default
    those of joint angles."""

    def __post_init__(self) -> None:
        if self.embedding is not None:
            refuse_url(self.embedding)
        expect_at_least(self, "poses", 2)
        expect_at_least(self, "texts_per_pair", 1)
        _ = self.rate, self.shares

    @property
    def rate(self) -> float | None:
        """The frame rate in Hz; None for HumanML3D's stride rule."""
        return rate_of(self.fps)

    @property
    def shares(self) -> Mapping[str, float]:
        """The share of each split, of all shares; empty without `part`."""
        read = dict(map(_read_part, self.part))
        if len(read) != len(self.part):
            raise InputError(f"--part: a split is given twice in {', '.join(self.part)}")
        total = sum(read.values())
        return {split: share / total for split, share in read.items()}


def _read_part(word: str) -> tuple[str, float]:
    split, _, value = word.partition("=")
    try:
        share = float(value)
    except ValueError:
        share = math.nan
    if not NAME.fullmatch(split) or split in RESERVED or not 0 < share < math.inf:
        raise InputError(f"--part: expected a split and a share, such as train=0.8, found {word!r}")
    return split, share


@dataclass(frozen=True)
class PosePairBuildOptions:
    """The clips that poses are picked from, the rules of pairs, and how samples are packed."""

    clips: ClipSelection
    pairs: PosePairOptions
    rules: PairRules = field(default_factory=PairRules)
    packing: PackingOptions = field(default_factory=PackingOptions)

    def __post_init__(self) -> None:
        rules = self.rules
        for name in ("nearest", "partners"):
            expect_at_least(rules, name, 1)
        for name in ("in_sequence_codes", "out_of_sequence_codes"):
            expect_at_least(rules, name, 0)
        expect(rules.most_seconds > 0, rules, "most_seconds", "more than 0")
        is_window = -1 <= rules.least_similarity < rules.most_similarity
        expect(is_window, rules, "most_similarity", f"more than {rules.least_similarity:g}")

    @property
    def parameters(self) -> dict[str, Any]:
        """The parameters that may change a byte, without paths, as in `dataset.json`."""
        pairs = self.pairs
        return {
            **asdict(pairs),
            "fps": pairs.rate or REFERENCE,
            "part": [*pairs.part],
            "embedding": "FILE" if pairs.embedding else None,
            **asdict(self.rules),
        }
