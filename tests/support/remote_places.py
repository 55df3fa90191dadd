"""A dataset at a URL of each kind: in memory, and on servers on the loopback interface.

The servers speak plain HTTP, S3 (moto's), Google Cloud Storage (gcp-storage-emulator's), and what
the Hugging Face Hub speaks.
"""

import os
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest

from tests.support.hub_server import HubServer
from tests.support.range_server import RangeServer

os.environ.setdefault("GCSFS_EXPERIMENTAL_ZB_HNS_SUPPORT", "false")
"""gcsfs reads it when it is imported: it asks for the kind of a bucket with gRPC and TLS otherwise,
which no emulator speaks."""


@contextmanager
def in_memory(folder: Path) -> Iterator[str]:
    """Yield the URL of a copy of a folder in memory."""
    import fsspec

    files = fsspec.filesystem("memory")
    for path in _files(folder):
        files.pipe_file(f"/{folder.name}/{path.relative_to(folder).as_posix()}", path.read_bytes())
    yield f"memory://{folder.name}"
    files.rm(f"/{folder.name}", recursive=True)


@contextmanager
def on_http(folder: Path) -> Iterator[str]:
    """Yield the URL of a folder on an HTTP server."""
    pytest.importorskip("aiohttp")
    with RangeServer(folder).running() as server:
        yield server.url


@contextmanager
def on_s3(folder: Path) -> Iterator[str]:
    """Yield the URL of a copy of a folder on an S3 server."""
    with s3_bucket() as (bucket, files):
        for path in _files(folder):
            name = path.relative_to(folder).as_posix()
            files.pipe_file(f"{bucket}/{folder.name}/{name}", path.read_bytes())
        yield f"{bucket}/{folder.name}"


@contextmanager
def s3_bucket() -> Iterator[tuple[str, Any]]:
    """Yield the URL of an empty bucket and its file system; started processes can read it too."""
    pytest.importorskip("s3fs")
    settings = {
        "AWS_ENDPOINT_URL": f"http://127.0.0.1:{_s3_port()}",
        "AWS_ACCESS_KEY_ID": "testing",
        "AWS_SECRET_ACCESS_KEY": "secret-of-the-tests",
        "AWS_DEFAULT_REGION": "us-east-1",
    }
    with patch.dict(os.environ, settings):
        import fsspec

        files, _ = fsspec.core.url_to_fs("s3://datasets", use_listings_cache=False)
        files.mkdir("datasets")
        yield "s3://datasets", files
        files.rm("datasets", recursive=True)


@cache
def _s3_port() -> int:
    """Start an S3 server that lives as long as the process, and return its port."""
    server = pytest.importorskip("moto.server").ThreadedMotoServer(port=0, verbose=False)
    server.start()
    port: int = server.get_host_and_port()[1]
    return port


@contextmanager
def gs_bucket() -> Iterator[tuple[str, Any]]:
    """Yield the URL of an empty bucket of Google Cloud Storage and its file system."""
    _imported("gcsfs")
    emulator = _imported("gcp_storage_emulator.server")
    made = emulator.create_server("127.0.0.1", 0, in_memory=True, default_bucket="datasets")
    with made as server, patch.dict(os.environ):
        port = server._api._httpd.server_port  # nothing public tells it
        os.environ["STORAGE_EMULATOR_HOST"] = f"http://127.0.0.1:{port}"
        import fsspec

        anonymous = {"gs": {"token": "anon"}, "gcs": {"token": "anon"}}
        with patch.dict(fsspec.config.conf, anonymous):
            files, _ = fsspec.core.url_to_fs("gs://datasets", skip_instance_cache=True)
            yield "gs://datasets", files


@contextmanager
def on_gs(folder: Path) -> Iterator[str]:
    """Yield the URL of a copy of a folder on a server of Google Cloud Storage."""
    with gs_bucket() as (bucket, files):
        for path in _files(folder):
            name = path.relative_to(folder).as_posix()
            files.pipe_file(f"{bucket}/{folder.name}/{name}", path.read_bytes())
        yield f"{bucket}/{folder.name}"


@contextmanager
def on_hub(folder: Path) -> Iterator[str]:
    """Yield the URL of a copy of a folder in a repository of the Hugging Face Hub."""
    pytest.importorskip("huggingface_hub")
    with HubServer().running() as server:
        files = {path.relative_to(folder).as_posix(): path.read_bytes() for path in _files(folder)}
        server.repositories["user/kit"] = files
        yield "hf://datasets/user/kit"


def _imported(module: str) -> Any:
    """Return a module; without it, a test is skipped, and fails where all packages are expected."""
    if os.environ.get("CI"):
        return import_module(module)
    return pytest.importorskip(module)


PLACES: dict[str, Callable[[Path], AbstractContextManager[str]]] = {
    "memory": in_memory,
    "http": on_http,
    "s3": on_s3,
    "gs": on_gs,
    "hf": on_hub,
}


def _files(folder: Path) -> Iterator[Path]:
    yield from (path for path in folder.rglob("*") if path.is_file())
