"""The edits of one dataset that choose or rename samples, leave out members, or cut shards anew.

Each function opens its sources and returns the edit. `dataset.json` records the name of the command
and the options that are passed to `Edit`.
"""

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np

from motiondata.errors import InputError
from pipelines.editing.edit import Edit, Entries, all_entries, members_of
from pipelines.products.descriptions import KEYS, RENAMES
from shards.errors import ShardError
from shards.format.array_spec import ArraySpec
from shards.format.dataset import Dataset
from shards.format.hashing import hash_bytes
from shards.format.places import Place
from shards.format.schema import Schema
from shards.format.unknown_names import unknown_name
from shards.stream.conditions import meets


def filter_samples(path: Place, where: str, shard_megabytes: int | None = None) -> Edit:
    """Keep the samples that meet a condition, see `shards.stream.conditions`."""
    dataset = Dataset.open(path)
    rows = np.flatnonzero(meets(dataset, where))
    if not len(rows):
        raise InputError(f"{path}: no sample meets {where!r}; expected at least one")
    entries = all_entries([dataset]).take(rows)
    options = {"where": where}
    return Edit("filter", options, (dataset,), entries, members_of(dataset), shard_megabytes)


def select(path: Place, keys: Collection[str], shard_megabytes: int | None = None) -> Edit:
    """Keep the samples with the given keys, in the order of the dataset."""
    dataset = Dataset.open(path)
    there, wanted = dataset.manifest["key"].to_pylist(), {*keys}
    if absent := sorted(wanted - {*there}):
        raise InputError(f"{path}: {unknown_name('sample', absent[0], _nearby(absent[0], there))}")
    if not wanted:
        raise InputError(f"{path}: expected at least one key to select, found none")
    rows = np.array([number for number, key in enumerate(there) if key in wanted])
    options = {KEYS: hash_bytes("\n".join(sorted(wanted)).encode())}
    entries = all_entries([dataset]).take(rows)
    return Edit("select", options, (dataset,), entries, members_of(dataset), shard_megabytes)


def reshard(path: Place, shard_megabytes: int) -> Edit:
    """Cut the samples of each split, in order, into shards of about a given size."""
    dataset = Dataset.open(path)
    return Edit(
        "reshard", {}, (dataset,), all_entries([dataset]), members_of(dataset), shard_megabytes
    )


def drop_members(path: Place, members: Collection[str]) -> Edit:
    """Leave out members, such as `parts.npy`."""
    dataset = Dataset.open(path)
    for name in members:
        expect_member(dataset, name)
    kept = tuple(member for member in members_of(dataset) if member.suffix not in members)
    for member in kept:
        counted = member.spec.counted_where if isinstance(member.spec, ArraySpec) else None
        if counted is not None and dataset.schema.suffixes[counted] in members:
            raise InputError(
                f"{path}: {member.suffix} needs {dataset.schema.suffixes[counted]}, the number of "
                "its distinct rows per frame; keep that member, or drop both"
            )
    try:
        Schema({member.suffix: member.spec for member in kept})
    except ShardError as error:
        raise InputError(f"{path}: without {', '.join(members)}, {error}") from error
    options = {"member": sorted(members)}
    return Edit("drop-member", options, (dataset,), all_entries([dataset]), kept)


def rename_keys(
    path: Place, prefix: str = "", suffix: str = "", table: Mapping[str, str] | None = None
) -> Edit:
    """Rename the samples of a table, old key to new key, and add a prefix and a suffix to all."""
    dataset = Dataset.open(path)
    entries, renamed = all_entries([dataset]), table or {}
    if not (prefix or suffix or renamed):
        raise InputError(f"{path}: expected a prefix, a suffix or a table of keys, found none")
    if absent := sorted(renamed.keys() - {*entries.keys}):
        near = _nearby(absent[0], entries.keys)
        raise InputError(f"{path}: {unknown_name('sample', absent[0], near)}")
    keys = [f"{prefix}{renamed.get(key, key)}{suffix}" for key in entries.keys]
    options = {
        "prefix": prefix,
        "suffix": suffix,
        RENAMES: hash_bytes(repr(sorted(renamed.items())).encode()) if renamed else None,
    }
    given = {name: value for name, value in options.items() if value}
    return Edit("rename-keys", given, (dataset,), replace_keys(entries, keys), members_of(dataset))


def replace_keys(entries: Entries, keys: list[str]) -> Entries:
    """Return entries with other keys."""
    return replace(entries, keys=keys)


def expect_member(dataset: Dataset, name: str) -> None:
    """Raise `InputError` with the nearest name unless samples have a member."""
    if name not in dataset.schema.members:
        raise InputError(
            f"{dataset.place}: {unknown_name('member', name, [*dataset.schema.members])}"
        )


def read_keys(path: Path) -> list[str]:
    """Return the keys in a file, one per line; raise `InputError` if it is no such file."""
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{path}: expected a text file with one key per line; {error}") from error
    return [line.strip() for line in lines if line.strip()]


def read_renames(path: Path) -> dict[str, str]:
    """Return the old and new keys in a file, two per line, separated by a comma or white space."""
    pairs = [line.replace(",", " ").split() for line in read_keys(path)]
    for number, pair in enumerate(pairs, 1):
        if len(pair) != 2:
            raise InputError(
                f"{path}, line {number}: expected an old and a new key, found {' '.join(pair)!r}"
            )
    twice = [old for old, count in Counter(old for old, _ in pairs).items() if count > 1]
    if twice:
        raise InputError(f"{path}: {twice[0]} is renamed twice; expected each key once")
    return {pair[0]: pair[1] for pair in pairs}


def _nearby(key: str, keys: Collection[str]) -> list[str]:
    """Return a few keys that resemble one, for a message: a dataset may have a million."""
    from difflib import get_close_matches

    return get_close_matches(key, keys, n=3) or [*keys][:3]
