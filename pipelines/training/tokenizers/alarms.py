"""Alarms: signs that a tokenizer collapses, causes, and remedies.

The loss does not show a collapse: a decoder that always returns the mean pose has a finite loss
too.
"""

from collections.abc import Sequence

from pipelines.training.common.logs import Record
from pipelines.training.tokenizers.reconstruction import TokenizerMeasures

MIN_VARIATION = 0.2
"""Variation of the reconstruction below which it is nearly constant. A tokenizer that has learned
reaches 0.8 and more."""
MIN_SHARE = 0.1
"""Share of used codes below which most codes are dead."""
MAX_FALL = 0.5
"""Share of the highest earlier perplexity below which it has fallen."""


def alarms(measures: TokenizerMeasures, watched: Sequence[Record]) -> list[str]:
    """Return the alarms of a validation; `watched` has the measures of earlier ones."""
    found = []
    if measures.tokenizer.variation < MIN_VARIATION:
        found.append(
            f"the reconstruction varies {measures.tokenizer.variation:.0%} as much as the motion: "
            "every clip becomes nearly the same pose; try a higher --rate or more --steps, and "
            "check with motiondata stats that the features vary"
        )
    return [*found, *_dead(measures), *_collapsing(measures, watched)]


def _dead(measures: TokenizerMeasures) -> list[str]:
    """Return an alarm for each stage in which most codes are dead."""
    named = {f" of stage {k}": each.use for k, each in enumerate(measures.stages, 1)}
    remedy = "a smaller --residual" if named else "--quantizer fsq, which has no codebook"
    return [
        f"{use.used} of {use.reachable} codes{name} are used, the others are dead; choose fewer "
        f"--codes, or {remedy}"
        for name, use in (named or {"": measures.use}).items()
        if use.share < MIN_SHARE
    ]


def _collapsing(measures: TokenizerMeasures, watched: Sequence[Record]) -> list[str]:
    """Return an alarm if the codes are used less evenly than before."""
    found = measures.use.perplexity
    highest = max((record["perplexity"] for record in watched), default=0.0)
    if found >= MAX_FALL * highest:
        return []
    remedy = "a smaller --residual" if measures.stages else "--quantizer fsq"
    return [
        f"the perplexity of the codes fell from {highest:.0f} to {found:.0f}: the codes collapse; "
        f"try a lower --rate, a larger --batch, or {remedy}"
    ]
