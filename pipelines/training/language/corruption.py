"""Pre-training samples: masked text and motion to restore, and pairs of a caption and a motion.

Span corruption is T5's (Raffel et al., 2020): spans of units are replaced by sentinels, and the
answer has the sentinels with what they replace. A unit is a word or a motion token.
"""

from collections.abc import Sequence
from itertools import pairwise
from random import Random

from pipelines.training.language.instructions import CaptionedMotion, Sample
from pipelines.training.language.motion_vocabulary import (
    END,
    SENTINELS,
    START,
    code_token,
    motion_text,
    sentinel,
)

CORRUPTED = 0.15
"""Share of units that are masked, as in T5."""
SPAN = 3
"""Mean number of units of a span, as in T5."""


def draw_pretraining(motion: CaptionedMotion, random: Random) -> Sample:
    """Return a random sample of pre-training: masked text, motion, or both, or a pair."""
    codes = motion_units(motion.codes)
    words = motion.caption.removesuffix(".").split() or codes
    kinds = (
        lambda: corrupt(words, random),
        lambda: corrupt(codes, random),
        lambda: corrupt([*words, *codes], random),
        lambda: Sample(" ".join(words), motion_text(motion.codes)),
        lambda: Sample(motion_text(motion.codes), " ".join(words)),
    )
    return random.choice(kinds)()


def motion_units(codes: Sequence[int]) -> list[str]:
    """Return the units of a motion."""
    return [START, *map(code_token, codes), END]


def corrupt(units: Sequence[str], random: Random) -> Sample:
    """Replace random spans of units by sentinels; the answer restores them.

    At least one unit is replaced, and spans do not touch.
    """
    masked = max(1, round(CORRUPTED * len(units)))
    spans = min(max(1, round(masked / SPAN)), len(units) - masked + 1, SENTINELS - 1)
    lengths = _parts(masked, spans, random)
    gaps = _parts(len(units) - masked + 2, spans + 1, random)  # both outer gaps may be empty
    gaps[0], gaps[-1] = gaps[0] - 1, gaps[-1] - 1
    kept: list[str] = []
    hidden: list[str] = []
    place = 0
    for number, (gap, length) in enumerate(zip(gaps, lengths, strict=False)):
        kept += [*units[place : place + gap], sentinel(number)]
        place += gap
        hidden += [sentinel(number), *units[place : place + length]]
        place += length
    return Sample(join([*kept, *units[place:]]), join([*hidden, sentinel(spans)]))


def _parts(total: int, number: int, random: Random) -> list[int]:
    """Return positive random numbers with a given sum."""
    cuts = [0, *sorted(random.sample(range(1, total), number - 1)), total]
    return [after - before for before, after in pairwise(cuts)]


def join(units: Sequence[str]) -> str:
    """Return units as text, with spaces between words."""
    text = ""
    for unit in units:
        both_words = not unit.startswith("<") and text and not text.endswith(">")
        text += f" {unit}" if both_words else unit
    return text
