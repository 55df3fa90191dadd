"""Retrying dropped rows: finished shards stay, and new samples are added."""

import errno
import os
import shutil
from pathlib import Path

import pytest

from motiondata.errors import InputError
from pipelines.datasets.statistics import stats
from pipelines.datasets.verify import verify
from pipelines.engine.errors import AbortedError
from pipelines.engine.execution import Execution
from pipelines.products.lidar.build import build_lidar
from shards.format.dataset import Dataset
from shards.format.reading import read_member
from tests.support.archive import BAD, FRAMES, GOOD, MadeArchive, write_recording
from tests.support.compare_builds import all_files_of, files_of, finished_shards
from tests.support.faults import Fault, inject
from tests.support.skeleton import moving_pose

AGAIN = Execution(retry_dropped=True)
REPAIRED = {"000005": "SFU/0005/missing", "000008": "CMU/05/broken", "000010": "CMU/05/nan"}
"""Rows that were dropped, and their recordings, which can be read by and by."""


@pytest.fixture
def mine(archive: MadeArchive, tmp_path: Path) -> MadeArchive:
    """Copy the archive with its times, so that a test may change it."""
    return MadeArchive(shutil.copytree(archive.root, tmp_path / "archive"))


def repair(mine: MadeArchive, *names: str) -> None:
    for name in names:
        write_recording(mine.root, REPAIRED[name], *moving_pose(FRAMES, seed=int(name)))


def keys_of(out: Path) -> set[str]:
    return set(Dataset.open(out).manifest["key"].to_pylist())


def test_rows_that_can_be_built_now_go_to_shards_of_their_own(mine: MadeArchive, out: Path) -> None:
    build_lidar(mine.options(), out, Execution())
    shards = finished_shards(out)
    repair(mine, *REPAIRED)
    summary = str(build_lidar(mine.options(), out, AGAIN))
    assert f"{len(GOOD) + len(BAD)} rows: {len(GOOD) + 3} samples, {len(BAD) - 3} drops" in summary
    assert shards.items() <= finished_shards(out).items()
    assert finished_shards(out).keys() - shards.keys() == {"train/000001.tar"}
    assert keys_of(out) == {*GOOD, *REPAIRED}
    assert verify(out).sound


def test_statistics_that_were_asked_for_do_not_outlive_a_retry(
    mine: MadeArchive, out: Path
) -> None:
    build_lidar(mine.options(), out, Execution())
    stats(out, "train", "trans", "clip")
    repair(mine, *REPAIRED)
    build_lidar(mine.options(), out, AGAIN)
    assert not (out / "stats/train/trans-clip").exists()
    assert verify(out).sound


def test_a_retried_sample_is_what_a_new_build_makes_of_it(mine: MadeArchive, out: Path) -> None:
    build_lidar(mine.options(), out, Execution())
    repair(mine, *REPAIRED)
    build_lidar(mine.options(), out, AGAIN)
    build_lidar(mine.options(), out.with_name("fresh"), Execution())
    retried, fresh = Dataset.open(out), Dataset.open(out.with_name("fresh"))
    for key in keys_of(out):
        for member in retried.schema.members:
            assert read_member(retried, key, member) == read_member(fresh, key, member)


def test_retries_add_up_and_plain_runs_go_on_with_them(mine: MadeArchive, out: Path) -> None:
    build_lidar(mine.options(), out, Execution())
    for number, name in enumerate(REPAIRED, start=1):
        shards = finished_shards(out)
        repair(mine, name)
        build_lidar(mine.options(), out, AGAIN)
        assert shards.items() <= finished_shards(out).items()
        assert f"train/{number:06d}.tar" in finished_shards(out)
        files = files_of(out)
        build_lidar(mine.options(), out, Execution())
        assert files_of(out) == files
    assert keys_of(out) == {*GOOD, *REPAIRED}


def test_a_retry_in_vain_changes_nothing(mine: MadeArchive, out: Path) -> None:
    build_lidar(mine.options(), out, Execution())
    files, shards = files_of(out), finished_shards(out)
    for _ in range(2):
        build_lidar(mine.options(), out, AGAIN)
        assert files_of(out).keys() == files.keys()
        assert finished_shards(out) == shards
        assert verify(out).sound


def test_a_retry_that_has_nothing_to_build_says_so(mine: MadeArchive, out: Path) -> None:
    options = mine.options(limit=2)
    build_lidar(options, out, Execution())
    shards = finished_shards(out)
    warnings = build_lidar(options, out, AGAIN).warnings
    assert "--retry-dropped: 1 dropped row still cannot be built" in str(warnings)
    assert finished_shards(out) == shards


def test_a_retry_does_not_take_a_shard_that_the_machine_cannot_find_for_a_lost_one(
    mine: MadeArchive, out: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    build_lidar(mine.options(), out, Execution())
    repair(mine, *REPAIRED)
    files, lstat = files_of(out), Path.lstat

    def failing_lstat(path: Path) -> os.stat_result:
        if path.name == "000000.tar":
            raise OSError(errno.EIO, os.strerror(errno.EIO), str(path))
        return lstat(path)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "lstat", failing_lstat)
        with pytest.raises(AbortedError, match=os.strerror(errno.EIO)):
            build_lidar(mine.options(), out, AGAIN)
    assert files_of(out) == files


def test_a_retry_in_an_empty_folder_is_a_build(mine: MadeArchive, out: Path) -> None:
    build_lidar(mine.options(), out, AGAIN)
    build_lidar(mine.options(), out.with_name("fresh"), Execution())
    assert files_of(out) == files_of(out.with_name("fresh"))


def test_a_lost_shard_is_built_again_after_a_retry(mine: MadeArchive, out: Path) -> None:
    build_lidar(mine.options(), out, Execution())
    repair(mine, *REPAIRED)
    build_lidar(mine.options(), out, AGAIN)
    files = files_of(out)
    for name in ("train/000000.tar", "train/000001.tar"):
        (out / name).unlink()
        build_lidar(mine.options(), out, Execution())
        assert files_of(out) == files


@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize("rename", [1, 2, 5])
def test_an_interrupted_retry_comes_to_the_same_end(
    mine: MadeArchive, out: Path, rename: int, after: bool
) -> None:
    build_lidar(mine.options(), out, Execution())
    repair(mine, *REPAIRED)
    shutil.copytree(out, out.with_name("whole"))
    build_lidar(mine.options(), out.with_name("whole"), AGAIN)
    with pytest.MonkeyPatch.context() as patch:
        inject(Fault("SIGINT", "rename", rename, after=after), patch)
        with pytest.raises(KeyboardInterrupt):
            build_lidar(mine.options(), out, AGAIN)
    build_lidar(mine.options(), out, AGAIN)
    assert files_of(out) == files_of(out.with_name("whole"))


def test_a_retry_refuses_changes_of_what_is_built(mine: MadeArchive, out: Path) -> None:
    build_lidar(mine.options(), out, Execution())
    files = all_files_of(out)
    with pytest.raises(InputError, match=r"distance: 8\.0 -> 7\.0"):
        build_lidar(mine.options(distance=7.0), out, AGAIN)
    recording = mine.root / "amass/CMU/02/02_01_poses.npz"
    recording.write_bytes(recording.read_bytes())
    with pytest.raises(InputError, match=r"recordings changed: CMU/02/02_01_poses\.npz"):
        build_lidar(mine.options(), out, AGAIN)
    recording.unlink()
    with pytest.raises(InputError, match="000003, which can no longer be built"):
        build_lidar(mine.options(), out, AGAIN)
    assert all_files_of(out) == files


def test_a_restart_and_a_retry_exclude_each_other() -> None:
    with pytest.raises(InputError, match="retry-dropped"):
        Execution(restart=True, retry_dropped=True)
