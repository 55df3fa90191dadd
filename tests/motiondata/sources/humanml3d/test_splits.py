"""Split lists: clips in their splits, and leaks between them."""

from pathlib import Path

import pytest

from motiondata.errors import InputError
from motiondata.sources.humanml3d.index import Row, read_index
from motiondata.sources.humanml3d.splits import read_splits
from tests.support.index_rows import made_row
from tests.support.leaks import leaks
from tests.support.reference_data import reference_data


def split_folder(folder: Path, **lists: str) -> Path:
    for split in ("train", "val", "test"):
        (folder / f"{split}.txt").write_text(lists.get(split, ""))
    return folder


def test_clips_and_mirrored_clips_are_told_apart(tmp_path: Path) -> None:
    folder = split_folder(tmp_path, train="000000\nM000000\n", val="000001\n", test="M000002\n")
    splits = read_splits(folder, ["000000", "000001", "000002"])
    assert splits.of_clip == {"000000": "train", "000001": "val"}
    assert splits.of_mirrored_clip == {"M000000": "train", "M000002": "test"}
    assert splits.unknown == {}


def test_names_that_the_index_lacks_are_kept_apart(tmp_path: Path) -> None:
    folder = split_folder(tmp_path, train="000000\n000009\n", test="M000009\nMM000000\n")
    splits = read_splits(folder, ["000000"])
    assert splits.of_clip == {"000000": "train"}
    assert splits.of_mirrored_clip == {}
    assert splits.unknown == {"000009": "train", "M000009": "test", "MM000000": "test"}


def test_a_name_that_begins_with_m_may_be_a_clip_of_its_own(tmp_path: Path) -> None:
    splits = read_splits(split_folder(tmp_path, train="Move\n"), ["Move"])
    assert splits.of_clip == {"Move": "train"}


def test_lists_may_have_blank_lines_crlf_a_bom_and_repeated_names(tmp_path: Path) -> None:
    folder = split_folder(tmp_path)
    (folder / "train.txt").write_bytes(b"\xef\xbb\xbf000000\r\n\r\n 000001 \r\n000000\r\n")
    splits = read_splits(folder, ["000000", "000001"])
    assert splits.of_clip == {"000000": "train", "000001": "train"}


def test_lists_of_unions_are_not_read(tmp_path: Path) -> None:
    folder = split_folder(tmp_path, train="000000\n")
    (folder / "all.txt").write_text("000001\n")
    (folder / "train_val.txt").write_text("000001\n")
    assert read_splits(folder, ["000000", "000001"]).of_clip == {"000000": "train"}


def test_a_name_in_two_splits_is_refused(tmp_path: Path) -> None:
    folder = split_folder(tmp_path, train="000000\n", test="000000\n")
    with pytest.raises(InputError, match=r"000000 is in both train\.txt and test\.txt"):
        read_splits(folder, ["000000"])


def test_a_mirrored_clip_in_another_split_is_a_leak_and_refused(tmp_path: Path) -> None:
    folder = split_folder(tmp_path, train="000000\n", test="M000000\n")
    with pytest.raises(InputError, match=r"M000000 is in test\.txt and 000000"):
        read_splits(folder, ["000000"])


@pytest.mark.parametrize("absent", ["train", "val", "test"])
def test_a_folder_that_lacks_a_list_is_refused(tmp_path: Path, absent: str) -> None:
    folder = split_folder(tmp_path)
    (folder / f"{absent}.txt").unlink()
    with pytest.raises(InputError, match=rf"{absent}\.txt: expected a list of clips"):
        read_splits(folder, [])


def test_a_list_that_is_no_text_is_refused(tmp_path: Path) -> None:
    (split_folder(tmp_path) / "val.txt").write_bytes(b"\xff\xfe0")
    with pytest.raises(InputError, match=r"val\.txt: expected names in UTF-8"):
        read_splits(tmp_path, [])


def test_test_clips_of_a_recording_with_train_clips_are_leaks(tmp_path: Path) -> None:
    other = Row(3, "./pose_data/CMU/02/02_01_poses.npy", 0, 5, "000003")
    rows = (*(made_row(name=f"00000{number}") for number in range(3)), other)
    folder = split_folder(tmp_path, train="000000\n", val="000001\n", test="000002\n000003\n")
    splits = read_splits(folder, [row.name for row in rows])
    assert leaks(rows, splits) == (rows[2],)


def test_the_real_splits_have_their_counts_and_their_leaks() -> None:
    rows = read_index(reference_data("humanml3d", "index.csv"))
    splits = read_splits(reference_data("humanml3d"), [row.name for row in rows])
    clips = list(splits.of_clip.values())
    assert {split: clips.count(split) for split in set(clips)} == {
        "train": 23384 // 2, "val": 1460 // 2, "test": 4384 // 2
    }  # fmt: skip
    assert len(splits.of_mirrored_clip) == 29228 // 2
    assert splits.unknown == {}
    assert len(leaks(rows, splits)) == 668
