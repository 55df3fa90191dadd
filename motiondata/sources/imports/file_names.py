"""Make captions from file names by a template: a small TOML file that users can write.

`files` is the pattern of the names, without suffix. `{word}` takes letters, digits and `-`, `#`
takes all digits there, and `*` takes anything. `captions` are texts that name these words. A table
for each word maps its values in file names to texts; a value that is not in the table is used as it
is written, with spaces for `-`.
"""

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from motiondata.errors import InputError
from motiondata.files import expect_of_the_file

BUNDLED = Path(__file__).parent / "data/bandai_namco.toml"
"""The template that is used if none is given."""

_WILD = {"*": ".*", "#": "[0-9]+"}
_PARTS = re.compile(r"\{([a-z_]+)\}|\*|#")
_SIDES = {"left": "right", "right": "left", "leftward": "rightward", "rightward": "leftward"}
_SIDE = re.compile(rf"\b({'|'.join(_SIDES)})\b")


@dataclass(frozen=True)
class NamePattern:
    """A pattern of file names without suffix, such as `walk_{style}_*`."""

    text: str

    @cached_property
    def words(self) -> tuple[str, ...]:
        """The words in braces."""
        return tuple(found[1] for found in _PARTS.finditer(self.text) if found[1])

    def words_of(self, name: str) -> dict[str, str] | None:
        """Return the value of each word in a name, or None if the pattern does not match it."""
        found = self._pattern.fullmatch(name)
        return None if found is None else found.groupdict()

    @cached_property
    def _pattern(self) -> re.Pattern[str]:
        parts: list[str] = []
        at = 0
        for found in _PARTS.finditer(self.text):
            parts.append(re.escape(self.text[at : found.start()]))
            at = found.end()
            fewest = "?" if self.text.startswith("#", at) else ""
            word = f"(?P<{found[1]}>[^_ .]+{fewest})"
            parts.append(_WILD.get(found[0], word))
        return re.compile("".join([*parts, re.escape(self.text[at:])]), re.DOTALL)


@dataclass(frozen=True)
class CaptionTemplate:
    """What file names say, and how it is put into words."""

    names: NamePattern
    captions: tuple[str, ...]
    """The captions, with words in braces."""
    texts: Mapping[str, Mapping[str, tuple[str, ...]]]
    """For each word, maps a value in a file name to its texts, one for each caption in turn."""

    def of_name(self, name: str) -> tuple[str, ...]:
        """Return the captions of a file, or none if the pattern does not match its name."""
        words = self.names.words_of(name)
        if words is None:
            return ()
        made = (
            caption.format_map(self._words(words, number))
            for number, caption in enumerate(self.captions)
        )
        return tuple(dict.fromkeys(" ".join(caption.split()) for caption in made))

    def values_of(self, name: str) -> dict[str, str]:
        """Return the values of the words that captions name; none if the pattern does not match."""
        words = self.names.words_of(name) or {}
        named = {word for caption in self.captions for word in NamePattern(caption).words}
        return {word: value for word, value in words.items() if word in named}

    def texts_of(self, word: str, value: str) -> tuple[str, ...]:
        """Return the texts of a value, one for each caption in turn."""
        return self.texts.get(word, {}).get(value, (value.replace("-", " "),))

    def _words(self, values: Mapping[str, str], caption: int) -> dict[str, str]:
        texts = {word: self.texts_of(word, value) for word, value in values.items()}
        return {word: choices[caption % len(choices)] for word, choices in texts.items()}


def read_pattern(files: str, where: object) -> NamePattern:
    """Return a pattern; raise `InputError`, with its place `where`, if it is not one."""
    expect_whole_words(files, where)
    pattern = NamePattern(files)
    if len(set(pattern.words)) < len(pattern.words):
        raise InputError(f"{where}: expected each word once in a pattern, found {files!r:.60}")
    return pattern


def expect_whole_words(text: str, where: object) -> None:
    """Raise `InputError` if a text has a brace that is not around a word."""
    if set("{}") & set(_PARTS.sub("", text)):
        raise InputError(
            f"{where}: expected words of a to z and _ in braces, such as {{style}}; found "
            f"{text!r:.60}"
        )


def mirrored(caption: str) -> str:
    """Return a caption with left and right exchanged."""
    return _SIDE.sub(lambda found: _SIDES[found[1]], caption)


def read_template(path: Path = BUNDLED) -> CaptionTemplate:
    """Read a template; raise `InputError` if it is not one."""
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        expect_of_the_file(error)
        raise InputError(f"{path}: expected a template of captions; {error.strerror}") from error
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise InputError(f"{path}: expected a template of captions in TOML; {error}") from error
    return _template(path, content)


def _template(path: Path, content: dict[str, Any]) -> CaptionTemplate:
    files, captions = content.pop("files", None), content.pop("captions", None)
    if not isinstance(files, str) or not _are_texts(captions):
        raise InputError(
            f"{path}: expected files = 'walk_{{style}}_*' and captions = ['a person ...'], "
            f"found {files!r:.60} and {captions!r:.60}"
        )
    for caption in captions:
        expect_whole_words(caption, path)
    names = read_pattern(files, path)
    texts = {word: _texts(path, word, table) for word, table in content.items()}
    used = {word for caption in captions for word in NamePattern(caption).words} | texts.keys()
    if not used <= set(names.words):
        raise InputError(
            f"{path}: captions and tables name {', '.join(sorted(used))}; expected words of "
            f"'files': {', '.join(names.words) or 'none'}"
        )
    return CaptionTemplate(names, tuple(captions), texts)


def _texts(path: Path, word: str, table: Any) -> dict[str, tuple[str, ...]]:
    values = table if isinstance(table, dict) else {"": None}
    texts = {value: [text] if isinstance(text, str) else text for value, text in values.items()}
    if not all(map(_are_texts, texts.values())):
        raise InputError(f"{path}, [{word}]: expected a text, or a list of texts, for each value")
    return {value: tuple(text or ()) for value, text in texts.items()}


def _are_texts(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(text, str) for text in value)
