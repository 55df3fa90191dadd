"""Divide imported recordings into train, val and test by their file names.

A template in TOML names the words of a file name that must not be in two lists, such as the actor.
All recordings with the same words form a group, and a group is in one list. Words that differ by
left and right are the same, because the mirrored clip of one has the words of the other. Groups are
ordered by the hash of their words, so that lists depend on neither the order of files nor the
machine.
"""

import hashlib
import tomllib
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from motiondata.errors import InputError
from motiondata.files import expect_of_the_file
from motiondata.sources.humanml3d.splits import SPLITS
from motiondata.sources.imports.file_names import NamePattern, mirrored, read_pattern

BUNDLED = Path(__file__).parent / "data/splits.toml"
"""The template that is used if none is given."""

SHARES = {"train": 0.8, "val": 0.05, "test": 0.15}
"""The shares of HumanML3D's lists, which are used if a template gives none."""

Group = tuple[str, ...]


@dataclass(frozen=True)
class SplitRule:
    """How the names of one archive are divided."""

    names: NamePattern
    together: Group
    """The words that make a group."""
    fixed: Mapping[str, Mapping[str, tuple[str, ...]]] = field(default_factory=dict)
    """For a split and a word, the values whose groups are in this split."""

    def group_of(self, name: str) -> Group | None:
        """Return the group of a file, or None if the pattern does not match its name.

        Of its words and those of its mirrored clip, the first by the alphabet are the group's.
        """
        words = self.names.words_of(name)
        if words is None:
            return None
        group = tuple(words[word] for word in self.together)
        return min(group, tuple(map(mirrored, group)))

    def fixed_split(self, group: Group) -> str | None:
        """Return the split that the template gives to a group, or to its mirrored words, if any."""
        of_word = dict(zip(self.together, group, strict=True))
        for split, words in self.fixed.items():
            for word, values in words.items():
                if {of_word[word], mirrored(of_word[word])} & {*values}:
                    return split
        return None


@dataclass(frozen=True)
class SplitTemplate:
    """Rules for names, of which the first that matches is used, and the shares of the lists."""

    rules: tuple[SplitRule, ...]
    shares: Mapping[str, float]

    def divide(self, names: Sequence[str]) -> tuple[str, ...] | None:
        """Return the split of each file name without suffix, or None if no rule matches a name.

        A name that no rule matches is a group by itself.
        """
        groups = [self._group(name) for name in names]
        if all(rule is None for rule, _ in groups):
            return None
        members: dict[Group, list[int]] = defaultdict(list)
        for number, (_, group) in enumerate(groups):
            members[group].append(number)
        split_of = {group: rule.fixed_split(group[1:]) if rule else None for rule, group in groups}
        free = {group: len(members[group]) for group, split in split_of.items() if split is None}
        assigned = {group: split for group, split in split_of.items() if split}
        assigned |= share_groups(free, self.shares)
        return tuple(assigned[group] for _, group in groups)

    def _group(self, name: str) -> tuple[SplitRule | None, Group]:
        for number, rule in enumerate(self.rules):
            group = rule.group_of(name)
            if group is not None:
                return rule, (str(number), *group)
        return None, (name,)


def share_groups(sizes: Mapping[Group, int], shares: Mapping[str, float]) -> dict[Group, str]:
    """Return the split of each group, such that the numbers of files are near the shares.

    The groups, in the order of the hashes of their words, are cut into as many runs as there are
    splits. Test comes first, so that few groups leave val empty, and not test.
    """
    order = sorted(sizes, key=lambda group: (_hash(group), group))
    total, done = sum(sizes.values()), 0.0
    ends: list[tuple[str, float]] = []
    for split in ("test", "val"):
        ends.append((split, sum(end for _, end in ends[-1:]) + shares[split] * total))
    assigned: dict[Group, str] = {}
    for group in order:
        middle = done + sizes[group] / 2
        assigned[group] = next((split for split, end in ends if middle < end), "train")
        done += sizes[group]
    return assigned


def _hash(group: Group) -> str:
    return hashlib.sha256("\0".join(group).encode()).hexdigest()


def read_split_template(path: Path = BUNDLED) -> SplitTemplate:
    """Read a template; raise `InputError` if it is not one."""
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        expect_of_the_file(error)
        raise InputError(f"{path}: expected a template of splits; {error.strerror}") from error
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise InputError(f"{path}: expected a template of splits in TOML; {error}") from error
    shares, names = content.pop("shares", SHARES), content.pop("names", None)
    are_tables = isinstance(names, list) and all(isinstance(table, dict) for table in names)
    if content or not names or not are_tables:
        raise InputError(
            f"{path}: expected tables [[names]] and, if wanted, [shares]; found "
            f"{', '.join(content) or 'no [[names]]'}"
        )
    return SplitTemplate(tuple(_rules(path, names)), _shares(path, shares))


def _shares(path: Path, shares: Any) -> Mapping[str, float]:
    values = list(shares.values()) if isinstance(shares, dict) else []
    good = all(isinstance(value, int | float) and value >= 0 for value in values)
    if not good or {*shares} != {*SPLITS} or abs(sum(values) - 1) > 1e-6:
        raise InputError(f"{path}, [shares]: expected {', '.join(SPLITS)}, together 1")
    return {split: float(shares[split]) for split in SPLITS}


def _rules(path: Path, names: list[Any]) -> Iterator[SplitRule]:
    for number, table in enumerate(names, start=1):
        place = f"{path}, [[names]] {number}"
        files, together = table.get("files"), table.get("together")
        if not isinstance(files, str) or not _are_texts(together):
            raise InputError(
                f"{place}: expected files = '*_{{actor}}' and together = ['actor'], found "
                f"{files!r:.60} and {together!r:.60}"
            )
        pattern = read_pattern(files, place)
        fixed = {split: _values(place, split, table[split]) for split in SPLITS if split in table}
        used = {*together, *(word for words in fixed.values() for word in words)}
        if not used <= {*pattern.words} or not used <= {*together}:
            raise InputError(
                f"{place}: {', '.join(sorted(used))}: expected words of 'files' "
                f"({', '.join(pattern.words) or 'none'}), all of them in 'together'"
            )
        yield SplitRule(pattern, tuple(together), fixed)


def _values(place: str, split: str, table: Any) -> dict[str, tuple[str, ...]]:
    if not isinstance(table, dict) or not all(map(_are_texts, table.values())):
        raise InputError(f"{place}, {split}: expected a list of values for each word")
    return {word: tuple(values) for word, values in table.items()}


def _are_texts(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(text, str) for text in value)
