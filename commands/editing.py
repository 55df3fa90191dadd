"""Commands that ask a finished dataset, and commands that make new datasets of finished ones.

Nothing heavy is imported before a command runs, so that help appears at once.
"""

from pathlib import Path

import click

from commands.parameters import FOLDER
from commands.printing import json_option, show


@click.command()
@click.argument("dataset", type=FOLDER)
@click.argument("sql")
@json_option
def query(dataset: Path, sql: str, as_json: bool) -> None:
    """Answer SQL about the samples and drops of DATASET.

    The tables are manifest and drops, whose columns docs/format.md lists. DuckDB executes the
    query: the extra query installs it.
    """
    from pipelines.datasets import query

    show(query.query(dataset, sql), as_json)
