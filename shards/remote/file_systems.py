"""The file systems of `fsspec` by kind of URL, and what each kind needs.

This is the only module that imports `fsspec`. A file system belongs to the process that made it.
"""

from functools import cache
from inspect import signature
from typing import Any

from shards.optional import install_command
from shards.remote.failures import RemoteError, sentence
from shards.remote.urls import without_secrets

OTHER_PACKAGES = {"gs": "gcsfs", "gcs": "gcsfs", "hf": "huggingface_hub"}
"""The packages that are in no extra, by the kind of URL that they read."""
IN_EXTRA = ("s3", "s3a", "http", "https", "memory")
"""The kinds of URLs that the packages of the extra `remote` read."""
WITHOUT_LISTS = frozenset({"http", "https"})
"""The kinds of URLs whose servers have no lists of files."""
HUB = "hf"
S3 = ("s3", "s3a")


def file_system(url: str) -> tuple[Any, str]:
    """Return the file system of a URL and the path in it."""
    try:
        from fsspec.core import url_to_fs

        named = {"use_listings_cache": False, "skip_instance_cache": True, **_settings(url)}
        files, root = url_to_fs(url, **named)
    except ImportError as error:
        raise RemoteError(
            f"{without_secrets(url)}: a package that reads this kind of URL is not installed "
            f"({error.msg}){_what_installs(url, error)}"
        ) from None
    except Exception as error:  # noqa: BLE001  each library of a server raises its own
        raise RemoteError(sentence(url, error, 1)) from None
    return files, str(root).rstrip("/")


def kinds(files: Any) -> frozenset[str]:
    """Return the kinds of URLs that a file system reads."""
    return frozenset([files.protocol] if isinstance(files.protocol, str) else files.protocol)


def range_options(files: Any, stop: int) -> dict[str, Any]:
    """Return what a request for bytes up to `stop` is given, so that it is one request of these.

    The file system of Hugging Face would ask for the file's size, and fetch 5 MiB more.
    """
    return {"cache_type": "none", "size": stop} if HUB in kinds(files) else {}


def state_options(files: Any) -> dict[str, Any]:
    """Return what a request for a file's state is given, so that it is not of an earlier answer."""
    return {"refresh": True, "expand_info": True} if HUB in kinds(files) else {}


def _settings(url: str) -> dict[str, Any]:
    """Return what a file system is made with, besides the settings of `fsspec`."""
    if _kind(url) not in S3 or _names_a_session():
        return {}
    return {"session": _s3_session()}


def _names_a_session() -> bool:
    """Tell whether the settings of `fsspec` have some of a session of S3, such as its profile.

    Its file system hands what it does not know itself to a session that it makes.
    """
    from fsspec.config import conf
    from s3fs import S3FileSystem

    named = {name for kind in S3 for name in conf.get(kind, {})}
    return "session" in named or not named <= {*signature(S3FileSystem.__init__).parameters}


def _s3_session() -> Any:
    """Return a new session for S3, which reads the descriptions of AWS once per process.

    Each session would read 0.1 s of JSON otherwise. It has its own credentials.
    """
    from aiobotocore.session import AioSession

    session = AioSession()
    descriptions = _aws_descriptions(session.get_config_variable("data_path"))
    session.register_component("data_loader", descriptions)
    return session


@cache
def _aws_descriptions(path: str | None) -> Any:
    from botocore.loaders import create_loader

    return create_loader(path)


def _kind(url: str) -> str:
    return url.split(":")[0]


def _what_installs(url: str, error: ImportError) -> str:
    """Return the command that installs what reads a URL; nothing if only the error names it."""
    kind = _kind(url)
    if error.name == "fsspec" or kind in IN_EXTRA:
        return f"; run {install_command('remote')}"
    return f"; run pip install {OTHER_PACKAGES[kind]}" if kind in OTHER_PACKAGES else ""
