"""Commands that read a finished dataset: contents, faults, copies, statistics and pictures.

Nothing heavy is imported before a command runs, so that help appears at once.
"""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import click

from commands.choices import Choice
from commands.parameters import DATASET, FILE, FOLDER
from commands.printing import json_option, say, show

if TYPE_CHECKING:
    from pipelines.datasets.statistics_report import StatisticsReport
    from shards.format.places import Place


@click.command()
@click.argument("dataset", type=DATASET)
@json_option
def info(dataset: "Place", as_json: bool) -> None:
    """Show what DATASET contains and how it was made.

    The last lines are the command that makes it again.
    """
    from pipelines.datasets import info

    show(info.info(dataset), as_json)


@click.command()
@click.argument("dataset", type=DATASET)
@json_option
def recipe(dataset: "Place", as_json: bool) -> None:
    """Print the options that made DATASET, as a file for --recipe.

    For the folder of a training, in place of DATASET, prints the options of the training.
    """
    from pipelines.datasets import recipe
    from pipelines.training.common.command_line import training_recipe
    from pipelines.training.common.logs import find_training

    training = find_training(dataset)
    found = recipe.recipe(dataset) if training is None else training_recipe(training)
    show(found, as_json)


@click.command()
@click.argument("dataset", type=DATASET)
@json_option
def verify(dataset: "Place", as_json: bool) -> None:
    """Check every byte of DATASET.

    Prints one line per fault.
    """
    from pipelines.datasets import verify

    show(verify.verify(dataset, sys.stderr), as_json)


@click.command()
@click.argument("dataset", type=DATASET)
@click.argument("to", type=DATASET)
@json_option
def copy(dataset: "Place", to: "Place", as_json: bool) -> None:
    """Copy DATASET to another folder or URL.

    Every byte is hashed. The copy is complete, or it is no dataset: a copy that was stopped is
    finished by the same command.
    """
    from pipelines.datasets import copy

    show(copy.copy(dataset, to, sys.stderr), as_json)


@click.command()
@click.argument("dataset", type=DATASET)
@click.option("--split", help="Split to measure [default: train, or the only one].")
@click.option("--field", help="Field to measure [default: the first floating-point one].")
@click.option(
    "--weight",
    type=Choice(["frame", "clip"]),
    default="frame",
    show_default=True,
    help="Unit of equal weight: every frame, or every clip regardless of its length.",
)
@click.option(
    "--group",
    metavar="RULE",
    help="Groups of components that share one std: humanml3d-263, kit-251, humanml3d-272, "
    "NAME=START:STOP,..., or none [default: none, or the groups of motion features].",
)
@click.option(
    "--workers",
    type=click.IntRange(min=0),
    default=0,
    show_default=True,
    help="Number of processes that read shards; 0 reads them in this process.",
)
@click.option(
    "--out", type=FOLDER, help="Folder to write stats/SPLIT/FIELD into [default: DATASET]."
)
@click.option(
    "--trainer-files",
    type=FOLDER,
    help="Folder to write Mean.npy and Std.npy of motion features into, as trainers read them.",
)
@click.option(
    "--feat-bias-divisions",
    type=click.IntRange(0, 2),
    default=0,
    show_default=True,
    help="How often Std.npy of root and contacts is divided by HumanML3D's feat_bias; 0: for "
    "generators; 2: as in the published evaluators.",
)
@json_option
def stats(
    dataset: "Place",
    split: str | None,
    field: str | None,
    weight: Literal["frame", "clip"],
    group: str | None,
    workers: int,
    out: Path | None,
    trainer_files: Path | None,
    feat_bias_divisions: int,
    as_json: bool,
) -> None:
    """Compute mean, std, and histograms of a field.

    Prints the statistics of a field of DATASET, then writes them to stats/SPLIT/FIELD.
    Statistics by clip or by group have their own folders, such as stats/SPLIT/FIELD-clip.
    """
    from pipelines.datasets import statistics
    from pipelines.datasets.trainer_files import TrainerFiles

    files = None if trainer_files is None else TrainerFiles(trainer_files, feat_bias_divisions)

    def show_values(report: "StatisticsReport") -> None:
        if not as_json:
            say("\n".join(report.value_lines()))

    report = statistics.stats(
        dataset,
        split,
        field,
        weight,
        group,
        workers,
        out,
        before_writing=show_values,
        trainer_files=files,
        stream=sys.stderr,
    )
    show(report, as_json, [report.folder_line()])


@click.command()
@click.argument("dataset", type=DATASET)
@click.option("--out", type=FILE, default="preview.png", show_default=True, help="PNG to write.")
@click.option(
    "--clips", default=8, show_default=True, help="Number of clips, evenly spaced in the dataset."
)
@click.option("--split", help="Split to draw [default: all].")
@click.option("--key", "keys", multiple=True, help="Key of a sample to draw; may be repeated.")
@json_option
def preview(
    dataset: "Place", out: Path, clips: int, split: str | None, keys: tuple[str, ...], as_json: bool
) -> None:
    """Draw samples of DATASET.

    Scans are drawn as seen from the sensor and from the side.
    """
    from pipelines.datasets import preview

    drawn = preview.preview(dataset, out, keys, clips, split, stream=sys.stderr)
    show(drawn, as_json)
