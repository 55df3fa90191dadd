"""Split a dataset so that no recording, subject or subset is in two splits.

Whole groups are assigned to splits, so that nothing leaks by construction. Groups are taken in an
order that a hash of the seed and the name gives, and each goes to the split that lacks most of its
share of samples.
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np
from numpy.typing import NDArray

from motiondata.counting import counted
from motiondata.errors import InputError
from motiondata.mirroring import MIRRORED_PREFIX
from pipelines.clips.keys import clip_name
from pipelines.editing.commands import read_keys
from pipelines.editing.edit import Edit, all_entries, members_of
from pipelines.products.descriptions import LISTS
from shards.format.dataset import Dataset
from shards.format.hashing import hash_bytes
from shards.format.paths import NAME, RESERVED
from shards.format.places import Place
from shards.format.unknown_names import unknown_name

RECORDING, SUBJECT, SUBSET = "recording", "subject", "subset"
GROUPS: dict[str, tuple[str, Callable[[str], str]]] = {
    RECORDING: ("source", str),
    SUBJECT: ("source", lambda source: PurePosixPath(source).parent.as_posix()),
    SUBSET: ("subset", str),
}
"""Kinds of groups: the manifest column, and the group's name of its value. Archives such as AMASS
have a folder for each subject."""
SHARD_MEGABYTES = 160
"""As builds have it: a split takes samples of many shards."""
DEFAULT_PARTS = ("train=0.8", "val=0.05", "test=0.15")
"""The shares of HumanML3D's lists."""


@dataclass(frozen=True)
class Parts:
    """The splits to make. Raises `InputError` for shares that are none."""

    shares: Mapping[str, float]
    """The share of samples of each split, in any unit."""
    named: Mapping[str, Sequence[str]]
    """The groups that are assigned to splits by name."""

    @classmethod
    def of(cls, words: Sequence[str]) -> "Parts":
        """Read parts such as `train=0.8` or `test=KIT+SFU`."""
        shares: dict[str, float] = {}
        named: dict[str, list[str]] = {}
        for word in words:
            split, _, value = word.partition("=")
            if not NAME.fullmatch(split) or split in RESERVED or not value:
                raise InputError(
                    f"the part is {word!r}; expected a split and a share, such as train=0.8, or "
                    "the names of groups, such as test=KIT+SFU"
                )
            if split in shares or split in named:
                raise InputError(f"the split {split!r} is given twice; expected each once")
            try:
                shares[split] = float(value)
            except ValueError:
                named[split] = value.split("+")
        if not all(0 < share < float("inf") for share in shares.values()):
            raise InputError(f"the shares are {shares}; expected numbers above 0")
        if len(shares) + len(named) < 2 or not shares:
            raise InputError("expected at least two parts, and a share for the remaining groups")
        return cls(shares, named)


def split_by(
    path: Place, by: str, parts: Sequence[str], seed: int = 0,
    shard_megabytes: int = SHARD_MEGABYTES,
) -> Edit:  # fmt: skip
    """Split a dataset by recording, subject or subset, in shares of samples."""
    dataset = Dataset.open(path)
    groups = _groups(dataset, by)
    assigned = assign(groups, Parts.of(parts), seed, path)
    options = {"by": by, "part": [*parts], "seed": seed}
    splits = [assigned[group] for group in groups]
    expect_no_leak(groups, splits, by, path)
    counts = Counter(assigned.values())
    facts = {f"{by}s": {split: counts[split] for split in dict.fromkeys(splits)}}
    return _edit(dataset, options, splits, shard_megabytes, facts)


def split_by_lists(
    path: Place, lists: Path, allow_leaks: bool = False, shard_megabytes: int = SHARD_MEGABYTES
) -> Edit:
    """Split a dataset by files `NAME.txt` of keys in a folder, and leave out all other samples.

    A listed name covers the mirrored version and further views of the sample too. Raises
    `InputError` if a recording would be in two splits, unless `allow_leaks`.
    """
    dataset, listed = Dataset.open(path), _read_lists(lists)
    found = [_listed_split(listed, key) for key in dataset.manifest["key"].to_pylist()]
    kept = np.array([number for number, split in enumerate(found) if split is not None], np.int64)
    splits = [split for split in found if split is not None]
    if not splits:
        raise InputError(f"{lists}: names no sample of {path}; expected a key per line")
    if not allow_leaks and "source" in dataset.manifest.column_names:
        sources = dataset.manifest["source"].take(kept).to_pylist()
        expect_no_leak(sources, splits, RECORDING, path, "; --allow-leaks splits anyway")
    unlisted = len(found) - len(kept)
    options = {LISTS: hash_bytes(repr(sorted(listed.items())).encode())}
    facts = {"samples_in_no_list": unlisted}
    return _edit(dataset, options, splits, shard_megabytes, facts, kept)


def assign(groups: Sequence[str], parts: Parts, seed: int, path: Place) -> dict[str, str]:
    """Return the split of each group, given the group of each sample.

    Raises `InputError` for an unknown group, and if a split would be empty.
    """
    sizes = Counter(groups)
    assigned: dict[str, str] = {}
    for split, names in parts.named.items():
        for name in names:
            if name not in sizes:
                raise InputError(f"{path}: {unknown_name('group', name, sorted(sizes))}")
            if name in assigned:
                raise InputError(f"{path}: {name} is in {assigned[name]} and {split}; expected one")
            assigned[name] = split
    rest = sorted(sizes.keys() - assigned.keys(), key=lambda name: _place(name, seed))
    total = sum(sizes[name] for name in rest)
    whole = sum(parts.shares.values())
    lacking = {split: total * share / whole for split, share in parts.shares.items()}
    for name in rest:
        split = max(lacking, key=lambda each: lacking[each])
        assigned[name] = split
        lacking[split] -= sizes[name]
    if empty := [split for split in parts.shares if split not in assigned.values()]:
        raise InputError(
            f"{path}: {counted(len(rest), 'group')} of samples cannot fill {len(parts.shares)} "
            f"splits: {empty[0]} would be empty; split by smaller groups, or into fewer parts"
        )
    return assigned


def expect_no_leak(
    groups: Sequence[str], splits: Sequence[str], by: str, path: Place, advice: str = ""
) -> None:
    """Raise `InputError` if the samples of a group are in two splits."""
    found: dict[str, str] = {}
    leaks = {
        group
        for group, split in zip(groups, splits, strict=True)
        if found.setdefault(group, split) != split
    }
    if leaks:
        raise InputError(
            f"{path}: {counted(len(leaks), by)} would be in two splits, such as {min(leaks)}: "
            f"expected each in one{advice}"
        )


def _groups(dataset: Dataset, by: str) -> list[str]:
    column, name_of = GROUPS[by]
    if column not in dataset.manifest.column_names:
        raise InputError(
            f"{dataset.place}: expected a manifest with the column {column}, found none"
        )
    groups = [name_of(value) for value in dataset.manifest[column].to_pylist()]
    if len({*groups}) == 1:
        raise InputError(
            f"{dataset.place}: all samples are of one {by} ({groups[0]}), which cannot be split"
        )
    return groups


def _edit(
    dataset: Dataset,
    options: Mapping[str, Any],
    splits: Sequence[str],
    shard_megabytes: int,
    facts: Mapping[str, Any],
    rows: NDArray[np.int64] | None = None,
) -> Edit:
    entries = all_entries([dataset])
    chosen = entries if rows is None else entries.take(rows)
    return Edit(
        "split", options, (dataset,), replace(chosen, splits=splits), members_of(dataset),
        shard_megabytes, (), facts,
    )  # fmt: skip


def _place(name: str, seed: int) -> str:
    return hash_bytes(f"{seed} {name}".encode())


def _read_lists(folder: Path) -> dict[str, str]:
    """Return the split of each listed name."""
    files = sorted(folder.glob("*.txt")) if folder.is_dir() else []
    if not files:
        raise InputError(f"{folder}: expected a folder with lists such as train.txt, found none")
    of_name: dict[str, str] = {}
    for file in files:
        if not NAME.fullmatch(file.stem) or file.stem in RESERVED:
            raise InputError(f"{file}: is not the name of a split; expected one such as train.txt")
        for name in read_keys(file):
            if of_name.setdefault(name, file.stem) != file.stem:
                raise InputError(
                    f"{folder}: {name} is in {of_name[name]}.txt and {file.name}; expected one list"
                )
    return of_name


def _listed_split(listed: Mapping[str, str], key: str) -> str | None:
    """Return the split of a key, of its clip, or of the clip that it mirrors."""
    clip = clip_name(key)
    for name in (key, clip, clip.removeprefix(MIRRORED_PREFIX)):
        if name in listed:
            return listed[name]
    return None
