"""The labels of imported clips: attributes such as content and style, and how captions say them.

`labels.jsonl` is that of `motiondata import`, or of anybody: one object per clip with its `name`,
the patterns `captions`, and its `attributes`, each with a `value` and the `texts` that say it.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from motiondata.errors import InputError
from motiondata.json_lines import read_json_lines
from motiondata.sources.imports.clip_labels import Attribute, ClipLabel
from motiondata.sources.imports.file_names import expect_whole_words, read_pattern
from pipelines.clips.keys import clip_name

EXPECTED = (
    '{"name": "...", "captions": ["a person {style}"], "attributes": {"style": {"value": "...", '
    '"texts": ["..."]}}}'
)
"""A line of the file."""

Values = Mapping[str, str]
"""The value of each attribute of a clip."""
Texts = dict[str, dict[str, tuple[str, ...]]]
"""The texts of each value of each attribute."""


@dataclass(frozen=True)
class AttributeLabels:
    """The attributes of clips, and the texts of all their values."""

    path: Path
    patterns: tuple[str, ...]
    """Captions with the names of attributes in braces."""
    texts: Mapping[str, Mapping[str, tuple[str, ...]]]
    """For each attribute, maps each value to its texts."""
    clips: Mapping[str, Values]
    """The values of each clip, by its name."""

    @classmethod
    def read(cls, path: Path) -> "AttributeLabels":
        """Read a file of labels; raise `InputError` with the line if it is not one."""
        patterns: dict[str, None] = {}
        texts: Texts = {}
        clips: dict[str, Values] = {}
        for where, line in read_json_lines(path):
            label = _label(where, line)
            _add_texts(texts, where, label)
            values = {name: each.value for name, each in label.attributes.items()}
            if clips.setdefault(label.name, values) != values:
                raise InputError(
                    f"{where}: expected one label per clip, found another of {label.name!r}"
                )
            patterns |= dict.fromkeys(label.captions)
        return cls(path, tuple(patterns), texts, clips)

    def of(self, keys: Iterable[str]) -> list[Values]:
        """Return the values of the clips with some keys; raise `InputError` if one is missing."""
        names = [clip_name(key) for key in keys]
        missing = [name for name in names if name not in self.clips]
        if missing:
            raise InputError(
                f"{self.path}: expected a label of each clip that is scored or trained on, found "
                f"none of {missing[0]!r}; give the labels.jsonl of the archive that the dataset "
                "was built from"
            )
        return [self.clips[name] for name in names]

    def caption(self, values: Values) -> str:
        """Return the first caption of some values, with the first text of each."""
        words = {name: self.texts[name][value][0] for name, value in values.items()}
        return " ".join(self.patterns[0].format_map(words).split())


def _add_texts(texts: Texts, where: str, label: ClipLabel) -> None:
    """Add the texts of a label; raise `InputError` if they contradict those of another one."""
    if texts and label.attributes.keys() != texts.keys():
        raise InputError(
            f"{where}: expected the attributes {', '.join(texts)}, as in the lines before, found "
            f"{', '.join(label.attributes)}"
        )
    for name, found in label.attributes.items():
        known = texts.setdefault(name, {}).setdefault(found.value, found.texts)
        if known != found.texts:
            raise InputError(
                f"{where}: expected the texts {list(known)} of the {name} {found.value!r}, as in a "
                f"line before, found {list(found.texts)}"
            )


def _label(where: str, line: Mapping[str, Any]) -> ClipLabel:
    try:
        attributes = {name: _attribute(each) for name, each in line["attributes"].items()}
        label = ClipLabel(_text(line["name"]), _texts(line["captions"]), attributes)
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        raise InputError(f"{where}: expected {EXPECTED}, found {str(line)[:80]}") from error
    _expect_named(where, label)
    return label


def _attribute(found: Mapping[str, Any]) -> Attribute:
    return Attribute(_text(found["value"]), _texts(found["texts"]))


def _texts(found: Any) -> tuple[str, ...]:
    if not isinstance(found, list) or not found:
        raise ValueError(found)
    return tuple(map(_text, found))


def _text(found: Any) -> str:
    if not isinstance(found, str):
        raise TypeError(found)
    return found


def _expect_named(where: str, label: ClipLabel) -> None:
    """Raise `InputError` unless each caption names every attribute once, and nothing else."""
    for caption in label.captions:
        expect_whole_words(caption, where)
        if not label.attributes or {*read_pattern(caption, where).words} != {*label.attributes}:
            raise InputError(
                f"{where}: expected captions that name each attribute in braces "
                f"({', '.join(label.attributes) or 'none'}), found {caption!r:.60}"
            )
