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
    """Convert CMU's ASF/AMC files to AMASS's layout.

    All files below SOURCE are read.

    Exit codes: 0, all motions were imported. 3, some were not; each of them is named.
    """
    from pipelines import sources

    show(sources.import_cmu(source, out), as_json)


@click.command()
@click.option("--clips", default=200, show_default=True, help="Number of clips to make.")
@click.option("--out", type=FOLDER, required=True, help="Folder of the corpus to write.")
@click.option("--seed", default=0, show_default=True, help="Seed of the corpus.")
@json_option
def synthesize(clips: int, out: Path, seed: int, as_json: bool) -> None:
    """Make a corpus of synthetic motion.

    The corpus has recordings, captions, an index, and split lists.
    """
    from pipelines import sources

    show(sources.synthesize(out, clips, seed), as_json)


@click.command()
@click.argument("folder", type=FOLDER, default="demo")
@click.option("--clips", default=60, show_default=True, help="Number of clips to make.")
@execution_options(only=("workers",))
def demo(folder: Path, clips: int, **execution: Any) -> None:
    """Make a small dataset of synthetic motion in FOLDER.

    Makes a corpus, builds and verifies its shards, and draws a picture.
    """
    from pipelines import demo

    for line in demo.run(folder, clips, Execution(**execution)):
        say(line)
