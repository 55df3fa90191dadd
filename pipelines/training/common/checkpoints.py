"""Checkpoints: one file each, written atomically, that states its kind of checkpoint.

A file ends with the hash of all preceding bytes. The hash is checked before anything is loaded: the
archives that PyTorch writes have checksums, but PyTorch does not check them. Only tensors and plain
containers are unpickled, so that a checkpoint from any source is data and runs no code.
"""

import os
import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from copy import copy
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
COMMANDS = {
    "captioner": "train-captioner",
    "encoder": "align",
    "matcher": "train-matcher",
    "pair matcher": "train-pair-matcher",
    "pose editor": "train-pose-editor",
    "language model": "train-language",
    "text vectors": "align",
    "tokenizer": "train-tokenizer",
}
"""Kinds of checkpoints and the commands that write them."""
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
"""Errors raised by contents that no command of this program has written."""

_HASH_LINE = re.compile(rf"\nblake3 ({DIGEST.pattern})\n".encode())
_HASH_LINE_BYTES = len("\nblake3 ") + 64 + len("\n")
"""Size of the hash line at the end of a file; readers of zip archives allow bytes after the
archive."""


def write_checkpoint(path: Path, kind: str, state: Mapping[str, Any]) -> None:
    """Write a checkpoint atomically: tensors, numbers and texts in dictionaries and lists."""
    head = {"format": FORMAT, "version": FORMAT_VERSION, "kind": kind}
    with publishing(path) as file:
        hashing = _Hashing(file)
        torch.save(_unshared({**head, **state}), cast("IO[bytes]", hashing))
        file.write(f"\nblake3 {hashing.digest.hexdigest()}\n".encode())


def read_checkpoint(path: Path, *kinds: str) -> dict[str, Any]:
    """Return the contents of a checkpoint of one of the kinds, on the CPU; `kind` is its kind.

    Raises `InputError` for a missing or damaged file and for another kind or version.
    """
    if not path.is_file():
        found = "a folder" if path.is_dir() else "no such file"
        raise InputError(f"{path}: expected a checkpoint file, found {found}")
    _check_hash(path)
    state = _load(path)
    if not isinstance(state, dict) or state.get("format") != FORMAT:
        raise InputError(f"{path}: {_expected(kinds)}, found a file of another program")
    if state.get("version") != FORMAT_VERSION:
        raise InputError(
            f"{path}: expected version {FORMAT_VERSION} of a checkpoint, found "
            f"{state.get('version')}"
        )
    if state.get("kind") not in kinds:
        raise InputError(
            f"{path}: {_expected(kinds)}, found a checkpoint of {_name(state.get('kind'))}"
        )
    return state


@contextmanager
def reading_contents(path: Path, kind: str) -> Iterator[None]:
    """Convert errors that the contents of a checkpoint cause in the block to `InputError`.

    Contents are checked where they are used: a file with a correct hash may come from another
    program.
    """
    try:
        yield
    except MALFORMED as error:
        first = str(error).strip().partition("\n")[0]
        raise InputError(
            f"{path}: its contents are not those of {_name(kind)} ({type(error).__name__}: "
            f"{first:.200}); expected a file written by motiondata {COMMANDS[kind]}"
        ) from error


def _unshared(value: Any) -> Any:
    """Return a value whose containers are all new, and whose equal texts are one object.

    A pickle writes an object once and refers to it later. The state of a resumed training shares
    other objects than that of a training that was not stopped, and the bytes must be the same.
    """
    if isinstance(value, dict):
        fresh = copy(value)  # keeps the versions of modules, an attribute of their states
        fresh.clear()
        fresh.update((_unshared(name), _unshared(each)) for name, each in value.items())
        return fresh
    if type(value) in (list, tuple):
        return type(value)(map(_unshared, value))
    return sys.intern(value) if type(value) is str else value


class _Hashing:
    """A writable file that hashes what is written, with the methods that `torch.save` needs."""

    def __init__(self, file: BinaryIO) -> None:
        self.digest = new_hash()
        self._file = file

    def write(self, data: bytes) -> int:
        self.digest.update(data)
        return self._file.write(data)

    def flush(self) -> None:
        self._file.flush()


def _check_hash(path: Path) -> None:
    """Raise `InputError` unless a file ends with the hash of all preceding bytes."""
    with path.open("rb") as file:
        size = max(0, file.seek(0, os.SEEK_END) - _HASH_LINE_BYTES)
        file.seek(size)
        hash_line = _HASH_LINE.fullmatch(file.read())
        if hash_line is None:
            raise _damaged(path, "it does not end with a hash")
        file.seek(0)
        if _hash_of_first(file, size) != hash_line[1].decode():
            raise _damaged(path, "its hash does not match its bytes")


def _hash_of_first(file: BinaryIO, size: int) -> str:
    digest = new_hash()
    while size and (block := file.read(min(size, BLOCK_BYTES))):
        digest.update(block)
        size -= len(block)
    return digest.hexdigest()


def _load(path: Path) -> Any:
    try:
        with ZipFile(path):  # torch.load would try its legacy formats otherwise
            return torch.load(path, map_location="cpu", weights_only=True)
    except (*MALFORMED, UnpicklingError, BadZipFile) as error:
        raise _damaged(path, "it does not contain only tensors and plain values") from error


def _damaged(path: Path, found: str) -> InputError:
    commands = " or ".join(dict.fromkeys(COMMANDS.values()))
    return InputError(
        f"{path}: not a valid checkpoint: {found}; expected a file written by motiondata "
        f"{commands}. It may be damaged, or of an older version: copy it "
        "again, or train again"
    )


def _expected(kinds: Sequence[str]) -> str:
    named = (f"{_name(kind)} (motiondata {COMMANDS[kind]})" for kind in kinds)
    return f"expected a checkpoint of {' or '.join(named)}"


def _name(kind: Any) -> str:
    return f"{'an' if str(kind)[:1] in 'aeiou' else 'a'} {kind!s:.40}"
