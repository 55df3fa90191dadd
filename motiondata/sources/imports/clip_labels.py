"""Labels of imported clips, `labels.jsonl`: what the name of a file says of a clip, and how.

A line describes one clip. It has all that is needed to read the clip's attributes from captions,
so that the lines of several archives may be put into one file.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from motiondata.files import whole_or_absent
from motiondata.sources.imports.file_names import CaptionTemplate, mirrored

LABELS = "labels.jsonl"


@dataclass(frozen=True)
class Attribute:
    """An attribute of a clip, such as its content or its style."""

    value: str
    """The value in the file's name, such as `walk-left`."""
    texts: tuple[str, ...]
    """What captions say for it; an empty text stands for saying nothing."""


@dataclass(frozen=True)
class ClipLabel:
    """The attributes of a clip, and the captions that name them."""

    name: str
    captions: tuple[str, ...]
    """Captions with the names of attributes in braces."""
    attributes: Mapping[str, Attribute]


def label_of(clip: str, file: str, template: CaptionTemplate) -> ClipLabel | None:
    """Return the label of a clip by its file's name; None if it has no words for captions."""
    values = template.values_of(file)
    made = {
        word: Attribute(value, template.texts_of(word, value)) for word, value in values.items()
    }
    return ClipLabel(clip, template.captions, made) if made else None


def mirrored_label(label: ClipLabel, clip: str, template: CaptionTemplate) -> ClipLabel:
    """Return the label of the mirrored clip: left and right are exchanged in its texts."""
    turned = {word: _mirrored(word, each, template) for word, each in label.attributes.items()}
    return ClipLabel(clip, tuple(map(mirrored, label.captions)), turned)


def _mirrored(word: str, attribute: Attribute, template: CaptionTemplate) -> Attribute:
    """Return the value with the mirrored texts, by its name in the template if it has one."""
    texts = tuple(map(mirrored, attribute.texts))
    if texts == attribute.texts:
        return attribute
    known = (value for value, found in template.texts.get(word, {}).items() if found == texts)
    other = mirrored(attribute.value)
    new = f"{attribute.value}-mirrored" if other == attribute.value else other
    return Attribute(next(known, new), texts)


def write_labels(folder: Path, labels: Iterable[ClipLabel]) -> None:
    """Write `labels.jsonl`; without labels, remove that of an earlier import."""
    lines = "".join(f"{json.dumps(asdict(label))}\n" for label in labels)
    if not lines:
        (folder / LABELS).unlink(missing_ok=True)
        return
    with whole_or_absent(folder / LABELS) as whole:
        whole.write_text(lines, encoding="ascii")
