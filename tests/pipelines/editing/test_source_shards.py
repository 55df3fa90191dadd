"""No byte of a source is read unless its shard was hashed where it is read."""

import errno
import os
import time
from contextlib import closing
from pathlib import Path

import pytest

from pipelines.editing.source_shards import SourceShards
from shards.errors import DatasetError
from shards.format.places import place_of
from shards.remote.cache import FOLDER_VARIABLE
from shards.remote.file import RemoteFile
from tests.support.dataset import make_dataset
from tests.support.range_server import RangeServer


def test_a_shard_that_the_cache_lost_is_hashed_at_the_server_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cache = tmp_path / "cache"
    monkeypatch.setenv(FOLDER_VARIABLE, str(cache))
    source = make_dataset(tmp_path / "source")
    sound, damaged, *_ = source.description.shards
    with RangeServer(source.path).running() as server:
        place, shards = place_of(server.url), SourceShards()
        for shard in (sound, damaged):
            shards.expect_sound(place, shard)
            shards.open(place, shard).close()
        path = source.path / damaged.name
        data = bytearray(path.read_bytes())
        data[-1] ^= 1
        path.write_bytes(data)
        shards.open(place, damaged).close()  # of the cache, which has the sound bytes
        for file in cache.glob("*.tar"):
            file.unlink()
        with pytest.raises(DatasetError, match="is damaged"):
            shards.open(place, damaged)
        shards.open(place, sound).close()
        before = len(server.requests)
        shards.open(place, sound).close()
        assert not [each for each in server.requests[before:] if each.method == "GET"]


def test_a_shard_is_not_read_from_a_cache_whose_disk_refuses_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cache, source = tmp_path / "cache", make_dataset(tmp_path / "source")
    monkeypatch.setenv(FOLDER_VARIABLE, str(cache))

    def refuse_late(_: int) -> None:
        time.sleep(0.2)
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    monkeypatch.setattr(os, "fsync", refuse_late)
    with RangeServer(source.path).running() as server:
        shards, shard = SourceShards(), source.description.shards[0]
        shards.expect_sound(place_of(server.url), shard)
        assert not [*cache.glob("*.tar")]
        with closing(shards.open(place_of(server.url), shard)) as reader:
            assert isinstance(reader.file, RemoteFile)
