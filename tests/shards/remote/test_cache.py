"""The cache of shards: bounded, shared, and never the source of a damaged byte."""

import errno
import multiprocessing
import os
import subprocess
import sys
import threading
import time
import warnings
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest

from shards.errors import DatasetError, ShardError
from shards.format.dataset import Dataset
from shards.format.description import ShardEntry
from shards.format.hashing import hash_bytes
from shards.remote.cache import (
    BYTES_VARIABLE,
    DEFAULT_BYTES,
    FOLDER_VARIABLE,
    UNSETTLED_NS,
    VERIFIED_NS,
    CachedShard,
    DamagedError,
    ShardCache,
)
from shards.remote.connection import Limits
from shards.remote.folder import RemoteFolder
from shards.stream.cache_filler import CacheFiller, cached
from shards.stream.remote_files import RemoteShardFiles
from shards.stream.streamed_dataset import StreamedDataset
from tests.shards.remote.test_remote_datasets import assert_same, epochs_of
from tests.support.dataset import make_dataset
from tests.support.range_server import RangeServer

SIZE = 1000


def data_of(number: int) -> bytes:
    return bytes([number]) * SIZE


def shard_of(data: bytes) -> CachedShard:
    return CachedShard(hash_bytes(data), len(data))


def is_in(cache: ShardCache, shard: ShardEntry) -> bool:
    descriptor = cache.open(cached(shard))
    if descriptor is not None:
        os.close(descriptor)
    return descriptor is not None


def fill(cache: ShardCache, number: int) -> bool:
    return cache.fill(shard_of(data_of(number)), lambda: iter([data_of(number)]))


def read(cache: ShardCache, number: int) -> bytes | None:
    descriptor = cache.open(shard_of(data_of(number)))
    if descriptor is None:
        return None
    try:
        return os.read(descriptor, SIZE + 1)
    finally:
        os.close(descriptor)


def test_what_is_filled_in_is_read(tmp_path: Path) -> None:
    cache = ShardCache(tmp_path / "new" / "cache", 10 * SIZE)
    assert read(cache, 1) is None
    assert fill(cache, 1)
    assert read(cache, 1) == data_of(1)


def test_the_files_that_were_not_used_for_longest_make_room(tmp_path: Path) -> None:
    cache = ShardCache(tmp_path, 3 * SIZE)
    for number in (1, 2, 3):
        assert fill(cache, number)
        time.sleep(0.002)
    read(cache, 1)
    assert fill(cache, 4)
    assert [number for number in range(5) if read(cache, number)] == [1, 3, 4]


def test_files_in_use_stay_and_there_is_no_room_then(tmp_path: Path) -> None:
    cache = ShardCache(tmp_path, 2 * SIZE)
    assert fill(cache, 1)
    assert fill(cache, 2)
    used = [cache.open(shard_of(data_of(number))) for number in (1, 2)]
    assert not fill(cache, 3)
    for descriptor in used:
        os.close(descriptor or 0)
    assert fill(cache, 3)
    assert not ShardCache(tmp_path, SIZE - 1).fill(shard_of(data_of(9)), lambda: [data_of(9)])
    assert sum(path.stat().st_size for path in tmp_path.iterdir()) <= 2 * SIZE


@pytest.mark.parametrize(
    "damage",
    [
        lambda path: path.write_bytes(bytes(SIZE)),
        lambda path: path.write_bytes(path.read_bytes()[:-1]),
        lambda path: path.write_bytes(b""),
    ],
    ids=["other bytes", "shorter", "empty"],
)
def test_a_file_that_was_changed_is_never_read(
    tmp_path: Path, damage: Callable[[Path], object]
) -> None:
    cache = ShardCache(tmp_path, 2 * SIZE)
    fill(cache, 1)
    damage(next(tmp_path.glob("*.tar")))
    assert read(cache, 1) is None
    assert fill(cache, 1)
    assert read(cache, 1) == data_of(1)


def test_a_file_that_was_only_touched_is_hashed_and_read(tmp_path: Path) -> None:
    cache = ShardCache(tmp_path, 2 * SIZE)
    fill(cache, 1)
    os.utime(next(tmp_path.glob("*.tar")))
    assert read(cache, 1) == data_of(1)


def test_a_shard_is_read_before_it_is_on_the_disk_and_marked_when_it_is(tmp_path: Path) -> None:
    cache = ShardCache(tmp_path, 2 * SIZE)
    fill(cache, 1)
    (path,) = tmp_path.glob("*.tar")
    assert (read(cache, 1), path.stat().st_mtime_ns) == (data_of(1), UNSETTLED_NS)
    assert cache.settle(shard_of(data_of(1)))
    assert (read(cache, 1), path.stat().st_mtime_ns) == (data_of(1), VERIFIED_NS)


@pytest.mark.parametrize("is_lost", [False, True])
def test_another_process_hashes_what_may_not_be_on_the_disk(tmp_path: Path, is_lost: bool) -> None:
    cache, shard = ShardCache(tmp_path, 2 * SIZE), shard_of(data_of(1))
    fill(cache, 1)
    (path,) = tmp_path.glob("*.tar")
    if is_lost:  # as after a loss of power
        path.write_bytes(bytes(SIZE))
        os.utime(path, ns=(0, UNSETTLED_NS))
    program = (
        "from pathlib import Path; from shards.remote.cache import CachedShard, ShardCache; "
        f"print(ShardCache(Path({str(tmp_path)!r}), {2 * SIZE}).open(CachedShard{(*shard,)}))"
    )
    found = subprocess.run(
        [sys.executable, "-c", program], check=True, capture_output=True, text=True
    )
    assert (found.stdout.strip() == "None") == is_lost
    assert path.exists() != is_lost
    assert is_lost or path.stat().st_mtime_ns == VERIFIED_NS


def test_a_mark_that_another_thread_sets_while_a_shard_is_opened_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cache, marks, utime = ShardCache(tmp_path, 2 * SIZE), iter([True]), os.utime
    fill(cache, 1)

    def settle() -> None:
        if next(marks, False):
            assert cache.settle(shard_of(data_of(1)))

    def utime_after_the_mark(descriptor: int, ns: tuple[int, int]) -> None:
        settle()
        utime(descriptor, ns=ns)

    monkeypatch.setattr(os, "utime", utime_after_the_mark)
    assert read(cache, 1) == data_of(1)
    settle()
    assert next(tmp_path.glob("*.tar")).stat().st_mtime_ns == VERIFIED_NS


def test_files_without_a_mark_are_read_from_a_disk_that_is_only_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cache = ShardCache(tmp_path, 2 * SIZE)
    (tmp_path / f"{shard_of(data_of(1)).digest}.tar").write_bytes(data_of(1))

    def refuse(*_: object, **__: object) -> None:
        raise OSError(errno.EROFS, os.strerror(errno.EROFS))

    monkeypatch.setattr(os, "utime", refuse)
    assert read(cache, 1) == data_of(1)


def test_a_process_that_is_forked_during_a_fetch_stops_no_reader(tmp_path: Path) -> None:
    cache, fork = ShardCache(tmp_path, 2 * SIZE), multiprocessing.get_context("fork")
    forked = fork.Process(target=time.sleep, args=(60,))

    def fetch() -> Iterator[bytes]:
        with warnings.catch_warnings(action="ignore", category=DeprecationWarning):
            forked.start()  # Python 3.12 warns of forks of a process with threads
        yield data_of(1)

    try:
        assert cache.fill(shard_of(data_of(1)), fetch)
        with ThreadPoolExecutor(1) as pool:
            assert pool.submit(read, cache, 1).result(10) == data_of(1)
    finally:
        forked.kill()
        forked.join()


def test_a_shard_that_the_disk_refuses_later_is_not_read_from_the_cache(
    streamed: StreamedDataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    refused = threading.Event()

    def refuse(_: int) -> None:
        refused.set()
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    monkeypatch.setattr(os, "fsync", refuse)
    expected = epochs_of(streamed.frames("train", "points", 4, shuffle=True), 3)
    with RangeServer(streamed.dataset.path).running() as server:
        data = cached_dataset(server, ShardCache(tmp_path, 2**30))
        found = epochs_of(view := data.frames("train", "points", 4, shuffle=True), 2)
        wait_until(refused.is_set)
        wait_until(lambda: not [*tmp_path.glob("*.tar")])
        server.requests.clear()
        found += epochs_of(view, 1)
        assert server.requests
    assert_same(found, expected)


@pytest.mark.parametrize("found", [data_of(2), data_of(1)[:-1], data_of(1) + b"x", b""])
def test_bytes_of_another_hash_are_not_kept(tmp_path: Path, found: bytes) -> None:
    cache = ShardCache(tmp_path, 2 * SIZE)
    with pytest.raises(DamagedError):
        cache.fill(shard_of(data_of(1)), lambda: [found])
    assert read(cache, 1) is None
    assert [path.name for path in tmp_path.iterdir()] == ["lock"]


def test_a_shard_is_fetched_once_by_all_that_want_it(tmp_path: Path) -> None:
    cache, fetched = ShardCache(tmp_path, 2 * SIZE), []

    def fetch() -> Iterator[bytes]:
        fetched.append(1)
        time.sleep(0.1)
        yield data_of(1)

    threads = [
        threading.Thread(target=cache.fill, args=(shard_of(data_of(1)), fetch)) for _ in range(5)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(fetched) == 1
    assert read(cache, 1) == data_of(1)


def cached_dataset(server: RangeServer, cache: ShardCache) -> StreamedDataset:
    folder = RemoteFolder(server.url)
    dataset = Dataset.open(folder)
    return StreamedDataset(dataset, files=RemoteShardFiles(dataset, folder, cache))


def wait_until(is_done: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 20
    while not is_done():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_what_is_read_often_comes_from_the_cache_and_then_no_server_is_needed(
    streamed: StreamedDataset, tmp_path: Path
) -> None:
    shards = streamed.dataset.shards_of("train")
    cache = ShardCache(tmp_path, 2**30)
    expected = epochs_of(streamed.frames("train", "points", 4, shuffle=True), 4)
    with RangeServer(streamed.dataset.path).running() as server:
        view = cached_dataset(server, cache).frames("train", "points", 4, shuffle=True)
        found = epochs_of(view, 3)
        wait_until(lambda: len([*tmp_path.glob("*.tar")]) == len(shards))
        server.requests.clear()
        found += epochs_of(view, 1)
        assert server.requests == []
    assert_same(found, expected)


def test_epochs_are_exact_if_the_cache_holds_less_than_the_dataset(
    streamed: StreamedDataset, tmp_path: Path
) -> None:
    limit = max(shard.bytes for shard in streamed.dataset.shards_of("train"))
    with RangeServer(streamed.dataset.path).running() as server:
        view = cached_dataset(server, ShardCache(tmp_path, limit)).frames("train", "points", 4)
        found = epochs_of(view, 3)
        assert sum(path.stat().st_size for path in tmp_path.iterdir()) <= limit
    assert_same(found, epochs_of(streamed.frames("train", "points", 4), 3))


def test_a_shard_that_is_damaged_at_the_server_is_named(tmp_path: Path) -> None:
    local = make_dataset(tmp_path / "made")
    shard = local.shards_of("train")[0]
    path = local.path / shard.name
    data = bytearray(path.read_bytes())
    data[-1] ^= 1  # no header and no member has this byte
    path.write_bytes(data)
    with RangeServer(local.path).running() as server:
        view = cached_dataset(server, ShardCache(tmp_path / "cache", 2**30)).frames(
            "train", "points", 1
        )

        def is_found() -> bool:
            try:
                epochs_of(view, 1)
            except DatasetError as error:
                return f"is damaged in {server.url}" in error.message
            return False

        wait_until(is_found)


def test_a_shard_that_could_not_be_fetched_is_fetched_later(
    streamed: StreamedDataset, tmp_path: Path
) -> None:
    cache, dataset = ShardCache(tmp_path / "cache", 10**9), streamed.dataset
    shards = dataset.description.shards
    with RangeServer(dataset.path).running() as server:
        filler = CacheFiller(RemoteFolder(server.url, Limits(tries=1, seconds=30.0)), cache)
        server.fault = lambda request: "500" if request.method == "GET" else None
        filler.fetch(shards)
        assert not any(is_in(cache, shard) for shard in shards)
        server.fault = lambda _request: None
        filler.fetch(shards)
        assert all(is_in(cache, shard) for shard in shards)


def test_a_shard_that_was_removed_from_the_cache_is_fetched_again(
    streamed: StreamedDataset, tmp_path: Path
) -> None:
    cache, dataset = ShardCache(tmp_path / "cache", 10**9), streamed.dataset
    shards = dataset.description.shards
    with RangeServer(dataset.path).running() as server:
        filler = CacheFiller(RemoteFolder(server.url), cache)
        for _ in range(2):
            filler.fetch(shards)
            assert all(is_in(cache, shard) for shard in shards)
            for file in (tmp_path / "cache").rglob("*"):
                if file.is_file():
                    file.unlink()
        assert not any(is_in(cache, shard) for shard in shards)


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        (BYTES_VARIABLE, "32 GB", "expected a number of bytes"),
        (BYTES_VARIABLE, "1e9", "expected a number of bytes"),
        (FOLDER_VARIABLE, __file__, "expected a folder"),
        (FOLDER_VARIABLE, f"{__file__}/cache", "expected a folder"),
    ],
)
def test_settings_that_name_no_cache_are_one_sentence(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, sentence: str
) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(ShardError, match=f"{name}=.*{sentence}"):
        ShardCache.of_environment()


def test_a_default_folder_that_is_a_file_is_named_without_the_variable(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(FOLDER_VARIABLE, raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    (tmp_path / "motiondata").write_text("")
    with pytest.raises(ShardError, match="expected a folder for the cache") as raised:
        ShardCache.of_environment()
    assert FOLDER_VARIABLE not in str(raised.value)


def test_empty_variables_mean_the_defaults(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setenv(FOLDER_VARIABLE, "")
    monkeypatch.setenv(BYTES_VARIABLE, "")
    assert ShardCache.of_environment() == ShardCache(
        tmp_path / "motiondata" / "shards", DEFAULT_BYTES
    )


@contextmanager
def as_another_user() -> Iterator[None]:
    """Be no administrator during the block: one may search every folder."""
    user = os.geteuid()
    if not user:
        os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(user)


@pytest.mark.parametrize("name", ["cache", "a" * 300])
def test_a_folder_that_cannot_be_reached_is_an_empty_cache(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    closed = tmp_path / "closed"
    closed.mkdir(0o000 if name == "cache" else 0o755)
    monkeypatch.setenv(FOLDER_VARIABLE, str(closed / name))
    monkeypatch.delenv(BYTES_VARIABLE, raising=False)
    with as_another_user():
        cache = ShardCache.of_environment()
        assert cache is not None
        assert read(cache, 1) is None
        with pytest.raises(OSError, match=r"denied|too long"):
            fill(cache, 1)


def test_a_file_for_which_the_disk_has_no_room_is_not_left_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "posix_fallocate", refuse)
    with pytest.raises(OSError, match="space"):
        fill(ShardCache(tmp_path, 2 * SIZE), 1)
    assert {path.name for path in tmp_path.iterdir()} == {"lock"}


def test_no_file_is_finished_while_another_thread_counts_the_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cache, names = ShardCache(tmp_path, SIZE), Path.iterdir
    fetching, counting, finished = (threading.Event() for _ in range(3))

    def fetch() -> Iterator[bytes]:
        fetching.set()
        assert counting.wait(20)
        yield data_of(1)

    def names_and_then_a_pause(path: Path) -> Iterator[Path]:
        found = [*names(path)]
        if fetching.is_set():
            counting.set()
            finished.wait(0.5)  # the other thread must not be able to finish its file now
        return iter(found)

    def fill_the_first() -> bool:
        try:
            return cache.fill(shard_of(data_of(1)), fetch)
        finally:
            finished.set()

    monkeypatch.setattr(Path, "iterdir", names_and_then_a_pause)
    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(fill_the_first)
        assert fetching.wait(20)
        assert not fill(cache, 2), "the first file takes all room"
        assert first.result(20)
    assert (read(cache, 1), read(cache, 2)) == (data_of(1), None)
