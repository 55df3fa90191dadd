"""The command line of a training, which its folder keeps for `motiondata recipe`.

The options are in a JSON file, not only in the checkpoint, so that they are read without PyTorch,
and before the first checkpoint. This module does not import PyTorch either.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from motiondata import __version__
from motiondata.errors import InputError
from pipelines.engine.reports import Report, to_plain
from pipelines.engine.toml_options import option_lines
from shards.format.publishing import publish

OPTIONS_FILE = "options.json"


@dataclass(frozen=True)
class CommandLine:
    """The command of a training and its options."""

    command: str
    options: Mapping[str, Any]
    """Options by name, as `--recipe` reads them, without files and folders."""
    files: tuple[str, ...]
    """Names of the options that named a file or a folder."""


@dataclass(frozen=True)
class TrainingRecipe(Report):
    """The options of a training."""

    training: Path
    command: str
    content_hash: str
    """Hash of the dataset that was trained on."""
    software: str
    """The program and its version that trained."""
    options: Mapping[str, Any]
    """Options by name, without files and folders."""
    files: tuple[str, ...]
    """Names of the options that named a file or a folder."""

    def lines(self) -> list[str]:
        """Return the lines of a TOML file that `--recipe` reads."""
        named = ", ".join(f"--{name.replace('_', '-')}" for name in self.files)
        return [
            f"# The options of {self.command} on the dataset {self.content_hash},",
            f"# with {self.software}. Name the dataset and --out on the command line.",
            *([f"# Files and folders are not recorded: name those of {named} too."] * bool(named)),
            *option_lines(self.command, self.options),
        ]


def record_command_line(out: Path, given: CommandLine | None, identity: Mapping[str, Any]) -> None:
    """Write the command line of a training into its folder, or remove that of an earlier run.

    A training that Python started has no command line. `identity` is that of the task, with the
    hash of the dataset.
    """
    if given is None:
        (out / OPTIONS_FILE).unlink(missing_ok=True)
        return
    made_by = {"software": f"motiondata {__version__}", "content_hash": identity["dataset"]}
    document = {**made_by, **to_plain(given)}
    publish(out / OPTIONS_FILE, json.dumps(document, indent=1).encode() + b"\n")


def training_recipe(training: Path) -> TrainingRecipe:
    """Return the recipe of a training; raise `InputError` if its folder does not have it."""
    path = training / OPTIONS_FILE
    if not path.is_file():
        raise InputError(
            f"{path}: expected the options of a training, found no file; run the command of the "
            "training again to write it. Trainings that Python starts do not have it"
        )
    try:
        values = json.loads(path.read_bytes())
        texts = {name: str(values[name]) for name in ("command", "content_hash", "software")}
        files = tuple(map(str, values["files"]))
        return TrainingRecipe(training, **texts, options=dict(values["options"]), files=files)
    except (ValueError, LookupError, TypeError, RecursionError) as error:
        raise InputError(
            f"{path}: expected the options of a training, found other contents ({error!r:.80}); "
            "run the command of the training again to write it"
        ) from error
