"""A copy of a dataset is whole or absent, and what has arrived is not copied again."""

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from shards.copying import copy_dataset
from shards.errors import DatasetError, ShardError
from shards.format.dataset import Dataset
from shards.format.paths import DATASET
from shards.remote.connection import Limits
from shards.remote.failures import RemoteError
from shards.remote.folder import RemoteFolder
from shards.targets import dataset_files
from shards.verify import verify
from tests.support.dataset import make_dataset
from tests.support.range_server import RangeServer, failing
from tests.support.remote_places import in_memory, s3_bucket


@pytest.fixture
def made(tmp_path: Path) -> Dataset:
    return make_dataset(tmp_path / "made")


def assert_same(one: Dataset, other: Dataset) -> None:
    assert one.content_hash == other.content_hash
    assert [*verify(other.place)] == []


def test_a_copy_of_a_copy_at_a_url_is_the_dataset(made: Dataset, tmp_path: Path) -> None:
    with in_memory(tmp_path / "nothing") as url:
        first = copy_dataset(made.path, url)
        second = copy_dataset(url, tmp_path / "back")
        third = copy_dataset(url, "memory://third")
        assert first == second == third
        assert first.files == len(dataset_files(made.description))
        for place in (url, tmp_path / "back", "memory://third"):
            assert_same(made, Dataset.open(place))
        names = {path.relative_to(tmp_path / "back") for path in (tmp_path / "back").rglob("*.*")}
        assert names == {path.relative_to(made.path) for path in made.path.rglob("*.*")}
        assert {*map(str, names)} == {*(RemoteFolder(url).names() or ())}


@pytest.mark.parametrize("to", ["memory://again", "folder"])
def test_a_copy_again_copies_nothing(made: Dataset, tmp_path: Path, to: str) -> None:
    target = to if "://" in to else tmp_path / to
    copied = copy_dataset(made.path, target)
    again = copy_dataset(made.path, target)
    assert (again.files, again.bytes, again.present) == (0, 0, copied.files)


def test_a_copy_from_a_server_that_fails_twice_for_every_file(
    made: Dataset, tmp_path: Path
) -> None:
    with RangeServer(made.path).running() as server:
        server.fault = failing(2, "cut")
        copy_dataset(RemoteFolder(server.url, Limits(tries=3, seconds=1)), tmp_path / "copy")
    assert_same(made, Dataset.open(tmp_path / "copy"))


@pytest.mark.parametrize("to", ["memory://stopped", "folder"])
def test_a_copy_that_was_stopped_is_no_dataset_and_resumes(
    made: Dataset, tmp_path: Path, to: str
) -> None:
    target: Any = to if "://" in to else tmp_path / to
    last = dataset_files(made.description)[-1].name
    with RangeServer(made.path).running() as server:
        source = RemoteFolder(server.url, Limits(tries=1))
        server.fault = lambda request: "500" if request.name == last else None
        with pytest.raises(RemoteError, match="status 500"):
            copy_dataset(source, target)
        with pytest.raises(DatasetError, match="not a finished dataset"):
            Dataset.open(target)
        server.fault = lambda _: None
        assert copy_dataset(source, target).present > 0
    assert_same(made, Dataset.open(target))


@pytest.mark.parametrize("to", ["memory://damaged", "folder"])
def test_a_damaged_file_is_not_copied(made: Dataset, tmp_path: Path, to: str) -> None:
    target: Any = to if "://" in to else tmp_path / to
    path = made.path / made.description.shards[1].name
    sound = path.read_bytes()
    path.write_bytes(sound[:-1] + b"x")
    with pytest.raises(DatasetError, match="is damaged in"):
        copy_dataset(made.path, target)
    path.write_bytes(sound)
    copy_dataset(made.path, target)
    assert_same(made, Dataset.open(target))


def test_files_of_an_earlier_copy_that_are_damaged_are_copied_again(
    made: Dataset, tmp_path: Path
) -> None:
    copy_dataset(made.path, tmp_path / "copy")
    shard = tmp_path / "copy" / made.description.shards[0].name
    shard.write_bytes(bytes(shard.stat().st_size))
    assert copy_dataset(made.path, tmp_path / "copy").files == 1
    assert_same(made, Dataset.open(tmp_path / "copy"))


def test_a_file_at_a_url_without_a_note_is_copied_again(made: Dataset) -> None:
    folder = RemoteFolder("memory://unnoted")
    shard = made.description.shards[0]
    folder.write(shard.name, bytes(shard.bytes))  # of the right size, from elsewhere
    copy_dataset(made.path, folder)
    assert_same(made, Dataset.open(folder))


def test_another_dataset_and_other_files_stay(made: Dataset, tmp_path: Path) -> None:
    other = tmp_path / "other"
    shutil.copytree(made.path, other)
    (other / DATASET).write_bytes((other / DATASET).read_bytes() + b"\n")
    strange = tmp_path / "strange"
    strange.mkdir()
    (strange / "notes.txt").touch()
    dangling = tmp_path / "dangling"
    dangling.symlink_to(tmp_path / "nothing")
    with in_memory(other) as url, in_memory(strange) as files:
        for target, said in (
            (other, "another dataset"),
            (strange, "notes.txt"),
            (dangling, "a link to nothing"),
            (url, "another"),
            (files, "notes.txt"),
        ):
            with pytest.raises(ShardError, match=said):
                copy_dataset(made.path, target)


@pytest.mark.slow
def test_a_folder_that_a_console_of_s3_has_marked_is_empty(made: Dataset) -> None:
    with s3_bucket() as (bucket, files):
        for name in ("kit/", "kit/shards/"):
            files.call_s3("put_object", Bucket="datasets", Key=name, Body=b"")
        copy_dataset(made.path, f"{bucket}/kit")
        assert [*verify(f"{bucket}/kit")] == []


@pytest.mark.slow
def test_a_copy_to_s3_that_is_killed_at_any_time_is_absent_or_whole(made: Dataset) -> None:
    with s3_bucket() as (bucket, _):
        command = [sys.executable, "-m", "motiondata", "copy", str(made.path), f"{bucket}/killed"]
        for seconds in (0.5, 1.5, 2.5, 3.5):
            process = subprocess.Popen(command, stderr=subprocess.DEVNULL)
            time.sleep(seconds)
            os.kill(process.pid, signal.SIGKILL)
            process.wait()
            folder = RemoteFolder(f"{bucket}/killed")
            if folder.state(DATASET) is not None:
                assert_same(made, Dataset.open(folder))
        subprocess.run(command, check=True, stderr=subprocess.DEVNULL)
        assert_same(made, Dataset.open(f"{bucket}/killed"))
