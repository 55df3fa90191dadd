"""Splits: nothing leaks, shares are met as closely as whole groups allow, lists are followed."""

from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from motiondata.errors import InputError
from pipelines.datasets.info import info
from pipelines.editing.build import edit
from pipelines.editing.splitting import Parts, assign, expect_no_leak, split_by, split_by_lists
from pipelines.engine.execution import Execution
from shards.format.dataset import Dataset

HERE, ANY = Execution(workers=0), Path("a dataset")

groups = st.lists(st.sampled_from("abcdefghijklmnop"), min_size=1, max_size=200)


@given(groups=groups, seed=st.integers(0, 99), share=st.floats(0.1, 0.9))
def test_every_group_is_in_one_split_and_shares_are_met_but_for_one_group(
    groups: list[str], seed: int, share: float
) -> None:
    parts = Parts.of([f"train={share}", f"test={1 - share}"])
    sizes = Counter(groups)
    if len(sizes) < 8:
        return
    assigned = assign(groups, parts, seed, ANY)
    assert assigned.keys() == sizes.keys()
    expect_no_leak(groups, [assigned[group] for group in groups], "group", ANY)
    trained = sum(size for group, size in sizes.items() if assigned[group] == "train")
    assert abs(trained - share * len(groups)) <= max(sizes.values())
    assert assign(groups[::-1], parts, seed, ANY) == assigned


def test_the_seed_changes_the_groups() -> None:
    parts = Parts.of(["train=1", "test=1"])
    names = [str(number) for number in range(40)]
    assert len({tuple(assign(names, parts, seed, ANY).items()) for seed in range(5)}) == 5


def test_named_groups_are_where_they_were_put() -> None:
    parts = Parts.of(["train=9", "val=1", "test=a+b"])
    assigned = assign([*"aabbccddeeffgghh"], parts, 0, ANY)
    assert {group for group, split in assigned.items() if split == "test"} == {"a", "b"}


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["train"], "the part is 'train'; expected a split and a share"),
        (["train=0.5", "train=0.5"], "'train' is given twice"),
        (["train=-1", "test=1"], "expected numbers above 0"),
        (["train=nan", "test=1"], "expected numbers above 0"),
        (["train=1"], "expected at least two parts"),
        (["train=a", "test=b"], "a share for the remaining groups"),
        (["stats=1", "test=1"], "the part is 'stats=1'"),
    ],
)
def test_parts_that_are_none_are_refused(words: list[str], message: str) -> None:
    with pytest.raises(InputError, match=message):
        Parts.of(words)


@pytest.mark.parametrize(
    ("parts", "message"),
    [
        (["train=1", "test=x"], "no group 'x'"),
        (["train=1", "test=a", "val=a"], "a is in test and val"),
        (["train=1", "val=1", "test=1", "more=1"], "cannot fill 4 splits"),
    ],
)
def test_groups_that_make_no_splits_are_refused(parts: list[str], message: str) -> None:
    with pytest.raises(InputError, match=message):
        assign([*"abc"], Parts.of(parts), 0, ANY)


def test_no_recording_of_a_split_dataset_is_in_two_splits(built: Dataset, tmp_path: Path) -> None:
    parts = ["train=2", "test=1"]
    out = tmp_path / "out"
    report = edit(lambda: split_by(built.path, "recording", parts), [built.path], out, HERE)
    table = Dataset.open(out).manifest
    pairs = {*zip(table["source"].to_pylist(), table["split"].to_pylist(), strict=True)}
    assert len(pairs) == len({*built.manifest["source"].to_pylist()})
    counts = Counter(split for _, split in pairs)
    assert report.facts == {"recordings": {"train": counts["train"], "test": counts["test"]}}
    assert info(out).samples is not None
    assert report.samples == len(built.manifest)


def test_lists_split_mirrored_clips_and_views_too(built: Dataset, tmp_path: Path) -> None:
    lists = write_lists(tmp_path, {"train": ["000003"], "test": ["000000", "000002"]})
    out = tmp_path / "out"
    report = edit(lambda: split_by_lists(built.path, lists), [built.path], out, HERE)
    table = Dataset.open(out).manifest
    found = dict(zip(table["key"].to_pylist(), table["split"].to_pylist(), strict=True))
    assert {key for key, split in found.items() if split == "train"} == {
        "000003", "M000003", "000003_v1", "M000003_v1"
    }  # fmt: skip
    assert len(found) == 12
    assert report.facts == {"samples_in_no_list": len(built.manifest) - 12}


def write_lists(root: Path, lists: dict[str, list[str]]) -> Path:
    folder = root / "lists"
    folder.mkdir()
    for name, keys in lists.items():
        (folder / f"{name}.txt").write_text("\n".join(keys))
    return folder


def test_lists_that_leak_are_refused_unless_leaks_are_allowed(
    built: Dataset, tmp_path: Path
) -> None:
    lists = write_lists(tmp_path, {"train": ["000000"], "test": ["000002"]})
    with pytest.raises(InputError, match=r"1 recording would be in two splits, .*walk 01"):
        split_by_lists(built.path, lists)
    assert split_by_lists(built.path, lists, allow_leaks=True).entries.keys


@pytest.mark.parametrize(
    ("lists", "message"),
    [
        ({}, "expected a folder with lists"),
        ({"train": ["a"], "test": ["a"]}, r"a is in test\.txt and train\.txt"),
        ({"train": ["a"]}, "names no sample of"),
        ({"a b": ["a"]}, "is not the name of a split"),
    ],
)
def test_lists_that_are_none_are_refused(
    built: Dataset, tmp_path: Path, lists: dict[str, list[str]], message: str
) -> None:
    with pytest.raises(InputError, match=message):
        split_by_lists(built.path, write_lists(tmp_path, lists))
