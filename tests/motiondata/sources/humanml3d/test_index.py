"""The index: what is read, and errors that name the line."""

from collections import Counter
from pathlib import Path

import pytest

from motiondata.errors import InputError
from motiondata.sources.humanml3d.index import Row, read_index
from tests.support.reference_data import reference_data

HEADER = "source_path,start_frame,end_frame,new_name\n"
GOOD = "./pose_data/KIT/3/kick_high_left02_poses.npy,0,117,000000.npy\n"


def index_file(folder: Path, text: str | bytes) -> Path:
    path = folder / "index.csv"
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return path


def fault(folder: Path, text: str | bytes) -> str:
    with pytest.raises(InputError) as caught:
        read_index(index_file(folder, text))
    return str(caught.value)


def test_a_row_is_read_as_written(tmp_path: Path) -> None:
    (row,) = read_index(index_file(tmp_path, HEADER + GOOD))
    assert row == Row(0, "./pose_data/KIT/3/kick_high_left02_poses.npy", 0, 117, "000000")
    assert row.parts == ("KIT", "3", "kick_high_left02_poses")
    assert row.subset == "KIT"
    assert not row.is_humanact12


def test_rows_of_humanact12_keep_the_whole_recording(tmp_path: Path) -> None:
    path = "./pose_data/humanact12/humanact12/P11G01R02F1812T1847A0402.npy"
    (row,) = read_index(index_file(tmp_path, f"{HEADER}{path},0,-1,000001.npy\n"))
    assert row.is_humanact12
    assert (row.start_frame, row.end_frame) == (0, -1)


@pytest.mark.parametrize(
    "text",
    [
        "\ufeff" + HEADER + GOOD,
        (HEADER + GOOD).replace("\n", "\r\n"),
        HEADER + "\n" + GOOD + "\n",
        HEADER + GOOD.rstrip(),
        HEADER.replace("new_name", "new_name,note") + GOOD.replace("\n", ",kick\n"),
        "new_name, end_frame,start_frame,source_path\n"
        '000000.npy,117, 0,"./pose_data/KIT/3/kick_high_left02_poses.npy"\n',
        HEADER + "KIT/3/kick_high_left02_poses.npy,0,117,000000\n",
        HEADER + GOOD.replace(",0,117,", ",0.0,117.0,"),
        HEADER + ",,,\n" + GOOD + ", ,,\n,,,,,\n",
        HEADER.replace("\n", ",,\n") + GOOD.replace("\n", ",,\n"),
    ],
    ids=[
        "BOM",
        "CRLF",
        "blank lines",
        "no last line end",
        "more columns",
        "other order",
        "short",
        "frames of pandas",
        "empty rows of Excel",
        "empty columns of Excel",
    ],
)
def test_an_index_may_be_written_in_several_ways(tmp_path: Path, text: str) -> None:
    (row,) = read_index(index_file(tmp_path, text))
    assert row.parts == ("KIT", "3", "kick_high_left02_poses")
    assert (row.start_frame, row.end_frame, row.name) == (0, 117, "000000")


@pytest.mark.parametrize(
    "root",
    [
        "./pose_data", "./datasets/HumanML3D/pose_data", "./amass_data", "amass_data", "../AMASS",
        "/data/amass", "./datasets/AMASS/pose_data",
    ],
)  # fmt: skip
def test_a_path_may_begin_with_the_folders_that_others_keep_recordings_in(
    tmp_path: Path, root: str
) -> None:
    text = HEADER + GOOD.replace("./pose_data", root)
    (row,) = read_index(index_file(tmp_path, text))
    assert row.parts == ("KIT", "3", "kick_high_left02_poses")


def test_a_subject_s_folder_may_be_called_as_a_folder_of_subsets() -> None:
    assert Row(0, "./pose_data/Mine/amass/walk_poses.npy", 0, 1, "0").parts == (
        "Mine", "amass", "walk_poses",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("folder", "subset"),
    [
        ("BMLrub", "BioMotionLab_NTroje"),
        ("DFaust", "DFaust_67"),
        ("HDM05", "MPI_HDM05"),
        ("MoSh", "MPI_mosh"),
        ("PosePrior", "MPI_Limits"),
        ("SSM", "SSM_synced"),
        ("Transitions", "Transitions_mocap"),
        ("eyes japan dataset", "Eyes_Japan_Dataset"),
        ("DFaust67", "DFaust_67"),
        ("My_own", "My_own"),
    ],
)
def test_a_subset_has_its_first_name_whatever_the_path_calls_it(folder: str, subset: str) -> None:
    assert Row(0, f"./pose_data/{folder}/3/walk_poses.npy", 0, 1, "0").subset == subset


@pytest.mark.parametrize("column", ["source_path", "start_frame", "end_frame", "new_name"])
def test_a_missing_column_is_named(tmp_path: Path, column: str) -> None:
    message = fault(tmp_path, HEADER.replace(column, "other") + GOOD)
    assert f"no column {column} (found: " in message


@pytest.mark.parametrize("column", ["source_path", "start_frame", "end_frame", "new_name"])
def test_a_column_that_stands_twice_is_refused(tmp_path: Path, column: str) -> None:
    text = HEADER.replace("\n", f", {column}\n") + GOOD.replace("\n", ",5\n")
    assert f"has the column {column} more than once" in fault(tmp_path, text)


@pytest.mark.parametrize("start", ["", "x", "1.5", ".0", "1_0", "nan", "٣", "1e3", "-", "9" * 5000])
def test_frames_that_are_no_whole_numbers_are_refused(tmp_path: Path, start: str) -> None:
    line = f"KIT/3/walk_poses.npy,{start},{'9' * 9},000001.npy\n"
    assert "line 3: start_frame is " in fault(tmp_path, HEADER + GOOD + line)


@pytest.mark.parametrize("frames", ["-1,5", "5,5", "7,5", "0,-1", "0,0"])
def test_frames_that_keep_nothing_are_refused(tmp_path: Path, frames: str) -> None:
    message = fault(tmp_path, f"{HEADER}KIT/3/walk_poses.npy,{frames},000001.npy\n")
    assert "line 2: frames " in message
    assert "expected 0 <= start_frame < end_frame" in message


@pytest.mark.parametrize(
    "name",
    [
        "",
        ".npy",
        "a/b.npy",
        "../a.npy",
        "a.b.npy",
        "a b.npy",
        "ä.npy",
        "a\x00.npy",
        "x" * 65,
        "1\\2",
    ],
)
def test_names_that_cannot_be_keys_are_refused(tmp_path: Path, name: str) -> None:
    message = fault(tmp_path, f"{HEADER}{GOOD}KIT/3/walk_poses.npy,0,5,{name}\n")
    assert "line 3: new_name is " in message


@pytest.mark.parametrize(
    "source_path",
    [
        "",
        "walk.npy",
        "./pose_data/walk.npy",
        "./amass_data/../3/walk.npy",
        "../KIT/3/walk.npy",
        "/data/KIT/3/walk.npy",
        "KIT/../../walk.npy",
        "KIT//walk.npy",
        "KIT/3/",
        "KIT/3/wa\x07lk.npy",
        "KIT/3/.npy",
    ],
)
def test_paths_that_name_no_recording_of_a_subset_are_refused(
    tmp_path: Path, source_path: str
) -> None:
    message = fault(tmp_path, f"{HEADER}{source_path},0,5,000000.npy\n")
    assert "line 2: source_path is " in message


@pytest.mark.parametrize(("first", "second"), [("000000", "000000"), ("Walk", "wALK")])
def test_a_name_may_stand_once_also_when_case_is_ignored(
    tmp_path: Path, first: str, second: str
) -> None:
    rows = "".join(f"KIT/3/walk.npy,0,5,{name}.npy\n" for name in (first, "x", second))
    message = fault(tmp_path, HEADER + rows)
    assert "line 4" in message
    assert "line 2" in message


def test_an_index_may_not_hold_a_mirrored_name_beside_its_own(tmp_path: Path) -> None:
    rows = "".join(f"KIT/3/walk.npy,0,5,{name}.npy\n" for name in ("M000001", "000001"))
    assert "mirrored" in fault(tmp_path, HEADER + rows)


@pytest.mark.parametrize("line", ["KIT/3/walk.npy,0,5\n", "KIT/3/walk, slow.npy,0,5,000000.npy\n"])
def test_a_line_with_another_number_of_fields_is_refused(tmp_path: Path, line: str) -> None:
    assert "line 2: " in fault(tmp_path, HEADER + line)


@pytest.mark.parametrize(
    "content", [b"", HEADER.encode(), b"\xff\xfe\x00", b"PK\x03\x04", (HEADER + '"KIT').encode()]
)
def test_files_that_are_no_index_are_refused(tmp_path: Path, content: bytes) -> None:
    assert "index.csv" in fault(tmp_path, content)


def test_an_index_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="expected an index"):
        read_index(tmp_path / "index.csv")
    with pytest.raises(InputError, match="expected an index"):
        read_index(tmp_path)


ROWS_OF_SUBSET = {
    "KIT": 4648, "CMU": 2913, "BMLmovi": 1839, "Eyes_Japan_Dataset": 1465, "humanact12": 1191,
    "MPI_HDM05": 771, "BioMotionLab_NTroje": 373, "EKUT": 351, "ACCAD": 277, "DFaust_67": 135,
    "MPI_Limits": 132, "MPI_mosh": 122, "Transitions_mocap": 110, "TotalCapture": 74, "SFU": 68,
    "BMLhandball": 67, "HumanEva": 50, "SSM_synced": 30,
}  # fmt: skip


def test_the_real_index_is_read_whole() -> None:
    rows = read_index(reference_data("humanml3d", "index.csv"))
    assert Counter(row.subset for row in rows) == ROWS_OF_SUBSET
    frames = [row.end_frame - row.start_frame for row in rows if not row.is_humanact12]
    assert (min(frames), max(frames)) == (1, 200)
    assert [row.number for row in rows] == list(range(14616))
    assert sum(row.is_humanact12 for row in rows) == 1191
    assert len({row.source_path for row in rows if not row.is_humanact12}) == 11715 - 1191
    assert rows[12314].name == "012314"
    assert (rows[12314].start_frame, rows[12314].end_frame) == (149, 320)
