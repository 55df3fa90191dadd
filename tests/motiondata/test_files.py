"""Files and folders that are written are whole or absent."""

from pathlib import Path

import pytest

from motiondata.files import whole_or_absent


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
