"""No byte of a source is read unless its shard was hashed where it is read."""

from pathlib import Path

import pytest

from pipelines.editing.source_shards import SourceShards
from shards.errors import DatasetError
from shards.format.places import place_of
from shards.remote.cache import FOLDER_VARIABLE
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
