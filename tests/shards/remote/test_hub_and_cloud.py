"""Datasets on the Hugging Face Hub and on Google Cloud Storage: read, copied, and made whole."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from shards import open_dataset
from shards.copying import copy_dataset
from shards.errors import DatasetError, ShardError
from shards.format.dataset import Dataset
from shards.format.paths import DATASET
from shards.remote.cache import BYTES_VARIABLE
from shards.remote.connection import Limits
from shards.remote.failures import RemoteError
from shards.remote.folder import RemoteFolder
from shards.remote.hub import HubRepository
from shards.targets import HubTarget, RemoteTarget, dataset_files, target_of
from shards.verify import verify
from tests.support.dataset import make_dataset
from tests.support.hub_server import HubServer
from tests.support.remote_places import gs_bucket

pytest.importorskip("huggingface_hub")
pytestmark = pytest.mark.filterwarnings("ignore:Use 'content=:DeprecationWarning")
"""huggingface_hub uploads files in a way that httpx calls deprecated."""
URL = "hf://datasets/user/kit"
README = {"README.md": b"# A repository"}


@pytest.fixture
def made(tmp_path: Path) -> Dataset:
    return make_dataset(tmp_path / "made")


@pytest.fixture
def hub() -> Iterator[HubServer]:
    with HubServer().running() as server:
        server.repositories["user/kit"] = dict(README)
        yield server


def uploads(hub: HubServer) -> int:
    return sum(request.startswith("PUT") for request in hub.requests)


@pytest.mark.parametrize("url", [URL, f"{URL}/a folder/ü"])
def test_a_copy_to_the_hub_is_one_commit(
    made: Dataset, hub: HubServer, tmp_path: Path, url: str
) -> None:
    copied = copy_dataset(made.path, url)
    assert len(hub.commits) == 1
    assert len(hub.commits[0]) == copied.files + 1
    assert hub.repositories["user/kit"].items() >= README.items()
    assert [*verify(url)] == []
    copy_dataset(url, tmp_path / "back")
    assert Dataset.open(tmp_path / "back").content_hash == made.content_hash


def test_a_copy_to_the_hub_again_commits_nothing(made: Dataset, hub: HubServer) -> None:
    copied = copy_dataset(made.path, URL)
    again = copy_dataset(made.path, URL)
    assert (again.files, again.present) == (0, copied.files)
    assert len(hub.commits) == 1


def test_a_copy_again_asks_for_the_size_of_each_file_once(made: Dataset, hub: HubServer) -> None:
    copied = copy_dataset(made.path, URL)
    hub.requests.clear()
    copy_dataset(made.path, URL)
    asked = [request for request in hub.requests if "/paths-info/" in request]
    assert len(asked) == copied.files + 1  # and for that of dataset.json


def test_a_file_of_another_size_on_the_hub_is_copied_again(made: Dataset, hub: HubServer) -> None:
    copy_dataset(made.path, URL)
    shard = made.description.shards[0].name
    whole = hub.repositories["user/kit"][shard]
    hub.repositories["user/kit"][shard] = whole[:-1]
    again = copy_dataset(made.path, URL)
    assert (again.files, len(hub.commits)) == (1, 2)
    assert hub.repositories["user/kit"][shard] == whole
    assert [*verify(URL)] == []


@pytest.mark.parametrize("ignored", ["000001.tar", "manifest.parquet", "mean.npy", DATASET])
def test_a_file_that_the_repository_ignores_is_named_and_nothing_is_committed(
    made: Dataset, hub: HubServer, ignored: str
) -> None:
    hub.ignored = {ignored}
    with pytest.raises(RemoteError, match=rf"\.gitignore .* ignores .*{re.escape(ignored)}"):
        copy_dataset(made.path, URL)
    assert hub.repositories["user/kit"] == README


def test_the_files_that_are_refused_are_those_that_the_library_leaves_out(
    hub: HubServer, tmp_path: Path
) -> None:
    from huggingface_hub import CommitOperationAdd, HfApi

    hub.ignored = {".tar", "b.json"}
    names = ["train/a.tar", "a.json", "b.json", "stats/b.json", "manifest.parquet"]
    additions = [CommitOperationAdd(name, name.encode()) for name in names]
    HfApi(endpoint=hub.url).create_commit(
        "user/kit", additions, commit_message="all", repo_type="dataset"
    )
    left_out = {*names} - {*hub.commits[-1]}
    refused = set()
    repository = HubRepository(URL, Limits())
    for name in names:
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(name.encode())
        try:
            repository.upload(name, path)
        except RemoteError:
            refused.add(name)
    assert refused == left_out == {"train/a.tar", "b.json", "stats/b.json"}
    with pytest.raises(RemoteError, match=r"ignores b\.json"):
        repository.commit("small", {f"{k}.json": b"{}" for k in range(300)} | {"b.json": b"{}"})
    assert len(hub.commits) == 1


def test_progress_bars_of_a_caller_are_off_only_during_uploads(
    made: Dataset, hub: HubServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    from huggingface_hub import HfApi, constants
    from huggingface_hub.utils.tqdm import are_progress_bars_disabled

    monkeypatch.setattr(constants, "HF_HUB_DISABLE_PROGRESS_BARS", None)
    during = []
    upload = HfApi.preupload_lfs_files

    def noted(*arguments: Any, **named: Any) -> None:
        during.append(are_progress_bars_disabled())
        upload(*arguments, **named)

    monkeypatch.setattr(HfApi, "preupload_lfs_files", noted)
    before = are_progress_bars_disabled()
    copy_dataset(made.path, URL)
    assert [*verify(URL)] == []
    copied = len(during)
    RemoteFolder(URL).write("preview/clips.parquet", b"of a card")
    assert len(during) > copied > 0
    assert all(during)
    assert are_progress_bars_disabled() == before


@pytest.mark.parametrize("refusing", ["/commit/", "/upload/", "/preupload/"])
def test_a_copy_that_stops_leaves_no_file_and_uploads_nothing_twice(
    made: Dataset, hub: HubServer, refusing: str
) -> None:
    hub.refusing = {refusing}
    with pytest.raises(RemoteError, match=f"{URL}.*the request failed.*403"):
        copy_dataset(made.path, RemoteFolder(URL, Limits(tries=1)))
    assert hub.repositories["user/kit"] == README
    hub.refusing = set()
    before = len(hub.uploaded)
    hub.requests.clear()
    copy_dataset(made.path, URL)
    assert uploads(hub) == len(hub.uploaded) - before
    assert [*verify(URL)] == []


@pytest.mark.parametrize("status", [409, 412])
def test_a_commit_that_another_one_overtook_is_made_again(
    made: Dataset, hub: HubServer, status: int
) -> None:
    hub.overtaken = [status]
    copy_dataset(made.path, URL)
    assert hub.overtaken == []
    assert len(hub.commits) == 1
    assert [*verify(URL)] == []


def test_a_bucket_of_the_hub_has_no_commits(hub: HubServer) -> None:
    assert isinstance(target_of(URL), HubTarget)
    assert isinstance(target_of("hf://buckets/user/kit"), RemoteTarget)
    assert not [request for request in hub.requests if "buckets" in request]


def test_another_dataset_on_the_hub_stays(made: Dataset, hub: HubServer) -> None:
    copy_dataset(made.path, URL)
    hub.repositories["user/kit"][DATASET] += b"\n"
    with pytest.raises(ShardError, match="another dataset"):
        copy_dataset(made.path, URL)
    assert len(hub.commits) == 1


def test_no_repository_and_a_wrong_token_are_one_sentence(made: Dataset, hub: HubServer) -> None:
    for url in ("hf://datasets/user/none", "hf://datasets/user"):
        with pytest.raises(ShardError, match="hf://datasets/user"):
            copy_dataset(made.path, url)
        with pytest.raises(ShardError, match="hf://datasets/user"):
            open_dataset(url)
    hub.token = "another"  # noqa: S105
    with pytest.raises(RemoteError, match="found no repository that may be read"):
        copy_dataset(made.path, URL)
    assert hub.repositories["user/kit"] == README


def test_a_range_from_the_hub_is_one_request_of_its_bytes(made: Dataset, hub: HubServer) -> None:
    copy_dataset(made.path, URL)
    folder, shard = RemoteFolder(URL), made.description.shards[0]
    hub.requests.clear()
    expected = (made.path / shard.name).read_bytes()[512:1536]
    assert folder.read_range(shard.name, 512, 1024) == expected
    assert sum("/resolve/" in request for request in hub.requests) == 1


def test_a_shard_replaced_on_the_hub_is_named(
    made: Dataset, hub: HubServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(BYTES_VARIABLE, "0")
    copy_dataset(made.path, URL)
    batches = iter(open_dataset(URL).frames("train", "points", 1))
    next(batches)
    files = hub.repositories["user/kit"]
    for shard in made.description.shards:
        files[shard.name] = bytes(shard.bytes)
    with pytest.raises(DatasetError, match="was replaced"):
        list(batches)


@pytest.mark.slow
def test_a_copy_to_google_cloud_storage_is_the_dataset(made: Dataset, tmp_path: Path) -> None:
    with gs_bucket() as (bucket, files):
        copied = copy_dataset(made.path, f"{bucket}/kit")
        assert copied.files == len(dataset_files(made.description))
        assert copy_dataset(made.path, f"{bucket}/kit").files == 0
        assert len(files.find(f"{bucket}/kit")) == copied.files + 1
        copy_dataset(f"{bucket}/kit", tmp_path / "back")
        assert Dataset.open(tmp_path / "back").content_hash == made.content_hash
        assert [*verify(f"{bucket}/kit")] == []
        with pytest.raises(RemoteError, match="a bucket or a repository to write to"):
            copy_dataset(made.path, "gs://no-such-bucket/kit")
