"""Imported recordings are divided by the words of their file names, without leaks."""

from collections import defaultdict
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from motiondata.errors import InputError
from motiondata.sources.humanml3d.splits import SPLITS, read_splits
from motiondata.sources.imports.split_lists import (
    SHARES,
    read_split_template,
    share_groups,
)
from motiondata.sources.imports.written_splits import write_split_lists

CONTENTS = ("walk", "run", "bow", "kick", "dance-long")
STYLES = ("happy", "sad", "old", "proud", "giant", "tired")
NAMES = [
    f"dataset-1_{content}_{style}_{take:03d}"
    for content in CONTENTS
    for style in STYLES
    for take in (1, 2)
]

OWN = """
[[names]]
files = "{actor}_{take}"
together = ["actor"]
test = {actor = ["ann"]}
"""


def test_takes_of_one_content_and_style_are_in_one_list() -> None:
    splits = read_split_template().divide(NAMES)
    assert splits is not None
    of_group = defaultdict(set)
    for name, split in zip(NAMES, splits, strict=True):
        of_group[name.rpartition("_")[0]].add(split)
    assert {len(found) for found in of_group.values()} == {1}
    assert {*splits} == {*SPLITS}
    assert abs(splits.count("test") / len(NAMES) - SHARES["test"]) < 0.05


@pytest.mark.parametrize(
    "pattern",
    ["walk1_subject{}", "gBR_sBM_cAll_d{}_mBR0_ch01"],
)
def test_an_actor_is_in_one_list(pattern: str) -> None:
    names = [pattern.format(actor) for actor in range(40)]
    other = [name.replace("walk1", "run2").replace("mBR0", "mBR3") for name in names]
    splits = read_split_template().divide([*names, *other])
    assert splits is not None
    assert splits[:40] == splits[40:]
    assert {*splits} == {*SPLITS}


def test_names_of_no_template_have_no_lists_and_others_are_groups_by_themselves() -> None:
    template = read_split_template()
    assert template.divide(["a", "b"]) is None
    mixed = template.divide([*NAMES, "a", "b"])
    assert mixed is not None
    assert len(mixed) == len(NAMES) + 2


@given(st.permutations(NAMES))
def test_the_order_of_files_does_not_matter(names: list[str]) -> None:
    template = read_split_template()
    first, second = template.divide(NAMES), template.divide(names)
    assert first is not None
    assert second is not None
    assert dict(zip(NAMES, first, strict=True)) == dict(zip(names, second, strict=True))


@given(st.lists(st.integers(1, 9), min_size=1, max_size=200))
def test_shares_are_met_within_the_largest_group(sizes: list[int]) -> None:
    groups: dict[tuple[str, ...], int] = {(str(number),): size for number, size in enumerate(sizes)}
    assigned = share_groups(groups, SHARES)
    assert assigned.keys() == groups.keys()
    for split, share in SHARES.items():
        found = sum(size for group, size in groups.items() if assigned[group] == split)
        assert abs(found - share * sum(sizes)) <= max(sizes)


def test_a_template_names_the_actors_of_a_list(tmp_path: Path) -> None:
    (tmp_path / "own.toml").write_text(OWN)
    splits = read_split_template(tmp_path / "own.toml").divide(["ann_1", "bob_1", "ann_2"])
    assert splits is not None
    assert (splits[0], splits[2]) == ("test", "test")


def test_builds_read_the_lists(tmp_path: Path) -> None:
    write_split_lists(tmp_path, ["a", "b", "c"], ["train", "test", "train"])
    splits = read_splits(tmp_path, ["a", "b", "c"])
    assert splits.of_clip == {"a": "train", "c": "train", "b": "test"}
    assert splits.of_mirrored_clip == {"Ma": "train", "Mc": "train", "Mb": "test"}


def test_lists_are_written_again_until_one_is_edited(tmp_path: Path) -> None:
    for splits in (["train", "test"], ["test", "val"], ["train", "test"]):
        assert write_split_lists(tmp_path, ["a", "b"], splits) == ()
    with (tmp_path / "val.txt").open("a") as edited:
        edited.write("b\n")
    assert write_split_lists(tmp_path, ["a", "b"], ["test", "val"]) == ("val.txt",)
    lists = {split: (tmp_path / f"{split}.txt").read_text() for split in SPLITS}
    assert lists == {"train": "a\nMa\n", "val": "b\n", "test": "b\nMb\n"}
    (tmp_path / "val.txt").unlink()
    assert write_split_lists(tmp_path, ["a", "b"], ["test", "val"]) == ()


def test_a_list_that_no_import_wrote_is_kept(tmp_path: Path) -> None:
    (tmp_path / "train.txt").write_text("mine\n")
    assert write_split_lists(tmp_path, ["a"], ["test"]) == ("train.txt",)
    assert [path.name for path in tmp_path.iterdir()] == ["train.txt"]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("files", "TOML"),
        ("a = 1", r"\[\[names\]\]"),
        ("[[names]]\nfiles = 'a'", "together"),
        ("[[names]]\nfiles = '{a}'\ntogether = ['b']", "words of 'files'"),
        ("[[names]]\nfiles = '{a}_{b}'\ntogether = ['a']\nval = {b = ['x']}", "in 'together'"),
        ("[[names]]\nfiles = '{a}'\ntogether = ['a']\nval = ['x']", "list of values"),
        ("shares = {train = 1}\n[[names]]\nfiles = '{a}'\ntogether = ['a']", "together 1"),
        ("names = [3]", "found no"),
        ('[[names]]\nfiles = "{a}_{a}"\ntogether = ["a"]', "each word once"),
        ('[[names]]\nfiles = "{a"\ntogether = ["a"]', "in braces"),
    ],
)
def test_a_faulty_template_is_an_error(text: str, reason: str, tmp_path: Path) -> None:
    (tmp_path / "own.toml").write_text(text)
    with pytest.raises(InputError, match=reason):
        read_split_template(tmp_path / "own.toml")
    with pytest.raises(InputError, match="expected a template"):
        read_split_template(tmp_path / "none.toml")


def test_mirrored_clips_of_a_group_are_in_the_list_of_their_words() -> None:
    sides = [f"dataset-1_walk-{side}_{style}_001" for style in STYLES for side in ("left", "right")]
    splits = read_split_template().divide([*NAMES, *sides])
    assert splits is not None
    of_side = splits[len(NAMES) :]
    assert of_side[::2] == of_side[1::2]


def test_a_chosen_value_chooses_its_mirrored_value_too(tmp_path: Path) -> None:
    (tmp_path / "own.toml").write_text(
        '[[names]]\nfiles = "{act}_*"\ntogether = ["act"]\ntest = {act = ["step-right"]}\n'
    )
    found = read_split_template(tmp_path / "own.toml").divide(
        ["step-left_1", "step-right_1", *(f"act{number}_1" for number in range(9))]
    )
    assert found is not None
    assert found[:2] == ("test", "test")
