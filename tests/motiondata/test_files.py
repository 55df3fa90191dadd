"""Files and folders that are written are whole or absent."""

from pathlib import Path

import pytest

from motiondata.files import remove_unfinished, whole_or_absent


def test_a_file_appears_when_it_is_whole_and_replaces_another(tmp_path: Path) -> None:
    path = tmp_path / "below" / "file"
    for text in ("first", "second"):
        with whole_or_absent(path) as whole:
            whole.write_text(text)
            assert not path.exists() or path.read_text() == "first"
        assert path.read_text() == text
    assert [*path.parent.iterdir()] == [path]


def test_a_folder_appears_when_it_is_whole_and_replaces_an_empty_one(tmp_path: Path) -> None:
    path = tmp_path / "folder"
    path.mkdir()
    with whole_or_absent(path) as whole:
        whole.mkdir()
        (whole / "file").touch()
        assert not any(path.iterdir())
    assert [*path.iterdir()] == [path / "file"]


def test_an_error_leaves_nothing(tmp_path: Path) -> None:
    def fail(path: Path) -> None:
        with whole_or_absent(path) as whole:
            whole.write_text("half")
            raise ValueError("stopped")

    with pytest.raises(ValueError, match="stopped"):
        fail(tmp_path / "file")
    assert [*tmp_path.iterdir()] == []


def test_what_a_killed_process_left_is_removed_and_nothing_else(tmp_path: Path) -> None:
    kept = [tmp_path / "a/.file.abcdefgh", tmp_path / ".other.abcdefgh/mine", tmp_path / ".git/tmp"]
    for path in (*kept, tmp_path / "a/.walk.npz.k3_x9aab/tmp", tmp_path / ".b.k3_x9aab/tmp/half"):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    remove_unfinished(tmp_path)
    assert sorted(path for path in tmp_path.rglob("*") if path.is_file()) == sorted(kept)
