"""The edits that combine datasets: samples one after the other, or members joined by key."""

from collections.abc import Collection, Sequence

import numpy as np
from numpy.typing import NDArray

from motiondata.counting import counted
from motiondata.errors import InputError
from pipelines.editing.commands import expect_member
from pipelines.editing.edit import CopiedMember, Edit, Entries, Origins, all_entries, members_of
from pipelines.editing.provenance import differing_parameters, expect_alike
from shards.errors import ShardError
from shards.format.array_spec import ArraySpec
from shards.format.dataset import Dataset
from shards.format.members import field_of
from shards.format.places import Place
from shards.format.schema import Schema


def merge(paths: Sequence[Place], shard_megabytes: int | None = None) -> Edit:
    """Put the samples of all datasets into one, split by split.

    Raises `InputError` if the datasets have the same key, or are not of one kind.
    """
    if len(paths) < 2:
        raise InputError(f"expected at least two datasets to merge, found {len(paths)}")
    sources = tuple(map(Dataset.open, paths))
    expect_alike(sources)
    entries, warnings = all_entries(sources), differing_parameters(sources)
    return Edit("merge", {}, sources, entries, members_of(sources[0]), shard_megabytes, warnings)


def add_members(path: Place, other: Place, members: Collection[str] = ()) -> Edit:
    """Add members of the samples of another dataset that have the same keys.

    Without `members`, these are the arrays that the dataset lacks. They follow the arrays of the
    dataset. Raises `InputError` if a sample is not in the other dataset, or has other frames there.
    """
    dataset, added = Dataset.open(path), Dataset.open(other)
    joined = _joined_members(dataset, added, members)
    rows = _rows_by_key(dataset, added)
    entries = all_entries([dataset])
    both = Entries(entries.keys, entries.splits, (*entries.origins, Origins.of(1, rows)))
    options = {"member": [member.suffix for member in joined]}
    ordered = _ordered(members_of(dataset), joined)
    return Edit("add-member", options, (dataset, added), both, ordered)


def _joined_members(
    dataset: Dataset, added: Dataset, names: Collection[str]
) -> tuple[CopiedMember, ...]:
    for name in names:
        expect_member(added, name)
    joined = tuple(
        member
        for member in members_of(added, part=1)
        if (member.suffix in names if names else _is_new_array(member, dataset))
    )
    if taken := [member.suffix for member in joined if member.suffix in dataset.schema.members]:
        raise InputError(
            f"{dataset.place}: already has {taken[0]}; drop it first with motiondata drop-member"
        )
    for member in joined:
        counted_by = member.spec.counted_where if isinstance(member.spec, ArraySpec) else None
        if counted_by not in (None, *(field_of(each.suffix) for each in joined)):
            raise InputError(
                f"{added.place}: {member.suffix} needs {counted_by}, the number of its distinct "
                f"rows per frame: add both; if {dataset.place} has {counted_by}, drop it there "
                "first"
            )
    if not joined:
        raise InputError(
            f"{added.place}: expected an array that {dataset.place} lacks, found none; "
            "choose members with --member"
        )
    try:
        Schema({member.suffix: member.spec for member in (*members_of(dataset), *joined)})
    except ShardError as error:
        raise InputError(f"{added.place}: {error}; choose other members with --member") from error
    return joined


def _is_new_array(member: CopiedMember, dataset: Dataset) -> bool:
    return isinstance(member.spec, ArraySpec) and member.suffix not in dataset.schema.members


def _rows_by_key(dataset: Dataset, added: Dataset) -> NDArray[np.int64]:
    """Return the row of each sample in the other dataset's manifest, shaped (samples,)."""
    keys = dataset.manifest["key"].to_pylist()
    number_of = {key: number for number, key in enumerate(added.manifest["key"].to_pylist())}
    if absent := [key for key in keys if key not in number_of]:
        raise InputError(
            f"{added.place}: has no sample for {counted(len(absent), 'key')} of {dataset.place}, "
            f"such as {absent[0]}; select the samples of both first with motiondata select"
        )
    rows = np.array([number_of[key] for key in keys], np.int64)
    ours = dataset.manifest["frames"].to_numpy()
    theirs = added.manifest["frames"].to_numpy()[rows]
    if len(differing := np.flatnonzero(ours != theirs)):
        at = differing[0]
        raise InputError(
            f"{added.place}: {keys[at]} has {counted(int(theirs[at]), 'frame')}, and {ours[at]} in "
            f"{dataset.place}; expected the same frames: arrays of another frame rate are read "
            "together with shards.stream.zipping.zip_by_key"
        )
    return rows


def _ordered(
    members: tuple[CopiedMember, ...], joined: tuple[CopiedMember, ...]
) -> tuple[CopiedMember, ...]:
    """Return members with the joined arrays after the arrays, and the texts last."""
    arrays = [member for member in (*members, *joined) if isinstance(member.spec, ArraySpec)]
    texts = [member for member in (*members, *joined) if isinstance(member.spec, str)]
    return (*arrays, *texts)
