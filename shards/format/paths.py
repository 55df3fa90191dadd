"""Rules for the names of keys, splits, shards and files, and for paths in a dataset's folder.

A dataset may come from anyone, so the file names in it are matched against these patterns before
they are used as paths. Writers do not follow links out of the folder. Readers follow links to
files, because Hugging Face's cache, git-annex and DVC store files as links, and the dataset records
the size and hash of each file. Readers do not follow links to folders outside the dataset's folder.
"""

import os
import re
from pathlib import Path

from shards.errors import DatasetError, ShardError
from shards.remote.urls import is_url, without_secrets

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*")
"""Keys and splits. `webdataset` cuts keys at a dot and skips `__x__`: no dot, no leading `_`."""
SHARD_NAME = re.compile(rf"({NAME.pattern})/[0-9]{{6}}\.tar")
FILE_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]*(/[A-Za-z0-9][A-Za-z0-9_.-]*)*")

DATASET = "dataset.json"
MANIFEST = "manifest.parquet"
DROPS = "drops.parquet"
RECEIPTS = "receipts"
LOCK = f"{RECEIPTS}/lock"
RUN = f"{RECEIPTS}/run"
STATISTICS = "stats"
STATISTICS_FILE = re.compile(
    rf"({STATISTICS}/({NAME.pattern})/({NAME.pattern}))/"
    r"(?:mean\.npy|std\.npy|stats\.json|histograms\.json)"
)
TRAIN = "train"
"""The default split."""
RESERVED = (RECEIPTS, STATISTICS)
"""Folder names that are not allowed as split names."""
_LEADS_OUT = "a link leads out of the dataset's folder; expected a file in it"


def shard_name(split: str, number: int) -> str:
    """Return the name of a shard: its path relative to the dataset's folder.

    Raises `ShardError` for an invalid split or number.
    """
    name = f"{split}/{number:06d}.tar"
    if not SHARD_NAME.fullmatch(name) or split in RESERVED:
        raise ShardError(
            f"shard {number} of the split {split!r} cannot be named; expected a number below a "
            f"million, and a split of letters, digits, - and _ other than {' or '.join(RESERVED)}"
        )
    return name


def split_of(name: str) -> str:
    """Return the split in a shard's name; raise `DatasetError` for an invalid name."""
    match = SHARD_NAME.fullmatch(name)
    if match is None or match[1] in RESERVED:
        raise DatasetError(
            DATASET, f"{name!r} is not the name of a shard, such as train/000000.tar"
        )
    return match[1]


def number_of(name: str) -> int:
    """Return the number of a shard in its split, from its name."""
    return int(name.removeprefix(f"{split_of(name)}/").removesuffix(".tar"))


def inside(root: Path, name: str) -> Path:
    """Return the path of a file to write in a dataset's folder.

    Raises `DatasetError` for names and links that lead out of the dataset's folder.
    """
    path = _named(root, name)
    if not path.resolve().is_relative_to(root.resolve()):
        raise DatasetError(name, _LEADS_OUT)
    return path


def refuse_url(path: str | os.PathLike[str]) -> None:
    """Raise `ShardError` for a URL, which `Path` would treat as folders such as `s3:`."""
    if is_url(path):
        raise ShardError(
            f"{without_secrets(os.fspath(path))}: expected a path on this machine, found a URL; "
            "URLs are not supported here: copy the data to a local disk (motiondata copy copies "
            "datasets), or mount the storage and pass the mounted folder"
        )


def existing(root: Path, name: str) -> Path:
    """Return the path of a file to read: a regular file, or a link to a regular file anywhere.

    Raises `DatasetError` for a file that is missing or not a regular file.
    """
    path = _named(root, name)
    if not path.parent.resolve().is_relative_to(root.resolve()):
        raise DatasetError(name, _LEADS_OUT)
    if not path.is_file():
        raise DatasetError(name, f"expected a file, found {_found(path)}")
    return path


def check_name(root: str, name: str) -> str:
    """Return the name of a file in a dataset; raise `DatasetError` for an invalid one."""
    if not FILE_NAME.fullmatch(name):
        raise DatasetError(root, f"{name!r} is not a valid name of a file in a dataset")
    return name


def _named(root: Path, name: str) -> Path:
    return root / check_name(str(root), name)


def _found(path: Path) -> str:
    """Describe what was found in place of a file, and what to do."""
    if path.exists():
        return "something other than a file; build or copy it again"
    if path.is_symlink():
        target = str(path.readlink())
        return f"a link to {target!r}, which does not exist; download the file's content"
    return "nothing; build or copy it again"
