"""Read the values of attributes from captions, by the texts that stand for them.

The longest texts are looked for first, and a word belongs to one text: `walks to the left` is not
`walks`. An empty text, such as that of a normal style, counts if nothing else is said of the
attribute and if all other words are those of a pattern: a caption that repeats one word says
nothing, and no normal style either.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from pipelines.evaluation.attributes.labels import AttributeLabels
from pipelines.training.common.normalize_caption import normalize_caption

Phrase = tuple[str, ...]
Said = Mapping[str, frozenset[str] | None]
"""For each attribute, the values that a caption may mean: none of them if it names several, and
None if it names no value."""


@dataclass(frozen=True)
class CaptionReader:
    """What captions say about attributes."""

    phrases: Mapping[Phrase, Mapping[str, frozenset[str]]]
    """For each text, as words, the values of attributes that it stands for; the longest first."""
    silent: Mapping[str, frozenset[str]]
    """For each attribute, the values that an empty text stands for."""
    frames: frozenset[Phrase]
    """The words of each pattern around the attributes."""

    @classmethod
    def of(cls, labels: AttributeLabels) -> "CaptionReader":
        """Return the reader of the texts of labels."""
        found: dict[Phrase, dict[str, set[str]]] = {}
        for name, texts in labels.texts.items():
            for value, choices in texts.items():
                for text in choices:
                    words = tuple(normalize_caption(text).split())
                    found.setdefault(words, {}).setdefault(name, set()).add(value)
        ordered = sorted(found, key=lambda words: (-len(words), words))
        phrases = {words: _frozen(found[words]) for words in ordered}
        nothing = phrases.pop((), {})
        silent = {name: nothing.get(name, frozenset()) for name in labels.texts}
        return cls(phrases, silent, frozenset(_frames(labels)))

    def read(self, caption: str) -> Said:
        """Return the values that a caption may mean, for each attribute."""
        left = normalize_caption(caption).split()
        said: dict[str, frozenset[str]] = {}
        for phrase, meant in self.phrases.items():
            if _take(left, phrase):
                for name, values in meant.items():
                    said[name] = said.get(name, values) & values
        whole = tuple(filter(None, left)) in self.frames
        return {name: said.get(name, values or None if whole else None)
                for name, values in self.silent.items()}  # fmt: skip


def _frozen(values: Mapping[str, set[str]]) -> dict[str, frozenset[str]]:
    return {name: frozenset(each) for name, each in values.items()}


def _frames(labels: AttributeLabels) -> list[Phrase]:
    """Return the words of each pattern without those in braces."""
    nothing = dict.fromkeys(labels.texts, " ")
    return [tuple(normalize_caption(pattern.format_map(nothing)).split())
            for pattern in labels.patterns]  # fmt: skip


def _take(left: list[str], phrase: Phrase) -> bool:
    """Blank each occurrence of a phrase in the words left; return whether there was one."""
    size, found = len(phrase), False
    for start in range(len(left) - size + 1):
        if tuple(left[start : start + size]) == phrase:
            left[start : start + size] = [""] * size
            found = True
    return found
