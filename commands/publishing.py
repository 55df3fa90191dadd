"""Commands that ready a finished dataset for others.

Nothing heavy is imported before a command runs, so that help appears at once.
"""

import sys
from pathlib import Path
from typing import Any

import click

from commands.options import options_of, take
from commands.parameters import FOLDER
from commands.printing import json_option, show
from pipelines.publishing.options import CardOptions


@click.command()
@click.argument("dataset", type=FOLDER)
@click.option("--out", type=FOLDER, help="Folder to write into [default: DATASET].")
@options_of(CardOptions)
@json_option
def card(dataset: Path, out: Path | None, as_json: bool, **parameters: Any) -> None:
    """Write a card of DATASET: what it is, how it was made, and its licenses.

    Writes README.md as Hugging Face reads it, croissant.json (Croissant 1.1), licenses.csv with the
    license of each recording, and preview/ with a picture and a table of animated meshes.
    """
    from pipelines.publishing.card import write_card

    options = take(CardOptions, parameters)
    show(write_card(dataset, out or dataset, options, sys.stderr), as_json)
