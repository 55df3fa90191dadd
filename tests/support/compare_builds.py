"""Checks of a folder whose build was stopped, and of the same command run again."""

from pathlib import Path

from pipelines.engine.output_folder import OutputFolder
from shards.format.paths import LOCK, RECEIPTS
from tests.support.archive import MadeArchive
from tests.support.faults import build_words, run


def files_of(out: Path) -> dict[str, bytes]:
    """Return what a dataset's files hold; receipts aside, which remember times."""
    return {
        path.relative_to(out).as_posix(): path.read_bytes()
        for path in sorted(out.rglob("*"))
        if path.is_file() and path.parent.name != RECEIPTS
    }


def all_files_of(out: Path) -> dict[str, tuple[bytes, int]]:
    """Return what every file holds, receipts too, and when it was written; except for the lock.

    The lock has the process that held it last.
    """
    return {
        path.relative_to(out).as_posix(): (path.read_bytes(), path.stat().st_mtime_ns)
        for path in sorted(out.rglob("*"))
        if path.is_file() and path != out / LOCK
    }


def finished_shards(out: Path) -> dict[str, tuple[int, int]]:
    """Return which file each shard with a receipt is, and when it was written."""
    names = [receipt.shard for receipt in OutputFolder(out).receipts if receipt.file]
    stats = {name: (out / name).stat() for name in names}
    return {name: (stat.st_ino, stat.st_mtime_ns) for name, stat in stats.items()}


def expect_only_whole_files(out: Path, reference: dict[str, bytes]) -> None:
    """Expect every file with a final name to be what it is in a build that was not stopped."""
    for name, data in files_of(out).items():
        assert name.endswith(".tmp") or data == reference[name], name


def expect_no_unfinished_files(out: Path) -> None:
    """Expect nothing that has a temporary name, not among the receipts either."""
    assert [*out.rglob("*.tmp")] == []


def expect_to_finish(archive: MadeArchive, out: Path, reference: dict[str, bytes]) -> None:
    """Expect the same command to finish what is left, and to leave what is finished alone."""
    done = finished_shards(out)
    log = out.with_name("again.log")
    assert run(build_words(archive, out), log) == 0, log.read_text()
    assert files_of(out) == reference
    assert done.items() <= finished_shards(out).items()
    expect_no_unfinished_files(out)
