"""Names of keys, splits, shards and files, and where in a dataset's folder they may lead.

A dataset may come from anyone: what its files call each other is matched against these patterns
before it touches the file system. Writers follow no link out of the folder. Readers follow links
to files, as Hugging Face's cache, git-annex and DVC store them: what a reader opens has a size and
a hash that the dataset records. No reader follows a link to a folder out of the dataset's.
"""

import os
import re
from pathlib import Path

from shards.errors import DatasetError, ShardError

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*")
"""Keys and splits: no dot, where `webdataset` cuts keys, and no leading `_`: it skips `__x__`."""
SHARD_NAME = re.compile(rf"({NAME.pattern})/[0-9]{{6}}\.tar")
FILE_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]*(/[A-Za-z0-9][A-Za-z0-9_.-]*)*")

URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+:/")
"""How a URL begins (RFC 3986), also one whose second slash `Path` has removed."""

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
"""The split that is meant where none is named."""
RESERVED = (RECEIPTS, STATISTICS)
"""Folders that no split may be called after."""
_LEADS_OUT = "a link leads out of the dataset's folder; expected a file in it"


def shard_name(split: str, number: int) -> str:
    """Return the name of a split's shard: its path in the dataset's folder."""
    name = f"{split}/{number:06d}.tar"
    if not SHARD_NAME.fullmatch(name) or split in RESERVED:
        raise ShardError(
            f"shard {number} of the split {split!r} has no name; expected a number below a million "
            f"and letters, digits, - and _ only, not {' or '.join(RESERVED)}"
        )
    return name


def split_of(name: str) -> str:
    """Return the split that a shard's name says it belongs to."""
    match = SHARD_NAME.fullmatch(name)
    if match is None or match[1] in RESERVED:
        raise DatasetError(DATASET, f"{name!r} is no name of a shard; expected train/000000.tar")
    return match[1]


def number_of(name: str) -> int:
    """Return the number that a shard's name gives it in its split."""
    return int(name.removeprefix(f"{split_of(name)}/").removesuffix(".tar"))


def inside(root: Path, name: str) -> Path:
    """Return the path of a dataset's file to be written.

    Raises `DatasetError` for names and links that lead out of the dataset's folder.
    """
    path = _named(root, name)
    if not path.resolve().is_relative_to(root.resolve()):
        raise DatasetError(name, _LEADS_OUT)
    return path


def refuse_url(path: str | os.PathLike[str]) -> None:
    """Raise `ShardError` for a URL, which would be taken for a path of folders such as `s3:`."""
    if URL.match(os.fspath(path)):
        raise ShardError(
            f"{path}: expected a path of this machine, found a URL; URLs are not supported: copy "
            "the data to a local disk, or mount the storage and name the mounted folder"
        )


def existing(root: Path, name: str) -> Path:
    """Return the path of a dataset's file to be read: a plain file, or a link to one anywhere.

    Raises `DatasetError` for a file that is missing or no plain file.
    """
    path = _named(root, name)
    if not path.parent.resolve().is_relative_to(root.resolve()):
        raise DatasetError(name, _LEADS_OUT)
    if not path.is_file():
        raise DatasetError(name, f"expected a file, found {_found(path)}")
    return path


def _named(root: Path, name: str) -> Path:
    if not FILE_NAME.fullmatch(name):
        raise DatasetError(str(root), f"{name!r} is no name of a file in a dataset's folder")
    return root / name


def _found(path: Path) -> str:
    """Say what lies where a file is expected, and what to do."""
    if path.exists():
        return "something else than a file; build or copy it again"
    if path.is_symlink():
        target = str(path.readlink())
        return f"a link to {target!r}, which does not exist; download the file's content"
    return "nothing; build or copy it again"
