"""Publishing: a file with its final name is complete, also after an error or a kill."""

import errno
import os
import stat
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path

import pytest

from shards.format.publishing import TEMPORARY, publish, publishing, remove_temporaries


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_published_file_holds_its_bytes_and_nothing_lies_beside_it(tmp_path: Path) -> None:
    publish(tmp_path / "a.bin", b"whole")
    assert (tmp_path / "a.bin").read_bytes() == b"whole"
    assert names(tmp_path) == ["a.bin"]


def test_publishing_replaces_the_old_file_only_at_the_end(tmp_path: Path) -> None:
    publish(tmp_path / "a.bin", b"old")
    with publishing(tmp_path / "a.bin") as file:
        file.write(b"new")
        file.flush()
        assert (tmp_path / "a.bin").read_bytes() == b"old"
    assert (tmp_path / "a.bin").read_bytes() == b"new"


def test_unfinished_names_end_in_tmp_and_differ(tmp_path: Path) -> None:
    with publishing(tmp_path / "a.bin"), publishing(tmp_path / "a.bin"):
        assert len(names(tmp_path)) == 2
        assert all(name.endswith(TEMPORARY) for name in names(tmp_path))
    assert names(tmp_path) == ["a.bin"]


def fail_midway(path: Path) -> None:
    with publishing(path) as file:
        file.write(b"half")
        raise KeyboardInterrupt


def test_an_interrupted_block_leaves_the_old_file_and_no_other(tmp_path: Path) -> None:
    publish(tmp_path / "a.bin", b"old")
    with pytest.raises(KeyboardInterrupt):
        fail_midway(tmp_path / "a.bin")
    assert (tmp_path / "a.bin").read_bytes() == b"old"
    assert names(tmp_path) == ["a.bin"]


def test_a_name_that_is_a_folder_raises_and_leaves_nothing(tmp_path: Path) -> None:
    (tmp_path / "taken").mkdir()
    with pytest.raises(OSError, match="taken"):
        publish(tmp_path / "taken", b"data")
    assert names(tmp_path) == ["taken"]


@pytest.mark.parametrize("answer", [errno.EINVAL, errno.EIO])
def test_a_file_system_that_flushes_no_folders_is_none_that_is_broken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, answer: int
) -> None:
    fsync = os.fsync

    def fsync_files_alone(descriptor: int) -> None:
        if stat.S_ISDIR(os.fstat(descriptor).st_mode):
            raise OSError(answer, os.strerror(answer))
        fsync(descriptor)

    monkeypatch.setattr(os, "fsync", fsync_files_alone)
    broken = pytest.raises(OSError, match=os.strerror(errno.EIO))
    with broken if answer == errno.EIO else nullcontext():
        publish(tmp_path / "a.bin", b"whole")
    assert (tmp_path / "a.bin").read_bytes() == b"whole"


def test_a_link_is_replaced_not_followed(tmp_path: Path) -> None:
    (tmp_path / "precious").write_bytes(b"mine")
    (tmp_path / "a.bin").symlink_to(tmp_path / "precious")
    publish(tmp_path / "a.bin", b"new")
    assert (tmp_path / "precious").read_bytes() == b"mine"
    assert not (tmp_path / "a.bin").is_symlink()


def test_others_may_read_what_the_umask_lets_them(tmp_path: Path) -> None:
    before = os.umask(0o022)
    try:
        publish(tmp_path / "a.bin", b"shared")
    finally:
        os.umask(before)
    assert (tmp_path / "a.bin").stat().st_mode & 0o777 == 0o644


def test_a_file_without_a_permit_is_never_begun(tmp_path: Path) -> None:
    @contextmanager
    def refuse() -> Iterator[None]:
        raise LookupError("the folder is of another run")
        yield

    with pytest.raises(LookupError, match="another run"), publishing(tmp_path / "a.bin", refuse):
        pytest.fail("the file was begun")
    assert names(tmp_path) == []


def test_a_file_that_lost_its_permit_gets_no_final_name(tmp_path: Path) -> None:
    permits = [nullcontext()]
    with pytest.raises(IndexError):
        publish(tmp_path / "a.bin", b"late", permits.pop)
    assert names(tmp_path) == []


def test_temporaries_are_removed_and_nothing_of_others(tmp_path: Path) -> None:
    (tmp_path / "train").mkdir()
    (tmp_path / "train" / f"000000.tar.0123456789abcdef{TEMPORARY}").touch()
    (tmp_path / f"notes{TEMPORARY}").touch()
    remove_temporaries(tmp_path)
    assert names(tmp_path) == [f"notes{TEMPORARY}", "train"]
    assert names(tmp_path / "train") == []


DYING_WRITER = """
    import os
    from pathlib import Path
    from shards.format.writing import Sample, ShardWriter

    with ShardWriter(Path("000000.tar")) as writer:
        for number in range(20):
            writer.write(Sample(f"s{number}", {"txt": bytes(100_000)}))
            if number == 7:
                os._exit(9)
"""


def test_a_writer_that_is_killed_midway_leaves_only_unfinished_names(tmp_path: Path) -> None:
    root = Path(__file__).resolve().parents[3]
    died = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(DYING_WRITER)],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(root)},
        check=False,
    )
    assert died.returncode == 9
    assert len(names(tmp_path)) == 1
    assert names(tmp_path)[0].endswith(TEMPORARY)
