"""Errors of the machine: a lost mount or one failed call stops a build and changes no dataset.

The archive is real, and lost after the plan was made; system calls fail as a disk or a server would
let them.
"""

import errno
import io
import itertools
import os
import shutil
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from motiondata.bodies.folders import find_bodies
from pipelines.engine.build import build
from pipelines.engine.errors import AbortedError
from pipelines.engine.execution import Execution
from pipelines.engine.fingerprint import KeptShard
from pipelines.engine.product import PlannedBuild
from pipelines.products.lidar.build import build_lidar
from pipelines.products.lidar.product import LidarProduct
from tests.support.archive import MadeArchive, make_archive
from tests.support.compare_builds import expect_no_unfinished_files, files_of

ALONE = "CMU/02/02_02_poses.npz"
"""The recording of one row only, the last of its shard."""
CAPTIONS = "texts/000004.txt"


class LosingProduct(LidarProduct):
    """A product whose inputs change as soon as its plan is made."""

    def plan_around(self, kept: dict[str, KeptShard]) -> PlannedBuild:
        planned = super().plan_around(kept)
        lose, root = LOSSES[(self.source.selection.index.parent / "loss").read_text()]
        lose(self.source.selection.index.parent / root)
        return planned


def move_away(path: Path) -> None:
    path.rename(path.with_name("away"))


def overwrite(path: Path) -> None:
    shutil.copy2(path, path.with_name("away"))
    path.write_bytes(path.read_bytes() + b" ")


def touch(path: Path) -> None:
    shutil.copy2(path, path.with_name("away"))
    os.utime(path, ns=(0, 0))


def put_a_folder_there(path: Path) -> None:
    move_away(path)
    path.mkdir()


LOSSES: dict[str, tuple[Callable[[Path], object], str]] = {
    "the folder of captions": (move_away, "texts"),
    "the archive": (move_away, "amass"),
    "a subset that is a mount point": (put_a_folder_there, "amass/CMU"),
    "a file of captions": (move_away, CAPTIONS),
    "a changed file of captions": (overwrite, CAPTIONS),
    "a recording": (move_away, f"amass/{ALONE}"),
    "a changed recording": (overwrite, f"amass/{ALONE}"),
    "a recording of another time": (touch, f"amass/{ALONE}"),
    "a recording that became a folder": (put_a_folder_there, f"amass/{ALONE}"),
}


def bring_back(path: Path) -> None:
    away = path.with_name("away")
    shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)
    away.rename(path)


def expect_to_finish_as_if_nothing_had_been(archive: MadeArchive, out: Path) -> None:
    """Expect no dataset, and the same command to build what it builds in an untouched folder."""
    assert not (out / "dataset.json").exists()
    expect_no_unfinished_files(out)
    build_lidar(archive.options(), out, Execution())
    build_lidar(archive.options(), out.with_name("well"), Execution())
    assert files_of(out) == files_of(out.with_name("well"))


@pytest.mark.parametrize("loss", LOSSES)
def test_what_is_lost_after_the_plan_stops_the_build_until_it_is_back(
    tmp_path: Path, out: Path, loss: str
) -> None:
    archive = make_archive(tmp_path)
    (tmp_path / "loss").write_text(loss)
    product = LosingProduct.of(archive.options())
    with pytest.raises(AbortedError, match=r"as it was when the build was planned \([0-9]"):
        build(product, out, Execution())
    bring_back(tmp_path / LOSSES[loss][1])
    expect_to_finish_as_if_nothing_had_been(archive, out)


@pytest.mark.slow
def test_a_lost_archive_stops_a_build_on_ray(tmp_path: Path, out: Path) -> None:
    archive = make_archive(tmp_path)
    (tmp_path / "loss").write_text("the archive")
    product = LosingProduct.of(archive.options())
    with pytest.raises(AbortedError, match="as it was when the build was planned"):
        build(product, out, Execution(workers=2))
    bring_back(tmp_path / "amass")
    expect_to_finish_as_if_nothing_had_been(archive, out)


def test_captions_that_come_after_the_plan_stop_the_build(tmp_path: Path, out: Path) -> None:
    archive = make_archive(tmp_path)
    (tmp_path / CAPTIONS).rename(tmp_path / "later")
    product = LidarProduct.of(archive.options())
    planned = product.plan_around({})
    (tmp_path / "later").rename(tmp_path / CAPTIONS)
    clip: Any = next(c for c in planned.plan.clips if c.row.name == Path(CAPTIONS).stem)
    with pytest.raises(OSError, match=r"planned \(absent\), found [0-9]+ bytes"):
        product.open().begin(clip)()


class BrokenFile(io.FileIO):
    """A file that opens and cannot be read."""

    error = 0

    def readinto(self, _: Any) -> int:
        raise OSError(self.error, os.strerror(self.error))

    def readall(self) -> bytes:
        raise OSError(self.error, os.strerror(self.error))


def fail_once(monkeypatch: pytest.MonkeyPatch, name: str, error: int, at_read: bool) -> None:
    """Let the first opening of a file fail, or the first reading of it, in this process's forks."""
    calls, open_path = itertools.count(), Path.open

    def failing_open(path: Path, mode: str = "r", *more: Any, **named: Any) -> Any:
        if not path.as_posix().endswith(name) or mode != "rb" or next(calls):
            return open_path(path, mode, *more, **named)
        if not at_read:
            raise OSError(error, os.strerror(error), str(path))
        file = BrokenFile(path)
        file.error = error
        return io.BufferedReader(file)

    monkeypatch.setattr(Path, "open", failing_open)


ERRORS = ["EIO", "ESTALE", "EMFILE", "ENFILE", "ETIMEDOUT", "ENOMEM", "EACCES"]


@pytest.mark.parametrize("at_read", [False, True], ids=["open", "read"])
@pytest.mark.parametrize("name", [ALONE, CAPTIONS], ids=["recording", "captions"])
@pytest.mark.parametrize("error", ERRORS)
def test_one_call_that_fails_stops_the_build_and_drops_nothing(
    archive: MadeArchive,
    out: Path,
    monkeypatch: pytest.MonkeyPatch,
    error: str,
    name: str,
    at_read: bool,
) -> None:
    code = getattr(errno, error)
    with monkeypatch.context() as patch:
        fail_once(patch, name, code, at_read)
        with pytest.raises(AbortedError, match=rf"stopped: {os.strerror(code)} \(.*{name}\)"):
            build_lidar(archive.options(), out, Execution())
    if error == "EIO":
        expect_to_finish_as_if_nothing_had_been(archive, out)


@pytest.mark.parametrize("error", [errno.EIO, errno.ESTALE, errno.EMFILE])
@pytest.mark.parametrize("name", ["index.csv", "val.txt", "sensor.toml"])
def test_a_list_or_a_sensor_that_the_machine_cannot_read_is_no_wrong_input(
    archive: MadeArchive, out: Path, monkeypatch: pytest.MonkeyPatch, error: int, name: str
) -> None:
    open_path, sensor = Path.open, out.with_name("sensor.toml")
    sensor.write_text("name = 'mine'\ncolumns = 512\nelevation_deg = [0.0]\n")

    def failing_open(path: Path, *more: Any, **named: Any) -> Any:
        if path.name == name:
            raise OSError(error, os.strerror(error), str(path))
        return open_path(path, *more, **named)

    monkeypatch.setattr(Path, "open", failing_open)
    message = rf"stopped: {os.strerror(error)} \(.*{name}\); nothing was written"
    with pytest.raises(AbortedError, match=message):
        build_lidar(archive.options(sensor=str(sensor)), out, Execution())


def test_a_folder_of_bodies_that_the_machine_cannot_list_is_not_taken_for_an_empty_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for gender in ("male", "female", "neutral"):
        (tmp_path / gender).mkdir()
        (tmp_path / gender / "model.npz").touch()
    assert find_bodies(tmp_path).keys() == {"male", "female", "neutral"}
    listed = Path.iterdir

    def failing_list(path: Path) -> Any:
        if path.name == "neutral":
            raise OSError(errno.EIO, os.strerror(errno.EIO), str(path))
        return listed(path)

    monkeypatch.setattr(Path, "iterdir", failing_list)
    with pytest.raises(OSError, match=os.strerror(errno.EIO)):
        find_bodies(tmp_path)


def test_a_size_that_the_machine_cannot_tell_stops_the_plan(
    archive: MadeArchive, out: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stat = os.stat

    def failing_stat(path: Any, *more: Any, **named: Any) -> os.stat_result:
        if isinstance(path, bytes) and path.endswith(CAPTIONS.encode()):
            raise OSError(errno.ESTALE, os.strerror(errno.ESTALE), path)
        return stat(path, *more, **named)

    monkeypatch.setattr(os, "stat", failing_stat)
    with pytest.raises(AbortedError, match=os.strerror(errno.ESTALE)):
        build_lidar(archive.options(), out, Execution())
    assert not [*out.rglob("*.tar")]


def test_a_file_that_hangs_whoever_opens_it_costs_its_own_row_alone(
    archive: MadeArchive, out: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    os_open, open_path = os.open, Path.open

    def hanging(act: Callable[..., Any]) -> Callable[..., Any]:
        def hang_or_act(path: Any, *more: Any, **named: Any) -> Any:
            if str(path).endswith(ALONE):
                time.sleep(3600)
            return act(path, *more, **named)

        return hang_or_act

    with monkeypatch.context() as patch:
        patch.setattr(os, "open", hanging(os_open))
        patch.setattr(Path, "open", hanging(open_path))
        build_lidar(archive.options(), out, Execution(clip_seconds=1.5))
    build_lidar(archive.options(), out.with_name("well"), Execution())
    drops, well = (
        pq.read_table(path / "drops.parquet").to_pylist() for path in (out, out.with_name("well"))
    )
    assert [drop for drop in drops if drop not in well] == [
        {
            **next(drop for drop in drops if drop["reason"] == "hung"),
            "key": "000009",
            "message": f"{ALONE}: took longer than --clip-seconds, twice in a row",
        }
    ]
