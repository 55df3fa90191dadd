"""The command that looks at this machine."""

from pathlib import Path

import click

from commands.parameters import FOLDER
from commands.printing import json_option, show


@click.command()
@click.option(
    "--out",
    type=FOLDER,
    default=".",
    show_default=True,
    help="Folder in which datasets are to be written.",
)
@json_option
def doctor(out: Path, as_json: bool) -> None:
    """Show what this machine has, and what will be slow for which reason.

    Loads the kernels of scans, or compiles them once for all later builds.
    """
    from pipelines import doctor

    show(doctor.doctor(out), as_json)
