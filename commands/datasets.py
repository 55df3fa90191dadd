"""Commands that read a finished dataset: what it holds, its soundness, statistics and files.

Nothing heavy is imported before a command runs, so that help appears at once.
"""

from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import click

from commands.parameters import FILE, FOLDER
from commands.printing import json_option, say, show
from pipelines.datasets.export_options import EXPORT_FORMATS, ExportOptions

if TYPE_CHECKING:
    from pipelines.datasets.statistics_report import StatisticsReport


@click.command()
@click.argument("dataset", type=FOLDER)
@json_option
def info(dataset: Path, as_json: bool) -> None:
    """Say what DATASET holds, from what it was made, and how to make it again."""
    from pipelines.datasets import info

    show(info.info(dataset), as_json)


@click.command()
@click.argument("dataset", type=FOLDER)
@json_option
def verify(dataset: Path, as_json: bool) -> None:
    """Check every byte of DATASET; print a line a fault."""
    from pipelines.datasets import verify

    show(verify.verify(dataset), as_json)


@click.command()
@click.argument("dataset", type=FOLDER)
@click.option("--split", help="One split [default: train, or the only one].")
@click.option("--field", help="A field of floats [default: the first one].")
@click.option(
    "--weight",
    type=click.Choice(["frame", "clip"]),
    default="frame",
    show_default=True,
    help="What counts the same: every frame, or every clip however long.",
)
@click.option(
    "--group",
    metavar="RULE",
    help="Components with one std: humanml3d-263, kit-251, humanml3d-272, or NAME=START:STOP,...",
)
@click.option(
    "--workers",
    type=click.IntRange(min=0),
    default=0,
    show_default=True,
    help="Processes that read shards; 0: this one alone.",
)
@click.option(
    "--out", type=FOLDER, help="Folder to write stats/SPLIT/FIELD into [default: DATASET]."
)
@json_option
def stats(
    dataset: Path,
    split: str | None,
    field: str | None,
    weight: Literal["frame", "clip"],
    group: str | None,
    workers: int,
    out: Path | None,
    as_json: bool,
) -> None:
    """Print mean, std and histograms of a field of DATASET, then write them.

    Statistics by clip or by group are in separate folders: stats/SPLIT/FIELD-clip, and so on.
    """
    from pipelines.datasets import statistics

    def show_values(report: "StatisticsReport") -> None:
        if not as_json:
            say("\n".join(report.value_lines()))

    report = statistics.stats(
        dataset, split, field, weight, group, workers, out, before_writing=show_values
    )
    show(report, as_json, [report.folder_line()])


@click.command()
@click.argument("dataset", type=FOLDER)
@click.option("--out", type=FILE, default="preview.png", show_default=True, help="PNG to write.")
@click.option("--clips", default=8, show_default=True, help="How many, spread over the dataset.")
@click.option("--split", help="One split [default: all].")
@click.option("--key", "keys", multiple=True, help="A sample to show; may be repeated.")
@json_option
def preview(
    dataset: Path, out: Path, clips: int, split: str | None, keys: tuple[str, ...], as_json: bool
) -> None:
    """Draw scans of DATASET, seen from the sensor and from the side."""
    from pipelines.datasets import preview

    show(preview.preview(dataset, out, keys, clips, split), as_json)


@click.command()
@click.argument("dataset", type=FOLDER)
@click.option("--format", type=click.Choice(EXPORT_FORMATS), required=True, help="Of the files.")
@click.option("--out", type=FOLDER, required=True, help="Folder of the files to write.")
@click.option("--split", help="One split [default: all].")
@click.option("--field", help="The array to export [default: the first one of floats].")
@click.option("--seed", default=ExportOptions.seed, show_default=True, help="Seed of packs' order.")
@json_option
def export(dataset: Path, out: Path, as_json: bool, **parameters: Any) -> None:
    """Write an array of DATASET as files of a clip, of 32 frames, or of a frame.

    Run again after it was stopped, it writes only what is missing.
    """
    from pipelines.datasets import export

    show(export.export(dataset, out, ExportOptions(**parameters)), as_json)
