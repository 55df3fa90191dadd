"""Commands that show a dataset to people.

Nothing heavy is imported before a command runs, so that help appears at once.
"""

import sys
from pathlib import Path

import click

from commands.parameters import FILE, FOLDER
from commands.printing import json_option, show
from pipelines.viewing.report.options import CLIP_MEGABYTES


@click.command()
@click.argument("dataset", type=FOLDER)
@click.option("--out", type=FILE, help="HTML file to write [default: DATASET.html].")
@click.option(
    "--clip-megabytes",
    default=CLIP_MEGABYTES,
    show_default=True,
    help="Size of all clips that play in the file. The other clips are only in its table.",
)
@json_option
def report(dataset: Path, out: Path | None, clip_megabytes: float, as_json: bool) -> None:
    """Write a report of DATASET: one HTML file.

    The file needs no server and no network. It has totals, distributions, captions, flags, leaks,
    drops, a table of all clips, and clips that play. Of a damaged or unfinished dataset, the report
    shows the sound part.
    """
    from pipelines.viewing.report.write_report import beside, write_report

    page = out or beside(dataset)
    show(write_report(dataset, page, clip_megabytes, stream=sys.stderr), as_json)
