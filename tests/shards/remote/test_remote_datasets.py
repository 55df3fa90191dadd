"""A dataset at a URL is the dataset: the same epochs, statistics and faults as from a disk."""

import os
import pickle
import re
import subprocess
import sys
from pathlib import Path
from typing import Any
from urllib.parse import quote

import numpy as np
import pytest

from shards import open_dataset
from shards.errors import DatasetError, ShardError
from shards.format.places import Place
from shards.remote.cache import BYTES_VARIABLE
from shards.remote.connection import Limits
from shards.remote.failures import RemoteError
from shards.remote.file_systems import file_system
from shards.remote.folder import RemoteFolder
from shards.stats.measure import measure_field
from shards.stream.loader import Loader
from shards.stream.streamed_dataset import StreamedDataset
from shards.verify import verify
from tests.support.dataset import make_dataset
from tests.support.range_server import Fault, RangeServer, failing
from tests.support.remote_places import PLACES, in_memory

SLOW = pytest.mark.slow
QUICK = Limits(requests=8, tries=3, seconds=0.5)


@pytest.fixture(autouse=True)
def _no_cache(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(BYTES_VARIABLE, "0")


def epochs_of(view: Any, epochs: int = 2) -> list[dict[str, Any]]:
    return [batch for _ in range(epochs) for batch in view]


def assert_same(ours: list[dict[str, Any]], theirs: list[dict[str, Any]]) -> None:
    for mine, other in zip(ours, theirs, strict=True):
        assert mine.keys() == other.keys()
        for name, value in mine.items():
            np.testing.assert_equal(np.asarray(value), np.asarray(other[name]))


def clips(place: Place | str, shuffle: bool = True) -> Any:
    data = open_dataset(place)
    return data.clips("train", ["points", "hits", "json"], 4, shuffle, captions=True)


@pytest.mark.parametrize("kind", ["memory", "http"])
def test_epochs_are_those_of_the_folder(streamed: StreamedDataset, kind: str) -> None:
    local = streamed.dataset.path
    with PLACES[kind](local) as url:
        assert_same(epochs_of(clips(url)), epochs_of(clips(local)))
        ours, theirs = open_dataset(url), open_dataset(local)
        assert_same(
            epochs_of(ours.frames("train", "points", 8, shuffle=True)),
            epochs_of(theirs.frames("train", "points", 8, shuffle=True)),
        )
        assert_same(
            epochs_of(ours.windows("val", "points", 4, batch=3)),
            epochs_of(theirs.windows("val", "points", 4, batch=3)),
        )


@pytest.mark.parametrize(
    "kind", ["memory", "http", "hf", *(pytest.param(kind, marks=SLOW) for kind in ("s3", "gs"))]
)
def test_a_dataset_at_a_url_is_streamed_verified_and_measured(tmp_path: Path, kind: str) -> None:
    local = make_dataset(tmp_path / "made")
    with PLACES[kind](local.path) as url:
        assert [*verify(url)] == []
        ours, theirs = open_dataset(url), open_dataset(local.path)
        assert_same(
            epochs_of(ours.clips("train", ["points", "txt"], 2, shuffle=True), 1),
            epochs_of(theirs.clips("train", ["points", "txt"], 2, shuffle=True), 1),
        )
        key = next(iter(ours))
        np.testing.assert_array_equal(ours[key]["points"][1:3], theirs[key]["points"][1:3])
        np.testing.assert_array_equal(
            ours.standardizer("points").mean, theirs.standardizer("points").mean
        )
        measured = [measure_field(each.dataset, "train", "points") for each in (ours, theirs)]
        np.testing.assert_array_equal(measured[0].moments.mean, measured[1].moments.mean)


def test_a_missing_and_a_damaged_shard_are_faults_at_a_url(tmp_path: Path) -> None:
    local = make_dataset(tmp_path / "made")
    first, second, *_ = (local.path / shard.name for shard in local.description.shards)
    data = bytearray(second.read_bytes())
    data[700] ^= 1
    first.unlink()
    second.write_bytes(data)
    with in_memory(local.path) as url:
        ours, theirs = list(map(str, verify(url))), list(map(str, verify(local.path)))
    assert len(ours) == len(theirs) == 2
    assert "found nothing" in ours[0]
    assert ours[1:] == theirs[1:]


def test_a_url_and_its_settings_survive_pickling() -> None:
    folder = RemoteFolder("s3://user:pass@bucket/kit", QUICK)
    copied = pickle.loads(pickle.dumps(folder))  # noqa: S301
    assert copied == folder
    assert copied.limits == QUICK
    assert str(folder) == "s3://bucket/kit"


def test_forked_workers_read_what_their_parent_has_begun_to_read(
    streamed: StreamedDataset,
) -> None:
    torch = pytest.importorskip("torch")
    with PLACES["http"](streamed.dataset.path) as url:
        view, same = clips(url), clips(streamed.dataset.path)
        next(iter(view))
        next(iter(same))
        workers = epochs_of(Loader(view, workers=2), 1)
        alone = epochs_of(Loader(same), 1)
        for ours, theirs in zip(workers, alone, strict=True):
            assert ours["keys"] == theirs["keys"]
            assert torch.equal(ours["points"], theirs["points"])


@pytest.mark.parametrize("fault", ["500", "cut", "late"])
def test_an_epoch_is_exact_if_every_file_fails_twice(
    streamed: StreamedDataset, fault: Fault
) -> None:
    with RangeServer(streamed.dataset.path).running() as server:
        server.fault = failing(2, fault)
        found = epochs_of(clips(RemoteFolder(server.url, QUICK)), 1)
        assert_same(found, epochs_of(clips(streamed.dataset.path), 1))
        if fault != "late":  # what came too late is still in flight at the server
            assert server.most_in_flight <= QUICK.requests


@pytest.mark.parametrize(
    ("fault", "sentence"),
    [
        ("500", "status 500"),
        ("cut", "after 3 tries"),
        ("late", "no answer within"),
        ("whole", r"the request failed \(.* for a range of .*: the server does not answer ranges"),
    ],
)
def test_a_server_that_goes_on_failing_is_named_in_one_sentence(
    streamed: StreamedDataset, fault: Fault, sentence: str
) -> None:
    with RangeServer(streamed.dataset.path).running() as server:
        data = open_dataset(RemoteFolder(server.url, QUICK))
        server.fault = lambda request: fault if request.method == "GET" else None
        with pytest.raises(RemoteError, match=sentence) as raised:
            next(iter(data.clips("train", ["points"], 4)))
        assert server.url in str(raised.value)


def test_a_shard_replaced_during_an_epoch_is_named(tmp_path: Path) -> None:
    local = make_dataset(tmp_path / "made")
    with RangeServer(local.path).running() as server:
        data = open_dataset(server.url)
        batches = iter(data.frames("train", "points", 1))
        next(batches)
        for shard in local.description.shards:
            path = local.path / shard.name
            path.write_bytes(bytes(path.stat().st_size))
        with pytest.raises(DatasetError, match="was replaced"):
            epochs_of(data.frames("train", "points", 1))


def test_nothing_at_a_url_is_named() -> None:
    with pytest.raises(DatasetError, match=r"memory://nowhere: not a finished dataset"):
        open_dataset("memory://nowhere")


@pytest.mark.parametrize(
    ("url", "sentence"),
    [
        ("http://host/kit?token=abc", "with a query"),
        ("https://host/kit#abc", "with a query or a fragment"),
        ("s3://bucket/kit?versionId=abc", "with a query"),
        ("s3://", "expected a URL such as s3://bucket/folder"),
        ("https:///", "expected a URL such as s3://bucket/folder"),
        ("nosuch://host/kit", "Protocol not known"),
    ],
)
def test_urls_that_cannot_be_read_are_refused_without_their_secrets(
    url: str, sentence: str
) -> None:
    with pytest.raises(ShardError, match=sentence) as raised:
        open_dataset(url)
    assert "abc" not in str(raised.value)


@pytest.mark.parametrize(
    ("url", "package", "command"),
    [
        ("s3://bucket/kit", "s3fs", r"pip install 'motiondata\[remote\]'"),
        ("https://host/kit", "aiohttp", r"pip install 'motiondata\[remote\]'"),
        ("gs://bucket/kit", "gcsfs", "pip install gcsfs"),
        ("hf://datasets/user/kit", "huggingface_hub", "pip install huggingface_hub"),
    ],
)
def test_a_url_is_read_by_its_package_or_names_the_command_that_installs_it(
    url: str, package: str, command: str
) -> None:
    program = (
        f"import sys; sys.modules[{package!r}] = None\nimport shards.remote.file_systems as c\n"
        f"try: c.file_system({url!r})\nexcept c.RemoteError as error: print(error)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    [sentence] = done.stdout.splitlines()
    assert re.search(command, sentence)


@pytest.mark.parametrize(
    ("url", "module"),
    [
        ("s3://bucket/kit", "s3fs"),
        ("https://host/kit", "fsspec.implementations.http"),
        pytest.param("gs://bucket/kit", "gcsfs", marks=SLOW),  # its import takes seconds
        ("hf://datasets/user/kit", "huggingface_hub"),
    ],
)
def test_a_url_is_given_to_the_file_system_of_its_kind(url: str, module: str) -> None:
    pytest.importorskip(module)
    files, root = file_system(url)
    assert type(files).__module__.startswith(module)
    assert root.endswith("kit")


@pytest.mark.parametrize("name", ["a b/ü kit", "kit%201/"])
@pytest.mark.parametrize("kind", ["memory", "http"])
def test_a_url_may_have_spaces_and_other_letters(tmp_path: Path, kind: str, name: str) -> None:
    local = make_dataset(tmp_path / name)
    with PLACES[kind](tmp_path) as url:
        shown = f"{url}/{name}" if kind == "memory" else f"{url}/{quote(name)}"
        assert [*verify(shown)] == []
        assert open_dataset(shown).dataset.content_hash == local.content_hash


@pytest.fixture
def no_aws(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Remove all settings of S3, and return the file that AWS would read instead of them."""
    pytest.importorskip("s3fs")
    import fsspec

    for name in [*os.environ]:
        if name.startswith("AWS_"):
            monkeypatch.delenv(name)
    for kind in ("s3", "s3a"):
        monkeypatch.delitem(fsspec.config.conf, kind, raising=False)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    return tmp_path / "config"


@pytest.mark.usefixtures("no_aws")
def test_credentials_that_are_not_found_are_named_at_once() -> None:
    with pytest.raises(RemoteError, match=r"the request failed \(NoCredentialsError"):
        open_dataset("s3://bucket/kit")


@pytest.mark.parametrize("kind", ["s3", "s3a"])
def test_a_profile_of_aws_is_used_as_the_settings_of_fsspec_or_aws_name_it(
    no_aws: Path, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    import fsspec

    no_aws.write_text("[profile named]\nregion = eu-north-1\n[profile other]\nregion = sa-east-1\n")

    def region() -> str:
        files, _ = file_system(f"{kind}://bucket/kit")
        files.connect()
        return str(files.s3.meta.region_name)

    monkeypatch.setenv("AWS_PROFILE", "other")
    assert region() == "sa-east-1"
    monkeypatch.setitem(fsspec.config.conf, "s3", {"anon": True})
    assert region() == "sa-east-1"
    monkeypatch.setitem(fsspec.config.conf, "s3", {"anon": True, "profile": "named"})
    assert region() == "eu-north-1"


def test_file_systems_of_s3_share_the_descriptions_of_one_path(
    no_aws: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def descriptions() -> Any:
        files, _ = file_system("s3://bucket/kit")
        return files.session.get_component("data_loader")

    assert descriptions() is descriptions()
    assert str(no_aws.parent) not in descriptions().search_paths
    monkeypatch.setenv("AWS_DATA_PATH", str(no_aws.parent))
    assert str(no_aws.parent) in descriptions().search_paths


def test_credentials_are_in_no_error() -> None:
    folder = RemoteFolder("http://me:secret@127.0.0.1:9/kit", Limits(tries=1, seconds=1))
    with pytest.raises(RemoteError) as raised:
        open_dataset(folder)
    assert "secret" not in repr(raised.value)
    assert raised.value.__cause__ is None
