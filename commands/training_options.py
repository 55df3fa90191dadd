"""The options that all commands of trainings share."""

from collections.abc import Callable
from typing import Any

import click

from commands.choices import Choice
from commands.clips import exclude_option
from commands.options import Decorator, Types, help_of, options_of, take, take_fields
from commands.parameters import DATASET, FOLDER, NAME_OR_PATH
from commands.recipes import options_in_recipes
from motiondata.devices import AUTO, TRAINING_DEVICES
from pipelines.training.captioning.options import CaptionerTrainingOptions
from pipelines.training.common.command_line import CommandLine
from pipelines.training.common.options import (
    PRECISIONS,
    SCHEDULES,
    TINY,
    LoopOptions,
    OptimizerOptions,
)

OPTIMIZER_TYPES: Types = {
    "schedule": Choice(SCHEDULES),
    "precision": Choice(PRECISIONS),
}

PLAIN = (bool, int, float, str, tuple)
"""Types of values that a recipe has; other values are files and folders."""

dataset_argument = click.argument("dataset", type=DATASET)
dataset_folder_option = click.option(
    "--out", type=FOLDER, required=True, help="Folder of the dataset to write."
)
training_folder_option = click.option(
    "--out", type=FOLDER, required=True, help="Folder of the checkpoint and the log."
)
device_option = click.option(
    "--device",
    type=Choice(TRAINING_DEVICES),
    default=AUTO,
    show_default=True,
    help="Device that computes; auto is a GPU if there is one.",
)

text_model_option = click.option(
    "--text-model",
    type=NAME_OR_PATH,
    default=TINY,
    show_default=True,
    help=help_of(CaptionerTrainingOptions)["text_model"],
)


def training_options(batch: int) -> Decorator:
    """Add the options that all trainings have; `to_loop` reads them."""
    decorators: list[Decorator] = [
        click.option(
            "--batch", default=batch, show_default=True, help=help_of(LoopOptions)["batch"]
        ),
        exclude_option,
        options_of(LoopOptions, skip=("batch", "exclude", "optimizer", "command_line")),
        options_of(OptimizerOptions, types=OPTIMIZER_TYPES),
        device_option,
    ]

    def add(command: Callable[..., Any]) -> Callable[..., Any]:
        for decorate in reversed(decorators):
            command = decorate(command)
        return command

    return add


def to_loop(parameters: dict[str, Any]) -> LoopOptions:
    """Remove the options of the training loop from those of a command, and return them."""
    optimizer = take(OptimizerOptions, parameters)
    fields = take_fields(LoopOptions, parameters)
    return LoopOptions(**fields, optimizer=optimizer, command_line=_command_line())


def _command_line() -> CommandLine:
    """Return the options of the running command, without those that name files and folders.

    Every training needs its dataset and its folder, so only other files are named.
    """
    context = click.get_current_context()
    known = options_in_recipes(context.command)
    given = {name: value for name in known if (value := context.params[name]) is not None}
    options = {name: value for name, value in given.items() if isinstance(value, PLAIN)}
    files = (name for name in given if name not in options and not known[name].required)
    return CommandLine(str(context.command.name), options, tuple(files))
