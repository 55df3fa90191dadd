"""The command that compares two performances.

Nothing heavy is imported before a command runs, so that help appears at once.
"""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from commands.options import options_of
from commands.parameters import ANY, SOURCE
from commands.printing import json_option, show
from pipelines.comparing.options import CompareOptions

if TYPE_CHECKING:
    from shards.format.places import Place


@click.command()
@click.argument("first", metavar="A", type=SOURCE)
@click.argument("second", metavar="B", type=SOURCE)
@options_of(CompareOptions)
@click.option("--body", type=ANY, help="Body that poses recordings; by default the bundled body.")
@json_option
def compare(
    first: "Place", second: "Place", body: Path | None, as_json: bool, **parameters: Any
) -> None:
    """Compare the performances A and B: how their bones differ, and when.

    A and B are datasets, or files: recordings and poses (.npz, .pkl), BVH (.bvh), joints and
    features (.npy), CMU's motions (.amc).

    They are aligned in time by dynamic time warping, so that one may be slower. Size, place and
    heading of the persons do not matter.
    """
    from pipelines.comparing import compare as job

    show(job.compare(first, second, CompareOptions(**parameters), body), as_json)
