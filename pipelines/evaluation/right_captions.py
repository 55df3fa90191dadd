"""Count the clips whose captions say what labels do, for acts and for attributes of clips."""

from collections.abc import Callable, Sequence
from itertools import islice
from pathlib import Path

from motiondata.json_lines import read_json_lines
from pipelines.evaluation.acts.labels import count_acts, read_labels
from pipelines.evaluation.attributes.counting import count_attributes
from pipelines.evaluation.attributes.labels import AttributeLabels

CountRight = Callable[[Sequence[str]], int]
"""Returns the number of clips whose caption is right, given one caption per clip."""


def has_attributes(path: Path) -> bool:
    """Return whether a file of labels has attributes of clips, and not the synthesizer's acts."""
    return any("attributes" in line for _, line in islice(read_json_lines(path), 1))


def right_counter(path: Path, keys: Sequence[str]) -> CountRight:
    """Return what counts the clips with the given keys whose caption is right.

    Raises `InputError` if the file is not a file of labels, or lacks a clip.
    """
    if not has_attributes(path):
        acts = read_labels(path, keys)
        return lambda captions: count_acts(captions, acts).clips_right
    labels = AttributeLabels.read(path)
    clips = labels.of(keys)
    return lambda captions: count_attributes(captions, clips, labels).all_right
