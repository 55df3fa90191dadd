"""Commands that write motion with a language model of motion.

Nothing heavy is imported before a command runs, so that help appears at once.
"""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import click

from commands.options import Decorator, execution_options, options_of, take, take_fields
from commands.parameters import FILE, FOLDER
from commands.printing import json_option, show, show_build
from commands.training_options import dataset_argument, dataset_folder_option, device_option
from pipelines.engine.execution import Execution
from pipelines.training.language.writing_options import (
    GapOptions,
    GenerateOptions,
    MotionDecoding,
    PredictOptions,
    SplitOptions,
    WritingOptions,
)

if TYPE_CHECKING:
    from shards.format.places import Place


def writing_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options of a language model that writes motion; `take_writing` reads them."""
    files = options_of(
        WritingOptions,
        skip=("decoding", "device"),
        types={"checkpoint": FILE, "tokenizer": FILE, "matcher": FILE},
    )
    return files(options_of(MotionDecoding)(command))


def motion_options(options: type) -> Decorator:
    """Add the options of commands that write single motions with a language model."""
    decorators: list[Decorator] = [
        click.option("--out", type=FOLDER, required=True, help="Folder of the motion to write."),
        options_of(options),
        writing_options,
        device_option,
        json_option,
    ]

    def add(command: Callable[..., Any]) -> Callable[..., Any]:
        for decorate in reversed(decorators):
            command = decorate(command)
        return command

    return add


def take_writing(parameters: dict[str, Any]) -> WritingOptions:
    """Remove the options of writing motion from those of a command, and return them."""
    decoding = take(MotionDecoding, parameters)
    return WritingOptions(decoding=decoding, **take_fields(WritingOptions, parameters))


key_argument = click.argument("key")


@click.command()
@click.argument("texts", metavar="TEXT...", nargs=-1, required=True)
@motion_options(GenerateOptions)
def generate(texts: tuple[str, ...], out: Path, as_json: bool, **parameters: Any) -> None:
    """Write a motion of each TEXT.

    OUT has vectors, joints, and recordings of a fitted body, which build-lidar and other commands
    read, and motions.jsonl, a list with the tokens.
    """
    from pipelines.training.language import write_motion

    writing = take_writing(parameters)
    options = GenerateOptions(**parameters)
    show(write_motion.generate(texts, out, writing, options, sys.stderr), as_json)


@click.command("generate-split", context_settings={"show_default": True})
@dataset_argument
@dataset_folder_option
@options_of(SplitOptions)
@writing_options
@execution_options(skip=("allow_empty",))
@json_option
def generate_split(dataset: "Place", out: Path, as_json: bool, **parameters: Any) -> NoReturn:
    """Write motion of the captions of a split of DATASET, a dataset of tokens.

    Each clip's first caption is read, and the motion has the clip's key, so that evaluate-motion
    compares the two. OUT is a dataset with features, joints, and poses of a fitted body. The exit
    codes are those of build-lidar. After an interruption, the same command resumes.
    """
    from pipelines.training.language import write_split

    options, execution = take(SplitOptions, parameters), take(Execution, parameters)
    writing = take_writing(parameters)
    report = write_split.generate_split(dataset, out, writing, options, execution)
    show_build(report, as_json)


@click.command()
@dataset_argument
@key_argument
@motion_options(PredictOptions)
def predict(dataset: "Place", key: str, out: Path, as_json: bool, **parameters: Any) -> None:
    """Continue the beginning of the clip KEY of DATASET, a dataset of tokens.

    OUT has the files that generate writes.
    """
    from pipelines.training.language import write_motion

    writing = take_writing(parameters)
    options = PredictOptions(**parameters)
    show(write_motion.predict(dataset, key, out, writing, options, sys.stderr), as_json)


@click.command()
@dataset_argument
@key_argument
@motion_options(GapOptions)
def inbetween(dataset: "Place", key: str, out: Path, as_json: bool, **parameters: Any) -> None:
    """Fill a gap in the clip KEY of DATASET, a dataset of tokens.

    The frames around the gap keep their tokens, and the clip its length. OUT has the files that
    generate writes.
    """
    from pipelines.training.language import write_motion

    writing = take_writing(parameters)
    options = GapOptions(**parameters)
    show(write_motion.inbetween(dataset, key, out, writing, options, sys.stderr), as_json)
