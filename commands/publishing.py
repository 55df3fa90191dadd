"""Commands that ready a finished dataset for others.

Nothing heavy is imported before a command runs, so that help appears at once.
"""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from commands.options import options_of, take
from commands.parameters import DATASET, FOLDER
from commands.printing import json_option, show
from pipelines.publishing.options import CardOptions

if TYPE_CHECKING:
    from shards.format.places import Place


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


@click.command()
@click.argument("dataset", type=FOLDER)
@click.argument("to", type=DATASET)
@options_of(CardOptions)
@json_option
def publish(dataset: Path, to: "Place", as_json: bool, **parameters: Any) -> None:
    """Copy DATASET with its card to the folder or URL TO.

    Refuses what the licenses of the recordings forbid, and names the clause: docs/publishing.md.
    The copy is complete, or it is no dataset; the same command finishes one that was stopped.
    """
    from pipelines.publishing.publish import publish as publish_dataset

    show(publish_dataset(dataset, to, take(CardOptions, parameters), sys.stderr), as_json)
