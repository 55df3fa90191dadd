"""Checkpoints: one file each, whole or absent, that says first what kind of checkpoint it is.

They are read without unpickling anything but tensors and plain containers, so that a checkpoint
from anyone is data.
"""

from collections.abc import Mapping
from pathlib import Path
from pickle import UnpicklingError
from typing import Any
from zipfile import BadZipFile, ZipFile

import torch

from motiondata.errors import InputError
from shards.publishing import publishing

FORMAT = "motiondata-checkpoint"
FORMAT_VERSION = 1
COMMANDS = {"captioner": "train-captioner", "encoder": "align"}
"""The kinds of checkpoints, and the commands that write them."""


def write_checkpoint(path: Path, kind: str, state: Mapping[str, Any]) -> None:
    """Publish a checkpoint: tensors, numbers and texts in dictionaries and lists."""
    head = {"format": FORMAT, "version": FORMAT_VERSION, "kind": kind}
    with publishing(path) as file:
        torch.save({**head, **state}, file)


def read_checkpoint(path: Path, kind: str) -> dict[str, Any]:
    """Return what a checkpoint of a kind holds, on the CPU; raise `InputError` for other files."""
    state = _load(path)
    if not isinstance(state, dict) or state.get("format") != FORMAT:
        raise InputError(f"{path}: {_expected(kind)}, found another program's file")
    if state["version"] != FORMAT_VERSION:
        raise InputError(
            f"{path}: expected version {FORMAT_VERSION} of a checkpoint, found {state['version']}"
        )
    if state["kind"] != kind:
        raise InputError(f"{path}: {_expected(kind)}, found one of {_name(state['kind'])}")
    return state


def _load(path: Path) -> Any:
    if not path.is_file():
        found = "a folder" if path.is_dir() else "nothing of that name"
        raise InputError(f"{path}: expected a checkpoint's file, found {found}")
    try:
        with ZipFile(path):  # or torch would look for the formats of its first versions
            return torch.load(path, map_location="cpu", weights_only=True)
    except (RuntimeError, UnpicklingError, EOFError, ValueError, KeyError, BadZipFile) as error:
        raise InputError(
            f"{path}: is no checkpoint, or a damaged one; expected a file that motiondata "
            f"{' or '.join(COMMANDS.values())} wrote"
        ) from error


def _expected(kind: str) -> str:
    return f"expected a checkpoint of {_name(kind)} (motiondata {COMMANDS[kind]})"


def _name(kind: str) -> str:
    return f"{'an' if kind[:1] in 'aeiou' else 'a'} {kind}"
