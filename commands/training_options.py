"""The options that all commands of trainings share."""

from collections.abc import Callable
from typing import Any

import click

from commands.clips import exclude_option
from commands.options import Decorator, Types, help_of, options_of, take, take_fields
from commands.parameters import DATASET, FOLDER, NAME_OR_PATH
from motiondata.devices import AUTO, TRAINING_DEVICES
from pipelines.training.captioning.options import CaptionerTrainingOptions
from pipelines.training.common.options import (
    PRECISIONS,
    SCHEDULES,
    TINY,
    LoopOptions,
    OptimizerOptions,
)

OPTIMIZER_TYPES: Types = {
    "schedule": click.Choice(SCHEDULES),
    "precision": click.Choice(PRECISIONS),
}

dataset_argument = click.argument("dataset", type=DATASET)
dataset_folder_option = click.option(
    "--out", type=FOLDER, required=True, help="Folder of the dataset to write."
)
training_folder_option = click.option(
    "--out", type=FOLDER, required=True, help="Folder of the checkpoint and the log."
)
device_option = click.option(
    "--device",
    type=click.Choice(TRAINING_DEVICES),
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
        options_of(LoopOptions, skip=("batch", "exclude", "optimizer")),
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
    return LoopOptions(**take_fields(LoopOptions, parameters), optimizer=optimizer)
