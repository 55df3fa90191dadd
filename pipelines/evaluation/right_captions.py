"""Count the clips whose captions say what labels do, for acts and for attributes of clips."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from motiondata.json_lines import read_json_lines
from pipelines.evaluation.acts.labels import ALL_KINDS, ActTotals, count_acts, read_labels
from pipelines.evaluation.attributes.counting import count_attributes
from pipelines.evaluation.attributes.labels import AttributeLabels


@dataclass(frozen=True)
class RightCaptions:
    """Counts of what captions say rightly."""

    clips: int | None = None
    """Clips whose caption is right; None without labels."""
    sides: int | None = None
    """Acts with a scored side; None for labels that have no acts."""
    sides_right: int | None = None
    """Those whose caption names this side."""


CountRight = Callable[[Sequence[str]], RightCaptions]
"""Counts right captions, given one caption per clip."""


def has_attributes(path: Path) -> bool:
    """Return whether a file of labels has attributes of clips, and not the synthesizer's acts."""
    return any("attributes" in line for _, line in islice(read_json_lines(path), 1))


def right_counter(path: Path | None, keys: Sequence[str]) -> CountRight:
    """Return what counts right captions of the clips with the given keys, by a file of labels.

    Raises `InputError` if the file is not a file of labels, or lacks a clip.
    """
    if path is None:
        return lambda _: RightCaptions()
    if not has_attributes(path):
        acts = read_labels(path, keys)
        return lambda captions: _of_acts(count_acts(captions, acts))
    labels = AttributeLabels.read(path)
    clips = labels.of(keys)
    return lambda captions: RightCaptions(count_attributes(captions, clips, labels).all_right)


def _of_acts(totals: ActTotals) -> RightCaptions:
    acts = totals.kinds[ALL_KINDS]
    return RightCaptions(totals.clips_right, acts.sides, acts.sides_right)
