"""A build that publishes leaves the same dataset at its place, or none."""

from dataclasses import replace
from pathlib import Path

import fsspec
import pytest

from motiondata.errors import InputError
from pipelines.engine.errors import AbortedError
from pipelines.engine.execution import Execution
from pipelines.products.lidar.build import build_lidar
from shards.errors import DatasetError
from shards.format.dataset import Dataset
from shards.format.paths import DATASET
from shards.remote.folder import RemoteFolder
from shards.targets import dataset_files
from shards.verify import verify
from tests.support.archive import MadeArchive
from tests.support.hub_server import LARGE, HubServer

ALONE = Execution(workers=0)


def test_a_published_build_is_the_dataset(archive: MadeArchive, tmp_path: Path) -> None:
    execution = replace(ALONE, publish="memory://published")
    build_lidar(archive.options(), tmp_path / "out", execution)
    folder = RemoteFolder("memory://published")
    assert folder.read(DATASET) == (tmp_path / "out" / DATASET).read_bytes()
    assert [*verify(folder)] == []
    assert not [name for name in folder.names() or () if name.startswith("receipts")]
    build_lidar(archive.options(), tmp_path / "out", execution)  # is there, and stays
    assert [*verify(folder)] == []


@pytest.mark.filterwarnings("ignore:Use 'content=:DeprecationWarning")
def test_a_build_published_on_the_hub_is_one_commit(archive: MadeArchive, tmp_path: Path) -> None:
    pytest.importorskip("huggingface_hub")
    with HubServer().running() as hub:
        hub.repositories["user/kit"] = {}
        execution = replace(ALONE, publish="hf://datasets/user/kit")
        build_lidar(archive.options(), tmp_path / "out", execution)
        assert len(hub.commits) == 1
        assert [*verify("hf://datasets/user/kit")] == []
        sent = [request for request in hub.requests if request.startswith("PUT")]
        assert len(sent) == len({*sent})  # nothing was uploaded twice
        asked = [request for request in hub.requests if "/preupload/" in request]
        files = dataset_files(Dataset.open(tmp_path / "out").description)
        large = [file for file in files if file.name.endswith(LARGE)]
        # each once, with dataset.json; large ones by the library too, and those of the commit
        assert len(asked) == len(files) + 1 + len(large) + 1


def test_another_dataset_at_the_place_is_refused_before_anything_is_built(
    archive: MadeArchive, tmp_path: Path
) -> None:
    RemoteFolder("memory://taken").write(DATASET, b"{}")
    with pytest.raises(InputError, match="another dataset"):
        build_lidar(archive.options(), tmp_path / "out", replace(ALONE, publish="memory://taken"))
    assert not (tmp_path / "out").exists()


def test_a_build_whose_copy_fails_is_complete_and_is_published_by_the_same_command(
    archive: MadeArchive, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    execution, out = replace(ALONE, publish="memory://failing"), tmp_path / "out"
    memory = type(fsspec.filesystem("memory"))
    with monkeypatch.context() as broken:
        broken.setattr(memory, "put_file", _refuse)
        with pytest.raises(AbortedError, match="is complete, but was not published"):
            build_lidar(archive.options(), out, execution)
    assert [*verify(out)] == []
    with pytest.raises(DatasetError, match="not a finished dataset"):
        Dataset.open("memory://failing")
    build_lidar(archive.options(), out, execution)
    assert Dataset.open("memory://failing").content_hash == Dataset.open(out).content_hash


def _refuse(*_: object, **__: object) -> None:
    raise PermissionError("no writing here")
