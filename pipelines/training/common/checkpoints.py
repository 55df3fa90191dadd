"""Checkpoints: one file each, whole or absent, that says first what kind of checkpoint it is.

A file ends with the hash of all that comes before. It is checked before anything is loaded: the
archives that PyTorch writes have sums of their own, which PyTorch does not check. Nothing is
unpickled but tensors and plain containers, so that a checkpoint from anyone is data.
"""

import os
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from pickle import UnpicklingError
from typing import IO, Any, BinaryIO, cast
from zipfile import BadZipFile, ZipFile

import torch

from motiondata.errors import InputError
from shards.format.hashing import BLOCK_BYTES, DIGEST, new_hash
from shards.format.publishing import publishing

FORMAT = "motiondata-checkpoint"
FORMAT_VERSION = 2
COMMANDS = {"captioner": "train-captioner", "encoder": "align"}
"""The kinds of checkpoints, and the commands that write them."""
MALFORMED = (
    ArithmeticError,
    AttributeError,
    EOFError,
    LookupError,
    MemoryError,
    RuntimeError,
    TypeError,
    ValueError,
)
"""What contents raise that no command of this program has written."""

_SEAL = re.compile(rf"\nblake3 ({DIGEST.pattern})\n".encode())
_SEAL_BYTES = len("\nblake3 ") + 64 + len("\n")
"""What a file ends with; readers of zip archives allow bytes behind the archive."""


def write_checkpoint(path: Path, kind: str, state: Mapping[str, Any]) -> None:
    """Publish a checkpoint: tensors, numbers and texts in dictionaries and lists."""
    head = {"format": FORMAT, "version": FORMAT_VERSION, "kind": kind}
    with publishing(path) as file:
        hashing = _Hashing(file)
        torch.save({**head, **state}, cast("IO[bytes]", hashing))
        file.write(f"\nblake3 {hashing.digest.hexdigest()}\n".encode())


def read_checkpoint(path: Path, kind: str) -> dict[str, Any]:
    """Return what a checkpoint of a kind holds, on the CPU; raise `InputError` for other files."""
    if not path.is_file():
        found = "a folder" if path.is_dir() else "nothing of that name"
        raise InputError(f"{path}: expected a checkpoint's file, found {found}")
    _check_hash(path)
    state = _load(path)
    if not isinstance(state, dict) or state.get("format") != FORMAT:
        raise InputError(f"{path}: {_expected(kind)}, found another program's file")
    if state.get("version") != FORMAT_VERSION:
        raise InputError(
            f"{path}: expected version {FORMAT_VERSION} of a checkpoint, found "
            f"{state.get('version')}"
        )
    if state.get("kind") != kind:
        raise InputError(f"{path}: {_expected(kind)}, found one of {_name(state.get('kind'))}")
    return state


@contextmanager
def reading_contents(path: Path, kind: str) -> Iterator[None]:
    """Turn what the contents of a checkpoint raise in the block into `InputError`.

    They are checked where they are used; a file with a right hash may still be another program's.
    """
    try:
        yield
    except MALFORMED as error:
        first = str(error).strip().partition("\n")[0]
        raise InputError(
            f"{path}: its contents are not those of {_name(kind)} ({type(error).__name__}: "
            f"{first:.200}); expected what motiondata {COMMANDS[kind]} wrote"
        ) from error


class _Hashing:
    """A file that hashes what is written; PyTorch needs no more of a file."""

    def __init__(self, file: BinaryIO) -> None:
        self.digest = new_hash()
        self._file = file

    def write(self, data: bytes) -> int:
        self.digest.update(data)
        return self._file.write(data)

    def flush(self) -> None:
        self._file.flush()


def _check_hash(path: Path) -> None:
    """Raise `InputError` unless a file ends with the hash of what comes before."""
    with path.open("rb") as file:
        size = max(0, file.seek(0, os.SEEK_END) - _SEAL_BYTES)
        file.seek(size)
        seal = _SEAL.fullmatch(file.read())
        if seal is None:
            raise _damaged(path, "it does not end with a hash")
        file.seek(0)
        if _hash_of_first(file, size) != seal[1].decode():
            raise _damaged(path, "its hash is not that of its bytes")


def _hash_of_first(file: BinaryIO, size: int) -> str:
    digest = new_hash()
    while size and (block := file.read(min(size, BLOCK_BYTES))):
        digest.update(block)
        size -= len(block)
    return digest.hexdigest()


def _load(path: Path) -> Any:
    try:
        with ZipFile(path):  # or torch would look for the formats of its first versions
            return torch.load(path, map_location="cpu", weights_only=True)
    except (*MALFORMED, UnpicklingError, BadZipFile) as error:
        raise _damaged(path, "it holds no tensors and plain values") from error


def _damaged(path: Path, found: str) -> InputError:
    return InputError(
        f"{path}: is no checkpoint, or a damaged one, or one of an older version: {found}; "
        f"expected a file that motiondata {' or '.join(COMMANDS.values())} wrote. Copy it again, "
        "or train again"
    )


def _expected(kind: str) -> str:
    return f"expected a checkpoint of {_name(kind)} (motiondata {COMMANDS[kind]})"


def _name(kind: Any) -> str:
    return f"{'an' if str(kind)[:1] in 'aeiou' else 'a'} {kind!s:.40}"
