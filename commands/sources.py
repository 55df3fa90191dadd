"""Commands that make what builds read: corpora of motion, converted archives, and a demonstration.

Nothing heavy is imported before a command runs, so that help appears at once.
"""

from pathlib import Path
from typing import Any

import click

from commands.options import execution_options
from commands.parameters import FOLDER
from commands.printing import json_option, say, show
from pipelines.engine.execution import Execution


@click.command("import-cmu")
@click.argument("source", type=FOLDER)
@click.option("--out", type=FOLDER, required=True, help="Folder of the archive to write.")
@json_option
def import_cmu(source: Path, out: Path, as_json: bool) -> None:
    """Turn CMU's ASF/AMC files below SOURCE into recordings in AMASS's layout.

    Exit codes: 0, all were imported. 3, some could not be, each of which is named; the others were.
    """
    from pipelines import sources

    show(sources.import_cmu(source, out), as_json)


@click.command()
@click.option("--clips", default=200, show_default=True, help="How many clips to make.")
@click.option("--out", type=FOLDER, required=True, help="Folder of the corpus to write.")
@click.option("--seed", default=0, show_default=True, help="Another seed, another corpus.")
@json_option
def synthesize(clips: int, out: Path, seed: int, as_json: bool) -> None:
    """Make recordings, captions, an index and split lists of synthetic motion."""
    from pipelines import sources

    show(sources.synthesize(out, clips, seed), as_json)


@click.command()
@click.argument("folder", type=FOLDER, default="demo")
@click.option("--clips", default=60, show_default=True, help="How many clips to make.")
@execution_options(only=("workers",))
def demo(folder: Path, clips: int, **execution: Any) -> None:
    """Make a small corpus, build and verify its shards, and draw a picture, in FOLDER."""
    from pipelines import demo

    for line in demo.run(folder, clips, Execution(**execution)):
        say(line)
