"""Finding a row's recording: in any spelling of its path, and never by guessing."""

import os
import time
from pathlib import Path

import pytest

from motiondata.errors import DropReason, InputError, RecordingError
from motiondata.sources.humanml3d.archive import Archive
from motiondata.sources.humanml3d.index import Row, read_index
from tests.support.reference_data import reference_data


def row_of(path: str) -> Row:
    return Row(0, f"./pose_data/{path}", 0, 10, "000000")


def archive_of(root: Path, *files: str) -> Archive:
    for file in files:
        path = root / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    return Archive.scan(root)


def drop(archive: Archive, row: Row) -> RecordingError:
    with pytest.raises(RecordingError) as caught:
        archive.find(row)
    return caught.value


@pytest.mark.parametrize(
    ("path", "file"),
    [
        ("KIT/3/walk_poses.npy", "KIT/3/walk_poses.npz"),
        ("KIT/3/walk_poses.npy", "KIT/KIT/3/walk_poses.npz"),
        ("KIT/3/walk_poses.npy", "smplh/KIT/3/walk_poses.npz"),
        ("KIT/3/walk_poses.npy", "kit/3/Walk_poses.npz"),
        ("KIT/3/x_poses.npy", "KIT_/3/x_poses.npz"),
        ("ACCAD/Male/A12 - crawl_poses.npy", "ACCAD/Male/A12_-_crawl_poses.npz"),
        ("ACCAD/Male/A12 - crawl_poses.npy", "ACCAD/Male/A12_crawl_poses.npz"),
        ("ACCAD/Male/A12_-_crawl_poses.npy", "ACCAD/Male/A12 - crawl_poses.npz"),
        ("Eyes_Japan_Dataset/a/b-c d_poses.npy", "EyesJapanDataset/a/b-c_d_poses.npz"),
        ("BioMotionLab_NTroje/rub1/x_poses.npy", "BMLrub/rub1/x_poses.npz"),
        ("DFaust_67/5/x_poses.npy", "DFaust/5/x_poses.npz"),
        ("DFaust_67/5/x_poses.npy", "DFaust67/5/x_poses.npz"),
        ("MPI_HDM05/bd/x_poses.npy", "HDM05/HDM05/bd/x_poses.npz"),
        ("MPI_mosh/5/x_poses.npy", "MoSh/5/x_poses.npz"),
        ("MPI_Limits/5/x_poses.npy", "PosePrior/5/x_poses.npz"),
        ("SSM_synced/5/x_poses.npy", "SSM/5/x_poses.npz"),
        ("TCD_handMocap/5/x_poses.npy", "TCDHands/5/x_poses.npz"),
        ("Transitions_mocap/5/x_poses.npy", "Transitions/5/x_poses.npz"),
        ("BMLrub/rub1/x_poses.npy", "BioMotionLab_NTroje/rub1/x_poses.npz"),
        ("datasets/HumanML3D/pose_data/KIT/3/x_poses.npy", "KIT/3/x_poses.npz"),
        ("amass_data/KIT/3/x_poses.npy", "KIT/3/x_poses.npz"),
        ("Caf\u00e9/\u00e9l\u00e8ve_poses.npy", "Cafe\u0301/e\u0301le\u0300ve_poses.npz"),
        ("Cafe\u0301/e\u0301le\u0300ve_poses.npy", "Caf\u00e9/\u00c9L\u00c8VE_poses.npz"),
        ("Made/x_poses.npy", "Made/x_poses.npz"),
        ("Made/a/b/c/x.npy", "Made/a/b/c/x.npz"),
    ],
)
def test_a_recording_is_found_in_any_spelling(tmp_path: Path, path: str, file: str) -> None:
    archive = archive_of(tmp_path, file, "KIT/3/other_poses.npz", "CMU/3/walk_poses.npz")
    assert archive.find(row_of(path)) == tmp_path / file


def test_the_root_may_be_one_subset(tmp_path: Path) -> None:
    archive = archive_of(tmp_path / "KIT", "3/walk_poses.npz")
    assert archive.find(row_of("KIT/3/walk_poses.npy")) == tmp_path / "KIT/3/walk_poses.npz"


def test_one_subset_may_be_a_link_that_bears_its_name(tmp_path: Path) -> None:
    archive_of(tmp_path / "store", "3/walk_poses.npz")
    (tmp_path / "KIT").symlink_to("store")
    archive = Archive.scan(tmp_path / "KIT")
    assert archive.find(row_of("KIT/3/walk_poses.npy")) == tmp_path / "KIT/3/walk_poses.npz"


def test_one_subset_may_be_named_from_below(tmp_path: Path) -> None:
    archive_of(tmp_path / "KIT", "3/walk_poses.npz")
    archive = Archive.scan(tmp_path / "KIT/3/..")
    assert archive.locate(row_of("KIT/3/walk_poses.npy")) == "3/walk_poses.npz"


@pytest.mark.parametrize(
    "file",
    [
        "KIT/4/walk_poses.npz",
        "CMU/3/walk_poses.npz",
        "KIT/3/walk.npz",
        "KIT/3/walk_poses.npy",
        "KIT/3/walk_stagei.npz",
        "KIT/3/shape.npz",
        "KIT/3/walk1_poses.npz",
        "KIT/3/.walk_poses.npz",
    ],
)
def test_other_files_are_not_the_recording(tmp_path: Path, file: str) -> None:
    archive = archive_of(tmp_path, file, "KIT/3/sit_poses.npz")
    assert drop(archive, row_of("KIT/3/walk_poses.npy")).reason is DropReason.MISSING


def test_numbers_apart_and_together_are_other_names(tmp_path: Path) -> None:
    archive = archive_of(tmp_path, "KIT/3/walk1_1_poses.npz")
    assert drop(archive, row_of("KIT/3/walk_11_poses.npy")).reason is DropReason.MISSING


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("KIT/3/walk_poses.npz", "KIT/KIT/3/walk_poses.npz"),
        ("MPI_Limits/3/walk_poses.npz", "PosePrior/3/walk_poses.npz"),
        ("KIT/3/walk-on_poses.npz", "KIT/3/walk on_poses.npz"),
        ("KIT/3/walk_poses.npz", "backup/KIT/3/walk_poses.npz"),
    ],
)
def test_two_candidates_are_reported_and_never_chosen_between(
    tmp_path: Path, first: str, second: str
) -> None:
    archive = archive_of(tmp_path, first, second)
    name = "walk_on_poses.npy" if "on" in first else "walk_poses.npy"
    error = drop(archive, row_of(f"{first.split('/')[0]}/3/{name}"))
    assert error.reason is DropReason.AMBIGUOUS
    assert first in str(error)
    assert second in str(error)


def test_a_file_spelled_as_in_the_index_goes_before_similar_ones(tmp_path: Path) -> None:
    archive = archive_of(tmp_path, "KIT/3/walk-1_poses.npz", "KIT/3/walk 1_poses.npz")
    assert archive.find(row_of("KIT/3/walk-1_poses.npy")).name == "walk-1_poses.npz"
    assert archive.find(row_of("KIT/3/walk 1_poses.npy")).name == "walk 1_poses.npz"


def test_a_name_in_both_unicode_forms_is_the_one_that_the_index_spells(tmp_path: Path) -> None:
    composed, decomposed = "Made/\u00e9l\u00e8ve_poses", "Made/e\u0301le\u0300ve_poses"
    archive = archive_of(tmp_path, f"{composed}.npz", f"{decomposed}.npz")
    for name in (composed, decomposed):
        assert archive.find(row_of(f"{name}.npy")) == tmp_path / f"{name}.npz"


def test_the_smplx_release_alone_is_found(tmp_path: Path) -> None:
    archive = archive_of(tmp_path, "KIT/3/walk_stageii.npz", "ACCAD/M/A12_-_crawl_stageii.npz")
    assert archive.locate(row_of("KIT/3/walk_poses.npy")) == "KIT/3/walk_stageii.npz"
    crawl = archive.locate(row_of("ACCAD/M/A12 - crawl_poses.npy"))
    assert crawl == "ACCAD/M/A12_-_crawl_stageii.npz"


def test_two_recordings_of_the_smplx_release_are_ambiguous_unless_one_is_spelled_as_the_row(
    tmp_path: Path,
) -> None:
    archive = archive_of(tmp_path, "KIT/3/a b_stageii.npz", "KIT/3/a_b_stageii.npz")
    assert archive.locate(row_of("KIT/3/a_b_poses.npy")) == "KIT/3/a_b_stageii.npz"
    assert drop(archive, row_of("KIT/3/a-b_poses.npy")).reason is DropReason.AMBIGUOUS


def test_both_releases_side_by_side_are_no_trouble(tmp_path: Path) -> None:
    archive = archive_of(tmp_path, "KIT/3/walk_stageii.npz", "KIT/3/walk_poses.npz")
    assert archive.find(row_of("KIT/3/walk_poses.npy")).name == "walk_poses.npz"


def test_rows_of_humanact12_have_no_recording_to_find(tmp_path: Path) -> None:
    archive = archive_of(tmp_path, "humanact12/humanact12/P11.npz")
    row = Row(0, "./pose_data/humanact12/humanact12/P11.npy", 0, -1, "000000")
    assert drop(archive, row).reason is DropReason.HUMANACT12


@pytest.mark.parametrize(
    ("path", "nearest"),
    [
        ("CMU/02/02_03_poses.npy", ("CMU/02/02_02_poses.npz", "CMU/02/02_04_poses.npz")),
        ("CMU/02/02_09_poses.npy", ("CMU/02/02_04_poses.npz",)),
        ("CMU/01/01_01_poses.npy", ("CMU/02/02_02_poses.npz",)),
        ("KIT/02/02_03_poses.npy", ()),
    ],
)
def test_the_nearest_names_are_of_the_folder_or_else_of_the_subset(
    tmp_path: Path, path: str, nearest: tuple[str, ...]
) -> None:
    archive = archive_of(tmp_path, "CMU/02/02_02_poses.npz", "CMU/02/02_04_poses.npz")
    assert archive.nearest(row_of(path)) == nearest
    message = str(drop(archive, row_of(path)))
    assert all(name in message for name in nearest)
    assert nearest or "no recordings of KIT" in message


def test_messages_do_not_say_where_the_archive_lies(tmp_path: Path) -> None:
    archive = archive_of(tmp_path, "KIT/3/a_poses.npz", "KIT/KIT/3/a_poses.npz")
    for path in ("KIT/3/a_poses.npy", "KIT/3/b_poses.npy"):
        assert str(tmp_path) not in str(drop(archive, row_of(path)))


def test_linked_folders_are_entered_once(tmp_path: Path) -> None:
    store = tmp_path / "store"
    root = tmp_path / "amass"
    archive_of(store, "3/walk_poses.npz")
    root.mkdir()
    (root / "KIT").symlink_to(store)
    (store / "again").symlink_to(root)
    (store / "3" / "gone_poses.npz").symlink_to(tmp_path / "nowhere")
    (store / "3" / "loop_poses.npz").symlink_to(store / "3" / "loop_poses.npz")
    archive = Archive.scan(root)
    assert archive.find(row_of("KIT/3/walk_poses.npy")) == root / "KIT/3/walk_poses.npz"
    for name in ("gone", "loop"):
        assert drop(archive, row_of(f"KIT/3/{name}_poses.npy")).reason is DropReason.MISSING


def test_a_pipe_named_like_a_recording_is_left_alone(tmp_path: Path) -> None:
    archive_of(tmp_path, "KIT/3/sit_poses.npz")
    os.mkfifo(tmp_path / "KIT/3/walk_poses.npz")
    archive = Archive.scan(tmp_path)
    assert drop(archive, row_of("KIT/3/walk_poses.npy")).reason is DropReason.MISSING


def test_a_scan_lists_recordings_in_order_whatever_the_file_system_s(tmp_path: Path) -> None:
    files = [f"KIT/{folder}/{name}_poses.npz" for folder in "312" for name in "cab"]
    assert list(archive_of(tmp_path, "KIT/b_poses.npz", *files).recordings) == [
        *(f"KIT/{folder}/{name}_poses.npz" for folder in "123" for name in "abc"),
        "KIT/b_poses.npz",
    ]


def test_roots_that_are_no_archive_are_refused(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    for root, words in ((tmp_path, "no .npz files"), (tmp_path / "none", "expected a folder")):
        with pytest.raises(InputError, match=words):
            Archive.scan(root)
    with pytest.raises(InputError, match="expected a folder"):
        Archive.scan(tmp_path / "file")


def test_every_row_of_the_real_index_finds_its_own_recording(tmp_path: Path) -> None:
    rows = read_index(reference_data("humanml3d", "index.csv"))
    posed = [row for row in rows if not row.is_humanact12]
    with_underscores = {row: "/".join(row.parts).replace(" ", "_") + ".npz" for row in posed}
    archive = archive_of(tmp_path, *set(with_underscores.values()))
    for row, file in with_underscores.items():
        assert archive.find(row) == tmp_path / file


def test_thousands_of_missing_rows_take_seconds_at_most(tmp_path: Path) -> None:
    archive = archive_of(tmp_path, *(f"KIT/3/walk{number}_poses.npz" for number in range(2000)))
    rows = [row_of(f"KIT/3/run{number}_poses.npy") for number in range(14000)]
    start = time.perf_counter()
    for row in rows:
        assert drop(archive, row).reason is DropReason.MISSING
    assert time.perf_counter() - start < 5.0
