"""Commands that make what builds read: corpora of motion, converted archives, and a demonstration.

Nothing heavy is imported before a command runs, so that help appears at once.
"""

from pathlib import Path
from typing import Any

import click

from commands.options import execution_options
from commands.parameters import ANY, FILE, FOLDER
from commands.printing import json_option, say, show
from pipelines.engine.execution import Execution

UNIT_HELP = "Unit of lengths: auto, m, cm, mm, inch, cmu, or the meters of one unit."


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


@click.command("import")
@click.argument("source", type=ANY)
@click.option(
    "--from", "kind", type=click.Choice(["bvh", "cmu"]), required=True, help="Kind of the files."
)
@click.option("--out", type=FOLDER, required=True, help="Folder of the archive to write.")
@click.option("--unit", default="auto", show_default=True, help=UNIT_HELP)
@click.option("--up", default="auto", show_default=True, help="Axis that is up: auto, x, y or z.")
@click.option("--joints", type=FILE, help="List of joints: lines such as 'left_hip = LThigh'.")
@click.option("--captions", type=FILE, help="Template that makes captions from file names.")
@click.option("--license", "licence", default="", help="License of the files, for each recording.")
@json_option
def import_motion(source: Path, kind: str, out: Path, as_json: bool, **options: Any) -> None:
    """Convert motion files to recordings in AMASS's layout.

    All files below SOURCE are read. The kind bvh also writes an index of the recordings, index.csv,
    and captions; the other options are for it. The kind cmu is the command import-cmu.

    Exit codes: 0, all files were imported. 3, some were not; each of them is named.
    """
    from pipelines import sources

    if kind == "cmu":
        _refuse(options)
        show(sources.import_cmu(source, out), as_json)
    else:
        show(sources.import_bvh(source, out, **options), as_json)


def _refuse(options: dict[str, Any]) -> None:
    """Raise a usage error if an option is given that only BVH files have."""
    given = [name for name, value in options.items() if value not in (None, "", "auto")]
    if given:
        flags = ", ".join(f"--{name.replace('licence', 'license')}" for name in given)
        raise click.UsageError(f"{flags}: only for --from bvh")


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
